"""`make soak SEEDS=200`: plays many seeds, several at once, and goes on where it was interrupted.

A seed that breaks something leaves its history and its parts' logs in a folder that is named then.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from tests.faults.nemesis import play
from tests.faults.plant import Grounds

_SPAWN = multiprocessing.get_context("spawn")
#: Beside the checkout's other caches; git ignores it.
RESULTS = Path(".soak")


def main() -> int:
    """1 if a seed broke something."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=2)
    options = parser.parse_args()
    commit = _commit()
    RESULTS.mkdir(exist_ok=True)
    results = RESULTS / f"{commit}.jsonl"
    known = _known(results)
    wanted = range(options.first, options.first + options.seeds)
    left = [seed for seed in wanted if seed not in known]
    _say(f"{len(wanted)} seeds, {len(left)} of them not yet played at {commit}")
    for result in _played(left, options.at_once):
        known[result["seed"]] = result
        with results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result) + "\n")
        _say(_told(result, len([seed for seed in wanted if seed in known]), len(wanted)))
    broken = [seed for seed in wanted if known[seed]["broken"]]
    _say(f"{len(wanted) - len(broken)} of {len(wanted)} seeds: nothing lost, nothing twice")
    _say(f"broken: {broken}" if broken else f"results: {results}")
    return int(bool(broken))


def _played(seeds: list[int], at_once: int) -> Any:
    """Results as they come."""
    waiting: Any = _SPAWN.Queue()
    done: Any = _SPAWN.Queue()
    for seed in (*seeds, *[None] * at_once):
        waiting.put(seed)
    players = [_SPAWN.Process(target=_play_on, args=(waiting, done)) for _ in range(at_once)]
    for player in players:
        player.start()
    for _ in seeds:
        yield done.get()
    for player in players:
        player.join()


def _play_on(waiting: Any, done: Any) -> None:
    """A process of its own, with servers of its own."""
    threading.Thread(target=_end_with_main, daemon=True).start()
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    grounds = Grounds(folder)
    kept = False
    try:
        while (seed := waiting.get()) is not None:
            began = time.monotonic()
            try:
                broken = list(play(grounds, seed))
            except Exception as error:  # noqa: BLE001  # a seed that can't be played is told, too
                broken = [f"{type(error).__name__}: {error}"]
            kept = kept or bool(broken)
            done.put(
                {
                    "seed": seed, "broken": broken, "seconds": round(time.monotonic() - began, 1),
                    "folder": str(folder) if broken else None,
                }
            )  # fmt: skip
    finally:
        grounds.close()
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)


def _end_with_main() -> None:
    """Whoever plays on for nobody would be in the way of the next soak."""
    main_process = multiprocessing.parent_process()
    assert main_process is not None
    main_process.join()
    os._exit(1)


def _known(results: Path) -> dict[int, dict[str, Any]]:
    if not results.is_file():
        return {}
    lines = results.read_text(encoding="utf-8").splitlines()
    return {result["seed"]: result for result in map(json.loads, lines)}


def _told(result: dict[str, Any], played: int, wanted: int) -> str:
    came = "; ".join(result["broken"]) if result["broken"] else "holds"
    where = f" (see {result['folder']})" if result["folder"] else ""
    return f"{played}/{wanted}: seed {result['seed']}: {came}{where}, {result['seconds']} s"


def _commit() -> str:
    """What is played: a changed checkout has results of its own."""
    asked = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "no-commit"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
