"""What tests of faults have in common: a run that writes, who works on it, and how it must end."""

import time
from collections.abc import Callable

from tests.faults.checker import Checker
from tests.faults.office import until
from tests.faults.plant import Plant


def a_story(plant: Plant) -> bytes:
    """A few changes of each kind since the last time."""
    plant.extract.story()
    return plant.extract.csv()


def many_updates(plant: Plant, count: int) -> bytes:
    """As many people have another name."""
    plant.extract.rename(plant.extract.ids[:count])
    return plant.extract.csv()


def written(plant: Plant) -> int:
    """How many requests have changed something in ASCIP."""
    return len(plant.simulator.journal(effects=True))


def finish(plant: Plant, checker: Checker, run_id: str, *, seconds: float = 120.0) -> None:
    """The run ends by itself, everything is as HR wants it, and the same again is nothing."""
    assert plant.office.wait(run_id, seconds=seconds) == "applied", plant.office.run(run_id)
    until(lambda: not plant.rows("SELECT id FROM work_item WHERE ended_at IS NULL"), 20)
    assert checker.broken() == []
    again = plant.office.start(plant.office.send(plant.extract.csv()), force=True)
    assert plant.office.wait(again) == "no_changes", plant.office.run(again)


def writes_again(plant: Plant, seconds: float) -> float:
    """Wait for the next write; the seconds it took."""
    before, began = written(plant), time.monotonic()
    until(lambda: written(plant) > before, seconds)
    return time.monotonic() - began


def who_is_at(plant: Plant, kind: str) -> str:
    """The worker that has an item of a kind in hand."""
    found: list[str] = []

    def look() -> bool:
        query = "SELECT leased_by FROM work_item WHERE state = 'leased' AND kind = %s"
        found[:] = [str(row.leased_by).split(".")[0] for row in plant.rows(query, kind)]
        return bool(found)

    until(look)
    return found[0]


def writing(plant: Plant, content: bytes) -> str:
    """A run that has begun to write; its id."""
    before = written(plant)
    run_id = plant.office.plan(content)
    plant.office.begin(run_id)
    until(lambda: written(plant) > before)
    return run_id


#: Makes installations.
Build = Callable[..., Plant]
