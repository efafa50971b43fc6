"""The volume of the database, its log included, is full while a plan is applied."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.checker import Checker
from tests.faults.office import until
from tests.faults.plant import Grounds, Plant, Size
from tests.faults.story import finish, many_updates, writing, written

pytestmark = pytest.mark.slow
VOLUME_MB = 400
#: What was on its way has arrived after this; so long the volume stays full then.
IN_FLIGHT_S, FULL_S = 3.0, 60.0


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "servers"
    folder.mkdir(mode=0o700)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={VOLUME_MB}m,mode=700", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, check=False, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("a volume so small that it can be filled is mounted by root only")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)  # noqa: S607  # the system's own


@pytest.fixture
def plant(volume: Path) -> Iterator[Plant]:
    grounds = Grounds(volume.parent)
    made = Plant(grounds, Size(people=250, rate_per_s=30))
    yield made
    made.close()
    grounds.close()


def test_nothing_more_is_sent_and_it_goes_on_when_there_is_room(plant: Plant, volume: Path) -> None:
    """Whoever runs the servers makes room, and starts PostgreSQL again if it has ended over it."""
    checker = Checker(plant)
    run_id = writing(plant, many_updates(plant, 240))
    filler = fill(volume)
    time.sleep(IN_FLIGHT_S)
    sent = written(plant)
    time.sleep(FULL_S)
    assert written(plant) == sent
    filler.unlink()
    if plant.servers.postgres.poll() is not None:
        plant.servers.start_postgres()
    until(lambda: plant.office.run(run_id)["state"] != "applying", 120)
    run = plant.office.run(run_id)
    if run["state"] == "paused":  # there was room enough to say so
        assert run["reason"] == "audit_unavailable"
        plant.office.begin(run_id)
    finish(plant, checker, run_id)


def fill(volume: Path) -> Path:
    """Take what is left of it, to the last page."""
    filler = volume / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return filler
