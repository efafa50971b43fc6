"""Crash points in the middle of the work and at its end; `tests/faults` has them at its beginning."""

from collections.abc import Iterator

import pytest

from tests.faults import points
from tests.faults.checker import Checker
from tests.faults.plant import Grounds, Plant, Size
from tests.faults.points import Point, armed
from tests.faults.story import a_story, finish, who_is_at

pytestmark = pytest.mark.slow
_WHERE = pytest.mark.parametrize("share", [0.5, 1.0], ids=["middle", "last"])


@pytest.fixture(scope="module")
def plant(grounds: Grounds) -> Iterator[Plant]:
    """One installation, which goes from crash to crash."""
    made = Plant(grounds, Size())
    yield made
    made.close()


def actions_of(plant: Plant, run_id: str) -> int:
    query = "SELECT count(*) FROM action JOIN plan ON plan.id = plan_id WHERE run_id = %s"
    return int(plant.value(query, run_id))


@_WHERE
@pytest.mark.parametrize(
    "point",
    [points.CLAIMED, points.RESPONSE_RECEIVED, points.OUTCOME_WRITTEN, points.AUDIT_WRITTEN],
    ids=["claimed", "response_received", "outcome_written", "audit_written"],
)
def test_a_worker_killed_at_a_later_action_is_taken_over(
    plant: Plant, point: Point, share: float
) -> None:
    checker = Checker(plant)
    run_id = plant.office.plan(a_story(plant))
    with armed(plant, point, max(1, int(actions_of(plant, run_id) * share))) as crash:
        plant.office.begin(run_id)
        crash.reached()
        plant.parts[who_is_at(plant, "apply")].kill()
        crash.end()
    finish(plant, checker, run_id)


@_WHERE
def test_a_plan_killed_at_a_later_row_is_never_seen(plant: Plant, share: float) -> None:
    """The story before it has as many actions."""
    checker = Checker(plant)
    before = plant.office.plan(a_story(plant))
    plant.office.begin(before)
    finish(plant, checker, before)
    content = a_story(plant)
    with armed(plant, points.PLAN_MID_INSERT, int(actions_of(plant, before) * share)) as crash:
        run_id = plant.office.start(plant.office.send(content))
        crash.reached()
        plant.parts[who_is_at(plant, "plan")].kill()
        crash.end()
        assert plant.rows("SELECT id FROM plan WHERE run_id = %s", run_id) == []
    assert plant.office.wait(run_id) == "awaiting_approval"
    plant.office.begin(run_id)
    finish(plant, checker, run_id)
