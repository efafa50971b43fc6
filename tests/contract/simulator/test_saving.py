"""The state in a file: at the end, on a request, now and then; a kill loses what came since."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest


class Kept:
    """Simulators, one after the other, with one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._process: subprocess.Popen[str] | None = None

    def start(self, *options: str) -> None:
        command = [sys.executable, "-m", "services.simulator", "--seed-people", "20"]
        command += ["--state", str(self.path), *options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        port = json.loads(self._process.stdout.readline())["port"]
        self._sim = httpx.Client(base_url=f"http://127.0.0.1:{port}/_sim", trust_env=False)

    def end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.communicate(timeout=10)
            self._process = None
            self._sim.close()

    def ask(self, method: str, path: str, body: object = None) -> Any:
        answer = self._sim.request(method, path, json=body)
        assert answer.status_code == 200
        return answer.json()

    def ask_api(self, path: str) -> None:
        self._sim.get(f"{str(self._sim.base_url).removesuffix('/_sim/')}/api/v1{path}")

    def rename(self, name: str) -> None:
        state = self.ask("GET", "state")
        state["people"][3]["lastName"] = name
        self.ask("PUT", "state", state)

    def name(self) -> str:
        name: str = self.ask("GET", "state")["people"][3]["lastName"]
        return name

    def saved(self) -> str:
        name: str = json.loads(self.path.read_bytes())["people"][3]["lastName"]
        return name


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    kept = Kept(tmp_path / "state.json")
    yield kept
    kept.end(signal.SIGKILL)


def test_what_was_saved_on_request_survives_a_kill(kept: Kept) -> None:
    kept.start()
    kept.rename("Saved")
    assert kept.ask("POST", "save") == {"bytes": kept.path.stat().st_size}
    kept.rename("Lost")
    kept.end(signal.SIGKILL)
    kept.start()
    assert kept.name() == "Saved"


def test_changes_are_saved_now_and_then(kept: Kept) -> None:
    kept.start("--save-every-s", "0.05")
    kept.rename("Changed")
    _await(lambda: kept.path.exists() and kept.saved() == "Changed")
    kept.end(signal.SIGKILL)
    kept.start()
    assert kept.name() == "Changed"


def test_without_changes_the_file_is_left_alone(kept: Kept) -> None:
    kept.start("--save-every-s", "0.05")
    _await(kept.path.exists)
    os.utime(kept.path, (1, 1))
    time.sleep(0.3)
    assert kept.path.stat().st_mtime == 1


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "edited_elsewhere", "personId": 4, "fields": {"lastName": "Changed"}},
        {"fault": "group_deleted", "groupId": 493},
        {"fault": "bucket_deleted", "bucketId": 12},
    ],
)
def test_each_kind_of_change_is_saved(kept: Kept, rule: dict[str, Any]) -> None:
    kept.start("--save-every-s", "0.05")
    _await(kept.path.exists)
    os.utime(kept.path, (1, 1))
    kept.ask("PUT", "faults", {"rules": [rule]})
    kept.ask_api("/tenant")  # not signed, and refused; faults come first
    _await(lambda: kept.path.stat().st_mtime > 1)


def test_a_draft_is_never_taken_for_the_state(kept: Kept) -> None:
    kept.path.with_name("state.json.draft").write_text("{", encoding="utf-8")
    kept.start()
    kept.ask("POST", "save")
    assert [each.name for each in kept.path.parent.iterdir()] == ["state.json"]


def test_without_a_file_there_is_nothing_to_save_to(lms: Any) -> None:
    assert "--state" in lms.sim_refusal("POST", "save", {})


@pytest.mark.parametrize("options", [["--save-every-s", "5"], ["--save-every-s", "-1"]])
def test_saving_now_and_then_takes_a_file_and_a_time(options: list[str]) -> None:
    command = [sys.executable, "-m", "services.simulator", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--state" in done.stderr


def _await(condition: Any) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
