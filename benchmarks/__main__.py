"""`python -m benchmarks [P3 P8 …]`: measures, prints a table, writes `results/<date>.json`."""

import argparse
import json
import os
import platform
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from benchmarks.measure import Result

MODULES = {
    "P1": "p01_plan",
    "P2": "p02_read",
    "P3": "p03_fan_out",
    "P4": "p04_shared_limit",
    "P5": "p05_scale_out",
    "P5-REAL": "p05_real_workers",
    "P6": "p06_apply",
    "P7": "p07_whole_job",
    "P8": "p08_save_plan",
    "P9": "p09_records",
    "P10": "p10_unchanged",
    "P11": "p11_pages",
    "P11-HTML": "p11_console",
    "P13": "p13_start",
    "NAMES": "look_alikes",
    "CONC": "concurrency",
    "SIM": "simulator_speed",
}
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Measure what was asked for, else everything."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("ids", nargs="*", metavar="ID", help=f"of {', '.join(MODULES)}")
    wanted = parser.parse_args().ids or list(MODULES)
    if unknown := set(wanted) - set(MODULES):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}")
    results: list[Result] = []
    print("| id | work | floor | ours | ratio | goal | |\n|---|---|---|---|---|---|---|")
    for name in wanted:
        for result in import_module(f"benchmarks.{MODULES[name]}").measure():
            results.append(result)
            print(line(result), flush=True)
    for result in results:
        for note, value in result.notes.items():
            print(f"{result.id} {note}: {value:.3g}")
    print(f"\n{store(results)}")


def line(result: Result) -> str:
    """A row of the table."""
    met = "met" if result.met else "not met"
    return (
        f"| {result.id} | {result.work} | {result.floor:,.3g} {result.unit} |"
        f" {result.ours:,.3g} {result.unit} | {result.ratio:.2f} | {result.goal} | {met} |"
    )


def store(results: list[Result]) -> Path:
    """Add to today's file; a benchmark measured again takes its old place."""
    now = datetime.now(UTC)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{now:%Y-%m-%d}.json"
    kept = json.loads(path.read_text(encoding="utf-8"))["results"] if path.exists() else []
    fresh = {result.id for result in results}
    rows = [row for row in kept if row["id"] not in fresh] + [r.to_json() for r in results]
    document = {
        "at": now.isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "results": rows,
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")
    return path.relative_to(RESULTS.parent.parent)


if __name__ == "__main__":
    main()
