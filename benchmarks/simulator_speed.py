"""SIM: the double of ASCIP with 50,000 people, on one core, asked by a client on the other.

Ours: signed detail calls on 16 connections; the simulator checks each signature and nonce and keeps
its journal. Noted: the start, whole lists, the state, and what a million journal entries weigh.
Floor: a bare aiohttp server that answers every request with the same detail, asked the same way.
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web

from benchmarks.measure import Figures, Result, medians, report
from services.simulator.journal import Journal

PEOPLE, CALLS, CONNECTIONS = 50_000, 20_000, 16
GOAL_PER_S = 1_500
PARTS = ("floor", "ours", "journal")
KEY, SECRET = "district-sync", b"bench"
_EMPTY = hashlib.sha256(b"").hexdigest()
_numbers = itertools.count(1)


def measure() -> list[Result]:
    """Requests a second, ours to the floor's."""
    found = medians(__name__, PARTS)
    ours = found["ours"]["per_s"]
    return [
        Result(
            id="SIM", work="signed details of 50,000 people, one core",
            floor=found["floor"]["per_s"], ours=ours, unit="/s", goal=f"≥ {GOAL_PER_S:,}/s",
            met=ours >= GOAL_PER_S, notes={**found["ours"], **found["journal"]},
        )
    ]  # fmt: skip


class _Caller(asyncio.Protocol):
    """Sends one request after the other, as long as there are any; answers aren't looked into."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        self._requests = requests
        self._received = b""
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # for mypy
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        if len(body) < length:
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(RuntimeError(head.decode()))
            return
        self._received = b""
        self._next()

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            self.done.set_result(None)
        else:
            self._transport.write(request)


def signed(path: str, query: str = "") -> bytes:
    """A GET as it goes over the wire."""
    now, nonce = int(time.time()), f"bench-{next(_numbers)}"
    text = f"GET\n{path}\n{query}\n{now}\n{nonce}\n{_EMPTY}".encode()
    signature = hmac.digest(SECRET, text, "sha256").hex()
    target = f"{path}?{query}" if query else path
    return (
        f"GET {target} HTTP/1.1\r\nHost: lms\r\nX-Ascip-Key: {KEY}\r\nX-Ascip-Timestamp: {now}\r\n"
        f"X-Ascip-Nonce: {nonce}\r\nX-Ascip-Signature: {signature}\r\n\r\n"
    ).encode()


def ask(port: int, targets: Iterator[tuple[str, str]], connections: int) -> float:
    """Seconds until all is answered."""

    async def run() -> float:
        loop = asyncio.get_running_loop()
        requests = itertools.starmap(signed, targets)
        started = time.perf_counter()
        callers = [
            (await loop.create_connection(lambda: _Caller(requests), "127.0.0.1", port))[1]
            for _ in range(connections)
        ]
        await asyncio.gather(*(caller.done for caller in callers))
        return time.perf_counter() - started

    return asyncio.run(run())


@contextmanager
def pinned(*command: str) -> Iterator[tuple[int, int]]:
    """A server on the last core and ourselves on the first; its process and its port."""
    first, *_, last = sorted(os.sched_getaffinity(0))
    environment = {**os.environ, "ASCIP_SIM_SECRET": SECRET.decode()}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        os.sched_setaffinity(process.pid, {last})
        os.sched_setaffinity(0, {first})
        assert process.stdout is not None  # noqa: S101  # for mypy
        yield process.pid, int(json.loads(process.stdout.readline())["port"])
    finally:
        process.kill()
        process.wait()


def details() -> Iterator[tuple[str, str]]:
    """Another person each time."""
    return ((f"/api/v1/people/{1 + number * 7 % PEOPLE}", "") for number in range(CALLS))


def pages(path: str, people: int = PEOPLE) -> Iterator[tuple[str, str]]:
    """A whole list by 200."""
    return ((path, f"page={page}&pageSize=200") for page in range(1, people // 200 + 5))


def floor() -> Figures:
    """The same calls of a server that does nothing."""
    with pinned(sys.executable, "-m", __spec__.name, "bare") as (pid, port):
        return _details(pid, port)


def ours() -> Figures:
    """Start, details, lists and state of the simulator."""
    started = time.perf_counter()
    options = ("--seed-people", str(PEOPLE), "--rate-per-s", "0")
    with pinned(sys.executable, "-m", "services.simulator", *options) as (pid, port):
        figures = {"start_s": time.perf_counter() - started, "start_mb": _megabytes(pid)}
        figures |= _details(pid, port)
        figures["people_list_s"] = ask(port, pages("/api/v1/people"), 1)
        figures["district_members_s"] = ask(port, pages("/api/v1/groups/101/members"), 1)
        at = time.perf_counter()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_sim/state") as answer:
            state = answer.read()
        return figures | {
            "state_s": time.perf_counter() - at,
            "state_mb": len(state) / 1e6,
            "end_mb": _megabytes(pid),
        }


def journal() -> Figures:
    """What a million entries weigh, with paths as they come from sockets: each a text of its own."""
    witness, before = Journal(), _megabytes(os.getpid())
    for number in range(1_000_000):
        request = ("GET", f"/api/v1/people/{number % PEOPLE}", "")
        witness.add(request, status=200, effect=None, body_sha256=_EMPTY, connection=3)
    return {"journal_mb_per_million": _megabytes(os.getpid()) - before}


async def bare() -> None:
    """The floor's server."""
    body = json.dumps({"id": 1, "firstName": "Zoë", "padding": "x" * 400}).encode()

    async def handle(_request: web.BaseRequest) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    runner = web.ServerRunner(web.Server(handle, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(json.dumps({"port": runner.addresses[0][1]}), flush=True)
    await asyncio.Event().wait()


def _details(pid: int, port: int) -> Figures:
    cpu = _cpu_s(pid)
    seconds = ask(port, details(), CONNECTIONS)
    return {"per_s": CALLS / seconds, "cpu_us_per_call": (_cpu_s(pid) - cpu) / CALLS * 1e6}


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _megabytes(pid: int) -> float:
    pages_held = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages_held * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    if sys.argv[1] == "bare":
        asyncio.run(bare())
    else:
        report({"floor": floor, "ours": ours, "journal": journal}[sys.argv[1]]())
