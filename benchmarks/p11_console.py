"""P11, its HTML side: the console's first page of a plan of 50,000 actions, and a filter of it.

Ours: `GET /runs/{id}/plan` as a browser asks for it, and the part of the page that a filter by class and site
brings, from the request to the last byte of HTML, in the server's process without a socket: the median of
20 calls, after one that isn't counted.
Floor: the same rows, groups and counts by the driver, by the barest SQL that gives them, unparsed.
Left out: the network, the browser, signing in.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx

from benchmarks import p11_pages
from benchmarks.ledger import RUN
from benchmarks.measure import Result, in_fresh_process, medians, report, servers
from services.console.app import make_console
from shared import bootstrap
from shared.domain.access import Role
from shared.domain.audit import SYSTEM
from shared.http.service import Service
from shared.pipeline import accounts
from shared.pipeline.change_password import change_password
from shared.pipeline.sign_in import sign_in
from shared.pipeline.tools import Tools
from shared.settings import load_settings

GOAL, MOST_KB = 5, 100
_BARE = p11_pages.BARE
#: What each page needs at least.
FLOORS = {
    "first page": (*_BARE["groups"], *_BARE["facets"], *_BARE["page"]),
    "filter": (*_BARE["filter"], *_BARE["facets"]),
}
ADDRESSES = {
    "first page": (f"/runs/{RUN}/plan", {}),
    "filter": (f"/runs/{RUN}/plan?class=adds&site=013", {"HX-Request": "true"}),
}
_CONFIG = """\
[ascip]
base_url = "https://ascip.example"
key_id = "bench"
secret = { env = "BENCH_SECRET" }
"""


def measure() -> list[Result]:
    """A line for each page."""
    with servers() as urls:
        in_fresh_process(p11_pages.__name__, "store", **urls)
        found = medians(__name__, ["bare", "ours"], BENCH_SECRET="bench", **urls)  # noqa: S106  # of nobody
    return [
        Result(
            id="P11-HTML", work=f"console, {what} of {p11_pages.ACTIONS:,} actions",
            floor=found["bare"][what] * 1000, ours=found["ours"][what] * 1000, unit="ms",
            goal=f"≤ {GOAL} ×, ≤ {MOST_KB} KB",
            met=found["ours"][what] <= GOAL * found["bare"][what]
            and found["ours"][f"{what} KB"] <= MOST_KB,
            notes={"KB": found["ours"][f"{what} KB"]},
        )
        for what in FLOORS
    ]  # fmt: skip


def main(part: str) -> None:
    """One part, in this process."""
    if part == "bare":
        report(
            {what: p11_pages.median(p11_pages.bare(queries)) for what, queries in FLOORS.items()}
        )
        return
    figures = {}
    with _console() as get:
        for what, (address, headers) in ADDRESSES.items():
            ask = partial(get, address, headers)
            figures[what] = p11_pages.median(ask)
            figures[f"{what} KB"] = len(ask()) / 1000
    report(figures)


def _session(tools: Tools) -> str:
    """Of somebody who has signed in and chosen a password; each process of the rounds is another."""
    name = f"bench-{os.getpid()}"
    present = accounts.create_account(tools, name, [Role.APPROVER], SYSTEM)
    first = sign_in(tools, name, present) or ""
    changed = change_password(tools, first, present, "so many words in a row for a bench")
    return (changed and changed.token) or ""


async def _get(client: httpx.AsyncClient, address: str, headers: dict[str, str]) -> bytes:
    answer = await client.get(address, headers=headers)
    return answer.raise_for_status().content


@contextmanager
def _console() -> Iterator[Callable[[str, dict[str, str]], bytes]]:
    """The console as its process makes it, and somebody signed in."""
    with tempfile.TemporaryDirectory(prefix="ascip-bench-") as folder:
        config = Path(folder) / "config.toml"
        config.write_text(_CONFIG, encoding="utf-8")
        os.environ["ASCIP_SYNC__DATA__DIR"] = str(Path(folder) / "data")
        loaded = load_settings(config)
        urls = bootstrap.Urls(
            database=os.environ["BENCH_DATABASE"], redis=os.environ["BENCH_REDIS"], embedded=False
        )
        (Path(folder) / "data").mkdir(mode=0o700)
        with bootstrap.open_tools(loaded, urls) as tools:
            token = _session(tools)
            console = make_console(Service(loaded=loaded, tools=tools))
            with asyncio.Runner() as runner:
                client = httpx.AsyncClient(
                    transport=httpx.ASGITransport(console), base_url="http://bench",
                    cookies={"ascip_session": token},
                )  # fmt: skip
                yield lambda address, headers: runner.run(_get(client, address, headers))


if __name__ == "__main__":
    main(sys.argv[1])
