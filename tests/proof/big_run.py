"""A worker's process for `test_large_district`: works until nothing is due, then says what it took.

`python -m tests.proof.big_run '{"database": …, "base_url": …, "folder": …, "extract": …}'`; without an
extract it goes on with what it finds.
"""

import json
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from services.worker.collecting import collect_seldom
from shared.adapters.lms.target import AscipLms, LmsSettings
from shared.adapters.queue.celery_app import make_celery
from shared.domain.policy import Limits, RowsPerPerson
from tests.fakes.database import Database
from tests.fakes.dying import WatchedTarget
from tests.fakes.installation import Installation
from tests.fakes.simulator_thread import KEY_ID, SECRET

CONCURRENCY = 64


@dataclass(frozen=True)
class Elsewhere:
    """A simulator in another process: what an installation wants to know of it."""

    base_url: str


def as_a_worker(database: str, base_url: str, folder: Path) -> Installation:
    """With the libraries, the adapter's width and the limits that a real one has."""
    make_celery("redis://127.0.0.1:1/0")
    collect_seldom()
    simulator: Any = Elsewhere(base_url)
    engine = Installation(Database(database), simulator, folder)
    engine.target.close()
    settings = LmsSettings(
        base_url=base_url, key_id=KEY_ID, secret=SECRET, rate_per_s=0, concurrency=CONCURRENCY
    )
    engine.target = WatchedTarget(AscipLms(settings))
    engine.configure(target=engine.target, concurrency=CONCURRENCY, rate_per_s=100.0)
    engine.staff(rows_per_person=RowsPerPerson.MERGE)
    engine.configure(policy=replace(engine.tools.policy, limits=Limits()))
    return engine


def main() -> None:
    """Land, if there is something to land, and work."""
    asked = json.loads(sys.argv[1])
    folder = Path(asked["folder"])
    engine = as_a_worker(asked["database"], asked["base_url"], folder)
    began = time.monotonic()
    if "extract" in asked:
        mapping = (folder / "mapping.json").read_text(encoding="utf-8")
        engine.land((folder / asked["extract"]).read_bytes(), mapping=mapping)
    else:
        engine.workers.expire_leases()  # of the worker that is no more
    engine.workers.until_quiet()
    # Not what `getrusage` says: that begins with the parent's.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak_mb = int(status.partition("VmHWM:")[2].split()[0]) // 1024
    sys.stdout.write(f'{{"peak_mb": {peak_mb}, "took_s": {time.monotonic() - began:.0f}}}\n')


if __name__ == "__main__":
    main()
