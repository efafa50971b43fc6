"""P2: reading alone: 1,000,000 rows of 25 columns parsed and judged by the staff feed's rules, streaming.

Ours: `CsvReader` and `FileCheck`, every row taken and let go, conflicts settled at the end, from the
file in clear. 1 row in 20 has a quoted field, 1 in 2,000 is damaged or breaks a rule; 16 columns are
mapped, the cells of the other 9 are dropped. Left out: decryption, storing rows, the input hash.

Floor: `csv.reader` over the same bytes, each row let go. It drops, judges and remembers nothing.

Noted: the reader without the rules; all columns kept, no feed; a file with all fields quoted; the
peak of memory at 100,000 rows. `BENCH_READ_ROWS` sets the number of rows.
"""

import csv
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.extract_file import ATTRIBUTES, COLUMNS, write_extract
from benchmarks.measure import Figures, Result, in_fresh_process, medians, report
from shared.adapters.tabular.csv_reader import CsvReader
from shared.domain.feeds.dictionary import HeaderDictionary
from shared.domain.feeds.staff import header_dictionary
from shared.domain.staff_validation import FileCheck, StaffRules
from shared.ports.reader import Dialect, OpenExtract

ROWS = int(os.environ.get("BENCH_READ_ROWS", "1000000"))
SMALL = 100_000
GOAL, PEAK_MB = 5.0, 150.0
PARTS = ("floor", "ours", "reader", "generic")


def measure() -> list[Result]:
    """Seconds, and megabytes at the peak."""
    with TemporaryDirectory(prefix="ascip-bench-") as folder:
        files = {name: Path(folder) / f"{name}.csv" for name in ("mixed", "quoted", "small")}
        write_extract(files["mixed"], ROWS)
        write_extract(files["small"], SMALL)
        write_extract(files["quoted"], SMALL, all_quoted=True)
        found = medians(__name__, PARTS, BENCH_FILE=str(files["mixed"]))
        quoted = medians(__name__, ("floor", "ours"), BENCH_FILE=str(files["quoted"]))
        small = in_fresh_process(__name__, "ours", BENCH_FILE=str(files["small"]))
    floor, ours = found["floor"], found["ours"]
    notes = {
        "peak_mb": ours["peak_mb"],
        "peak_at_100k_rows_mb": small["peak_mb"],
        "floor_peak_mb": floor["peak_mb"],
        "reader_alone_ratio": found["reader"]["seconds"] / floor["seconds"],
        "reader_alone_peak_mb": found["reader"]["peak_mb"],
        "generic_columns_ratio": found["generic"]["seconds"] / floor["seconds"],
        "all_quoted_ratio": quoted["ours"]["seconds"] / quoted["floor"]["seconds"],
        "quarantined": ours["quarantined"],
    }
    met = ours["seconds"] <= GOAL * floor["seconds"] and ours["peak_mb"] <= PEAK_MB
    return [
        Result(
            id="P2", work=f"{ROWS:,} rows read and judged", floor=floor["seconds"],
            ours=ours["seconds"], unit="s", goal=f"≤ {GOAL:.0f} ×, ≤ {PEAK_MB:.0f} MB", met=met,
            notes=notes,
        )
    ]  # fmt: skip


def floor(path: str) -> None:
    """The standard library's reader."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        for _ in csv.reader(file):
            pass


def ours(path: str) -> int:
    """Reader and rules; how many rows were not taken."""
    extract = _opened(path, header_dictionary(ATTRIBUTES, {}))
    check = FileCheck(StaffRules(columns=extract.columns))
    for record in extract.records():
        check.take(record)
    check.finish()
    if not check.counts.balanced:
        raise RuntimeError("rows went missing")
    return check.counts.quarantined


def reader(path: str, headers: HeaderDictionary) -> None:
    """The reader without rules."""
    for _ in _opened(path, headers).records():
        pass


def _opened(path: str, headers: HeaderDictionary) -> OpenExtract:
    return CsvReader().open(lambda: Path(path).open("rb"), Dialect(), headers)


def main(part: str) -> None:
    """One part, in this process."""
    path = os.environ["BENCH_FILE"]
    match part:
        case "floor":
            report(_measured(lambda: floor(path)))
        case "reader":
            report(_measured(lambda: reader(path, header_dictionary(ATTRIBUTES, {}))))
        case "generic":
            report(_measured(lambda: reader(path, HeaderDictionary.exactly(COLUMNS))))
        case _:
            report(_measured(lambda: ours(path)))


def _measured(call: Callable[[], int | None]) -> Figures:
    started = time.perf_counter()
    found = call()
    seconds = time.perf_counter() - started
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "peak_mb": peak_mb, "quarantined": float(found or 0)}


if __name__ == "__main__":
    main(sys.argv[1])
