"""The demo, whole, as `make demo` runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.embedded("the demo brings its own")
def test_the_demo_does_what_it_shows(tmp_path: Path) -> None:
    """5,000 people are read four times and synced twice: about a minute."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "KEEP": ""}
    argv = [sys.executable, "-m", "services.cli.main", "demo", "--dir", str(tmp_path / "demo")]
    done = subprocess.run(
        argv,
        cwd=tmp_path,
        env=environment,
        check=False,
        text=True,
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    for shown in (
        "removals: 62 of 5,001 would be removed; limit 50; holds removals",
        (
            "A naive sync would have removed 70 people: 7 of them from damaged rows, 1 protected,"
            " 62 whose removal the plan holds."
        ),
        "Applied: 605 of 605 approved actions succeeded",
        "0 differ, 0 were made twice",
        "Skipped: unchanged since",
        "No changes. ASCIP matches staff_corrected.csv",
        "entries verify",
    ):
        assert shown in done.stdout
