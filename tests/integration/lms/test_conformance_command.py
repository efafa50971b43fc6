"""`ascip-sync conformance` as people call it: lines, document, exit codes, and ^C in the middle."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.lms.conftest import SECRET, Simulator

ROOT = Path(__file__).resolve().parents[3]
KEY = ("--key-id", "district-sync", "--secret-env", "LMS_SECRET")

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path, simulator: Simulator) -> Start:
    """Starts the command in an empty folder."""

    def run(*arguments: str, url: str = simulator.url) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "services.cli.main", "conformance", url, *arguments],
            cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT), "LMS_SECRET": SECRET},
        )  # fmt: skip

    return run


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_reading_prints_a_line_for_each_rule(start: Start) -> None:
    code, out, err = ended(start(*KEY))
    assert code == 0
    lines = out.splitlines()
    assert len(lines) == 26
    assert all(line.startswith("ok  ") for line in lines)
    assert err.startswith("26 rules: 26 hold, 0 broken, 0 not checked. ")


def test_writing_says_what_it_will_write_and_what_it_left(start: Start) -> None:
    code, out, err = ended(start(*KEY, "--write-sandbox", "--json"))
    assert code == 0
    document = json.loads(out)
    assert document["format_version"] == "1.0"
    assert document["conforms"] is True
    assert len(document["rules"]) == 44
    assert SECRET not in out + err
    people = document["left_behind"]["people"]
    assert err.index("About to make people") < err.index(f"without groups: {people[0]}")


def test_a_broken_rule_is_exit_4(start: Start, simulator: Simulator) -> None:
    simulator.fail({"fault": "wrong_total", "path": "/people$"})
    code, out, _ = ended(start(*KEY))
    assert code == 4
    assert "x   list_whole" in out


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((), 64, "--key-id"),
        (("--key-id", "district-sync", "--secret-env", "NOT_SET_ANYWHERE"), 4, "NOT_SET_ANYWHERE"),
        (("--key-id", "nobody", "--secret-env", "LMS_SECRET"), 6, "unknown_key"),
        (("--key-id", "district-sync", "--secret-file", "no-such-file"), 4, "no-such-file"),
    ],
)
def test_what_is_wrong_with_the_key_is_told(
    start: Start, arguments: tuple[str, ...], code: int, told: str
) -> None:
    ending, out, err = ended(start(*arguments))
    assert (ending, out) == (code, "")
    assert told in err


def test_nobody_there_is_exit_6(start: Start) -> None:
    code, out, err = ended(start(*KEY, url="http://127.0.0.1:9/api/v1"))
    assert (code, out) == (6, "")
    assert "can't be reached" in err


def test_production_is_refused_before_anything_is_sent(
    start: Start, simulator: Simulator, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text(
        f'[district]\nenvironment = "production"\n[ascip]\nbase_url = "{simulator.url}"\n'
        'key_id = "district-sync"\nsecret = { env = "LMS_SECRET" }\n'
    )
    code, out, err = ended(start("--write-sandbox"))
    assert (code, out) == (4, "")
    assert "sandbox" in err
    assert simulator.journal() == []
    assert ended(start())[0] == 0  # reading is allowed, with the configuration's key


@pytest.mark.slow
@pytest.mark.parametrize(
    ("signal_number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)],
)
def test_people_are_put_away_when_somebody_stops_it(
    start: Start, simulator: Simulator, signal_number: signal.Signals, code: int
) -> None:
    """A limit of 40 a second keeps it busy until the signal comes, and makes it take 3 s."""
    simulator.admin("PUT", "settings", {"rate_per_s": 40, "burst": 5})
    process = start(*KEY, "--write-sandbox")
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("ok  status_keeps_groups"):
            process.send_signal(signal_number)
            break
    ending, _, err = ended(process)
    assert ending == code
    made = [p for p in simulator.people() if p["username"].startswith("conformance-")]
    assert len(made) >= 2
    assert all(p["status"] == "inactive" and not p["groupIds"] for p in made)
    assert "People left behind, inactive and without groups" in err
    simulator.admin("PUT", "settings", {"rate_per_s": 0})
