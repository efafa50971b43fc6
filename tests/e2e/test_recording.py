"""`--record`: what the processes of a command exchange with ASCIP is kept, redacted, or refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Installation
from tests.fakes.servers import outside
from tests.fakes.simulator_thread import SECRET

PERSONAL = ("username", "email", "firstName", "lastName", "employeeNumber", "personalEmail")


def names(state: Any) -> set[str]:
    """Everything of the tenant's people that is long enough not to turn up by chance."""
    values = {person[field] for person in state["people"] for field in PERSONAL}
    return {value for value in values if value and len(value) > 4}


def recorded(folder: Path) -> tuple[str, list[Any]]:
    """All text of the files, and their exchanges."""
    texts = [file.read_text(encoding="utf-8") for file in folder.glob("*.ndjson")]
    return "".join(texts), [json.loads(line) for text in texts for line in text.splitlines()[1:]]


@pytest.mark.slow
@pytest.mark.skipif(outside("") is not None, reason="a server has workers of its own")
def test_a_sync_is_recorded_by_the_processes_that_call(installation: Installation) -> None:
    """Four commands, three of which start their own parts: about 15 s."""
    folder = installation.folder / "recordings"
    state = installation.simulator.state()
    installation.extract.story()
    installation.write()
    plan = installation.ask("plan", "--csv", "staff.csv", "--record", "recordings")
    assert "recorded" in installation.errors
    installation.cli("approve", plan["id"], "--digest", plan["digest"])
    installation.cli("apply", plan["id"], "--record", "recordings")
    installation.cli("refs", "pull", "--record", "recordings")
    text, exchanges = recorded(folder)
    assert len(exchanges) == len(installation.simulator.journal())
    assert {"POST", "PUT", "GET"} == {exchange["method"] for exchange in exchanges}
    hidden = names(state) | names(installation.simulator.state())
    assert [name for name in hidden | {SECRET} if name in text] == []
    modes = {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())}
    assert modes.pop("recordings") == 0o700
    assert set(modes.values()) == {0o600}
    assert all(name.endswith(".ndjson") for name in modes)  # the key is gone


@pytest.mark.slow
def test_workers_that_already_run_are_not_said_to_record(installation: Installation) -> None:
    """Waits for `up` to start and to end: about 6 s."""
    up = installation.start("up", "--only", "worker")
    assert up.stdout is not None
    assert "worker-1" in up.stdout.readline()
    try:
        installation.cli("plan", "--csv", "staff.csv", "--record", "recordings", expect=7)
    finally:
        up.terminate()
        up.communicate(timeout=60)
    assert "Nothing was started" in installation.errors
    assert not (installation.folder / "recordings").exists()
    assert installation.simulator.journal() == []
