"""`python -m tests.proof`: runs every test that the table of faults names and writes what each row came to.

What has held with the code as it is now is not run again; `--fresh` runs everything. What broke is.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby

from tests.proof.faults import Row, rows
from tests.proof.kept import FILE, ROOT, Came, code, kept
from tests.proof.page import NOT_RUN, PAGE, rewritten
from tests.proof.recording import CODE, KEPT

#: Folders whose tests drive whole installations of processes come last.
_LAST = ("tests/e2e", "tests/faults", "tests/proof")


def main() -> int:
    """Run, tell, write the page; 1 if a row broke or did not come to its end."""
    parser = argparse.ArgumentParser(prog="proof", description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="forget what has held")
    parser.add_argument("--only", nargs="+", default=[], help="rows, such as F29")
    asked = parser.parse_args()
    if asked.fresh:
        FILE.unlink(missing_ok=True)
    wanted = [row for row in rows() if not asked.only or row.name in asked.only]
    now = code()
    began = time.monotonic()
    _run(_outstanding(wanted, kept(now)), now)
    results = {row.name: _result(row, kept(now)) for row in wanted if row.shown_by}
    run = None if asked.only else _told_of(wanted, kept(now))
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(rewritten(text, results, run), encoding="utf-8")
    _say(f"\n{len(wanted)} rows in {time.monotonic() - began:.0f} s; the page has them.")
    wrong = {name: result for name, result in results.items() if not result.startswith("held")}
    for name, result in wrong.items():
        _say(f"{name}: {result}")
    unclear = [r for r in wrong.values() if r.startswith(("broken", NOT_RUN))]
    return int(bool(unclear))


def _outstanding(of: Sequence[Row], came: dict[str, Came]) -> list[str]:
    """Tests that have not held yet, by folder, each once."""
    named = dict.fromkeys(test for row in of for test in row.shown_by)
    left = [test for test in named if test not in came or came[test].result != "held"]
    return sorted(left, key=lambda test: (test.startswith(_LAST), test))


def _folder(test: str) -> str:
    return test.partition("::")[0].rpartition("/")[0]


def _run(tests: Sequence[str], now: str) -> None:
    """A process of pytest for each folder: it shares servers, and takes no other folder along if it dies."""
    environment = {**os.environ, KEPT: str(FILE), CODE: now}
    groups = [(folder, list(group)) for folder, group in groupby(tests, _folder)]
    for place, (folder, group) in enumerate(groups, 1):
        _say(f"\n[{place}/{len(groups)}] {folder}: {len(group)} tests")
        command = [
            sys.executable, "-m", "pytest", "-q", "-p", "tests.proof.recording", "--no-header",
            "--durations=0", "--durations-min=60", "-p", "no:cacheprovider", *group,
        ]  # fmt: skip
        subprocess.run(command, check=False, cwd=ROOT, env=environment)


def _result(row: Row, came: dict[str, Came]) -> str:
    """What a row came to: the worst of its tests."""
    found = {test: came.get(test, Came()) for test in row.shown_by}
    for word, told in (
        ("broken", "broken"),
        ("", NOT_RUN),
        ("skipped", "not shown on this machine"),
    ):
        names = [test.rpartition("::test_")[2] for test, c in found.items() if c.result == word]
        if names:
            return f"{told}: {', '.join(names)}"
    again = any(c.broke for c in found.values())
    return "held, but broke before with the same code" if again else "held"


def _told_of(of: Sequence[Row], came: dict[str, Came]) -> str:
    named = {test for row in of for test in row.shown_by}
    cases = sum(len(came[test].cases) for test in named if test in came)
    took_s = sum(came[test].took_s for test in named if test in came)
    asked = ("git", "rev-parse", "--short", "HEAD")
    commit = subprocess.run(asked, check=False, cwd=ROOT, capture_output=True, text=True).stdout
    return (
        f"Last run on {datetime.now(UTC):%Y-%m-%d}, after commit {commit.strip() or 'unknown'}:"
        f" {len(named)} tests with {cases} cases, {took_s / 60:.0f} minutes."
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
