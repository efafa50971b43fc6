"""Each process is killed at each moment that matters, once; whatever it left is taken over.

Slow, all of them: processes start, leases run out, and lost writes are looked for.
"""

from collections.abc import Iterator

import pytest

from tests.faults import points
from tests.faults.checker import Checker
from tests.faults.office import until
from tests.faults.plant import Grounds, Plant, Size
from tests.faults.points import Point, armed
from tests.faults.proxy import Mode
from tests.faults.story import a_story, finish, who_is_at

pytestmark = pytest.mark.slow
_WRITES = (b"POST /api/v1/people", b"PUT /api/v1/people", b"POST /api/v1/groups")


@pytest.fixture(scope="module")
def plant(grounds: Grounds) -> Iterator[Plant]:
    """One installation, which goes from crash to crash."""
    made = Plant(grounds, Size())
    yield made
    made.close()


@pytest.fixture
def checker(plant: Plant) -> Checker:
    return Checker(plant)


@pytest.mark.parametrize(
    ("point", "kind"),
    [
        (points.CLAIMED, "apply"),
        (points.RESPONSE_RECEIVED, "apply"),
        (points.OUTCOME_WRITTEN, "apply"),
        (points.AUDIT_WRITTEN, "apply"),
        (points.VERIFIED, "verify"),
        (points.REPORTED, "report"),
    ],
    ids=[
        "claimed",
        "response_received",
        "outcome_written",
        "audit_written",
        "verified",
        "reported",
    ],
)
def test_a_worker_killed_while_it_applies_is_taken_over(
    plant: Plant, checker: Checker, point: Point, kind: str
) -> None:
    run_id = plant.office.plan(a_story(plant))
    with armed(plant, point) as crash:
        plant.office.begin(run_id)
        crash.reached()
        plant.parts[who_is_at(plant, kind)].kill()
        crash.end()
    finish(plant, checker, run_id)


@pytest.mark.parametrize("answered", [False, True], ids=["intent_written", "request_sent"])
def test_a_worker_killed_around_a_request_sends_it_once(
    plant: Plant, checker: Checker, *, answered: bool
) -> None:
    """Before the request has left the machine, and after it took effect and before its answer."""
    run_id = plant.office.plan(a_story(plant))
    before = len(plant.simulator.journal(effects=True))
    seen: list[bytes] = []

    def hold(data: bytes) -> bytes:
        if data.startswith(_WRITES) and not seen:
            seen.append(data)
            plant.lms.mode_from_within(Mode.HALF_OPEN if answered else Mode.SILENT)
        return data if answered or not seen else b""

    plant.lms.on_sent = hold
    plant.office.begin(run_id)
    until(lambda: seen)
    if answered:
        until(lambda: len(plant.simulator.journal(effects=True)) > before)
    plant.parts[who_is_at(plant, "apply")].kill()
    plant.heal()
    finish(plant, checker, run_id)


@pytest.mark.parametrize("point", [points.APPLY_DONE, points.PLAN_DONE], ids=["apply", "plan"])
def test_work_that_is_done_and_not_acknowledged_is_done_once(
    plant: Plant, checker: Checker, point: Point
) -> None:
    """The message comes again to another worker, and finds nothing to do."""
    applies = point is points.APPLY_DONE
    content = a_story(plant)
    if applies:
        run_id = plant.office.plan(content)
    with armed(plant, point) as crash:
        if applies:
            plant.office.begin(run_id)
        else:
            run_id = plant.office.start(plant.office.send(content))
        crash.reached()
        name = who_is_at(plant, "apply" if applies else "plan")
        plant.edges[f"{name}.valkey"].mode = Mode.SILENT
        crash.let_go()
        done = "SELECT id FROM work_item WHERE run_id = %s AND kind = %s AND state = 'done'"
        until(lambda: plant.rows(done, run_id, "apply" if applies else "plan"))
        plant.parts[name].kill()
    plant.heal()
    if not applies:
        assert plant.office.wait(run_id) == "awaiting_approval"
        plant.office.begin(run_id)
    finish(plant, checker, run_id)


def test_half_a_plan_is_never_seen(plant: Plant, checker: Checker) -> None:
    content = a_story(plant)
    with armed(plant, points.PLAN_MID_INSERT, 5) as crash:
        run_id = plant.office.start(plant.office.send(content))
        crash.reached()
        assert plant.office.run(run_id)["state"] == "planning"
        assert plant.office.run(run_id)["plan_id"] is None
        plant.parts[who_is_at(plant, "plan")].kill()
        crash.end()
        assert plant.rows("SELECT id FROM plan WHERE run_id = %s", run_id) == []
    assert plant.office.wait(run_id) == "awaiting_approval"
    plant.office.begin(run_id)
    finish(plant, checker, run_id)


@pytest.mark.parametrize(
    "point", [points.UPLOAD_SPOOLED, points.UPLOAD_COMMITTED], ids=["spooled", "committed"]
)
def test_an_upload_that_was_not_answered_is_made_once(
    plant: Plant, checker: Checker, point: Point
) -> None:
    """The sender repeats it with its key; a file that nobody knows is swept."""
    content = a_story(plant)
    uploads = plant.value("SELECT count(*) FROM upload")
    with armed(plant, point) as crash:
        sending = plant.office.send_in_background(content)
        crash.reached()
        if point.at_commit:
            plant.edges["api.postgres"].mode = Mode.HALF_OPEN
            crash.let_go()
            until(lambda: plant.value("SELECT count(*) FROM upload") > uploads)
        plant.parts["api"].kill()
        if not point.at_commit:
            crash.end()
    plant.heal()
    run_id = plant.office.start(sending())
    assert plant.value("SELECT count(*) FROM upload") == uploads + 1
    assert plant.office.wait(run_id) == "awaiting_approval"
    plant.office.begin(run_id)
    finish(plant, checker, run_id)


def test_a_run_that_was_begun_and_not_answered_is_one_run(plant: Plant, checker: Checker) -> None:
    upload = plant.office.send(a_story(plant))
    runs = plant.value("SELECT count(*) FROM run")
    with armed(plant, points.RUN_COMMITTED) as crash:
        starting = plant.office.start_in_background(upload)
        crash.reached()
        plant.edges["api.postgres"].mode = Mode.HALF_OPEN
        crash.let_go()
        until(lambda: plant.value("SELECT count(*) FROM run") > runs)
        plant.parts["api"].kill()
    plant.heal()
    run_id = starting()
    assert plant.value("SELECT count(*) FROM run") == runs + 1
    assert plant.office.wait(run_id) == "awaiting_approval"
    plant.office.begin(run_id)
    finish(plant, checker, run_id)


def test_a_message_that_was_sent_and_not_noted_is_sent_twice_and_worked_on_once(
    plant: Plant, checker: Checker
) -> None:
    run_id = plant.office.plan(a_story(plant))
    with armed(plant, points.PUBLISHED) as crash:
        plant.office.begin(run_id)
        crash.reached()
        plant.parts["beat"].kill()
        crash.end()
    finish(plant, checker, run_id)


def test_a_killed_pool_child_is_replaced(plant: Plant, checker: Checker) -> None:
    """What the kernel does when memory is short: the child alone; its item is taken up again."""
    run_id = plant.office.plan(a_story(plant))
    with armed(plant, points.RESPONSE_RECEIVED) as crash:
        plant.office.begin(run_id)
        crash.reached()
        name = who_is_at(plant, "apply")
        plant.parts[name].kill_children()
        crash.end()
    finish(plant, checker, run_id)
    assert plant.parts[name].alive


@pytest.mark.parametrize("killed", [False, True], ids=["reset", "killed"])
def test_a_connection_lost_at_the_acknowledgement_silences_nobody(
    plant: Plant, checker: Checker, *, killed: bool
) -> None:
    """Seen with earlier settings: Celery could not acknowledge, and its worker never asked for work again."""
    run_id = plant.office.start(plant.office.send(a_story(plant)))
    with armed(plant, points.PLAN_DONE) as crash:
        crash.reached()
        name = who_is_at(plant, "plan")
        crash.let_go()
        if killed:
            plant.servers.kill_valkey()
            plant.servers.start_valkey()
        else:
            plant.edges[f"{name}.valkey"].cut()
    # Nobody else could do its work.
    others = [part for part in plant.parts.running if part.startswith("worker") and part != name]
    for other in others:
        plant.parts[other].kill(stay_dead=True)
    assert plant.office.wait(run_id) == "awaiting_approval"
    plant.office.begin(run_id)
    assert plant.office.wait(run_id, seconds=30) == "applied"
    plant.heal()
    finish(plant, checker, run_id)
