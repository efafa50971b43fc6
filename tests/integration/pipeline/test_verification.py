"""After the last action what was written is read again: what isn't as it was written is listed."""

import pytest

from shared.domain.action import ActionStatus, Kind
from shared.domain.run import Run, RunState
from shared.ports.target import Mismatch
from tests.fakes.installation import Installation


@pytest.fixture
def approved(engine: Installation) -> Run:
    """Every kind of action, approved."""
    extract = engine.extract()
    extract.story()
    return engine.approve(engine.plan(extract))


def mismatches(engine: Installation, run: Run) -> dict[tuple[Kind, str], Mismatch]:
    return {
        (stored.action.kind, stored.action.person_key): stored.mismatch
        for stored in engine.actions(run)
        if stored.mismatch
    }


def books(engine: Installation, run: Run) -> tuple[object, object]:
    found = engine.run(run.id).books
    assert found
    return found["verified"], found["mismatches"]


def meddle_once_all_is_done(engine: Installation, run: Run, **fields: object) -> str:
    """Somebody else edits a person the run has renamed, just before it is read again."""
    number = engine.actions(run, kinds=[Kind.UPDATE])[0].action.person_key

    def meddle() -> None:
        engine.simulator.edit(number, **fields)

    engine.target.before_verify = meddle
    return number


def test_everything_that_was_written_is_read_again_once(
    engine: Installation, approved: Run
) -> None:
    run = engine.apply(approved)
    assert run.state is RunState.APPLIED
    actions = engine.actions(run)
    assert all(stored.verified_at for stored in actions)
    assert not mismatches(engine, run)
    assert books(engine, run) == (len(actions), 0)
    phases = [row.phase for row in engine.database.rows("SELECT phase FROM run_phase ORDER BY id")]
    assert phases[-3:] == ["plan", "apply", "verify"]
    last_write = max(entry["sequence"] for entry in engine.simulator.writes())
    read = {e["path"] for e in engine.simulator.journal() if e["sequence"] > last_write}
    written = {f"/api/v1/people/{a.ascip_id}" for a in actions if a.action.group_id is None}
    assert written <= read


def test_what_somebody_else_changed_meanwhile_is_listed_and_the_run_is_not_called_clean(
    engine: Installation, approved: Run
) -> None:
    number = meddle_once_all_is_done(engine, approved, lastName="Meddled", firstName="Meddled")
    run = engine.apply(approved)
    assert run.state is RunState.APPLIED
    assert mismatches(engine, run) == {(Kind.UPDATE, number): Mismatch.CHANGED}
    assert books(engine, run)[1] == 1
    assert run.clean is False
    entry = engine.database.value(
        "SELECT entry FROM audit_entry WHERE verb = 'run.verified' AND run_id = :run", run=run.id
    )
    assert '"mismatches":1' in entry


def test_the_next_run_is_not_skipped_and_mends_it(engine: Installation) -> None:
    extract = engine.extract()
    extract.rename(extract.ids[:3])
    run = engine.approve(engine.plan(extract))
    meddle_once_all_is_done(engine, run, lastName="Meddled")
    engine.apply(run)
    again = engine.sync(extract)
    assert again.state is RunState.APPLIED
    assert again.clean
    assert len(engine.actions(again)) == 1


def test_a_membership_that_was_undone_is_listed(engine: Installation) -> None:
    extract = engine.extract()
    mover, other = extract.ids[:2]
    extract.move([mover, other])
    run = engine.approve(engine.plan(extract))
    before = engine.simulator.person(mover)["groupIds"]
    engine.target.before_verify = lambda: engine.simulator.edit(mover, groupIds=before)
    run = engine.apply(run)
    assert run.state is RunState.APPLIED
    found = mismatches(engine, run)
    assert {person for _, person in found} == {mover}
    assert set(found.values()) == {Mismatch.MEMBERSHIP}


def test_a_person_who_is_gone_again_is_listed(engine: Installation) -> None:
    extract = engine.extract()
    touched = extract.ids[0]
    extract.rename([touched])
    run = engine.approve(engine.plan(extract))

    def delete() -> None:
        state = engine.simulator.state()
        state["people"] = [p for p in state["people"] if p["employeeNumber"] != touched]
        engine.simulator.put_state(state)

    engine.target.before_verify = delete
    run = engine.apply(run)
    assert mismatches(engine, run) == {(Kind.UPDATE, touched): Mismatch.GONE}


def test_a_second_person_with_the_email_of_an_add_is_listed(engine: Installation) -> None:
    """The effect of a lost create that comes after we looked long enough and sent it again."""
    engine.simulator.settings(duplicates="accepted")
    extract = engine.extract()
    (number,) = extract.add(1)
    run = engine.approve(engine.plan(extract))

    def double() -> None:
        state = engine.simulator.state()
        person = engine.simulator.person(number)
        state["people"].append({**person, "id": max(p["id"] for p in state["people"]) + 1})
        engine.simulator.put_state(state)

    engine.target.before_verify = double
    run = engine.apply(run)
    assert mismatches(engine, run) == {(Kind.ADD, number): Mismatch.TWICE}


def test_an_unknown_action_whose_effect_shows_late_has_succeeded(engine: Installation) -> None:
    extract = engine.extract()
    touched = extract.ids[0]
    extract.rename([touched])
    run = engine.approve(engine.plan(extract))
    engine.simulator.faults({"fault": "black_hole", "method": "PUT", "hold_s": 0, "probability": 1})
    engine.target.before_verify = lambda: engine.simulator.edit(
        touched, lastName=extract.row(touched)["last_name"]
    )
    run = engine.apply(run)
    (stored,) = engine.actions(run)
    assert (stored.status, stored.settled) == (ActionStatus.SUCCEEDED, True)
    assert stored.mismatch is None
    assert run.state is RunState.APPLIED
    finished = engine.database.rows(
        "SELECT CAST(entry AS jsonb)->'detail'->>'status' AS status FROM audit_entry"
        " WHERE verb = 'action.finished' ORDER BY sequence"
    )
    assert [row.status for row in finished] == ["unknown", "succeeded"]


def test_a_value_that_only_seems_old_because_the_read_is_stale_is_looked_at_again(
    engine: Installation, approved: Run
) -> None:
    engine.target.before_verify = lambda: engine.simulator.faults(
        {"fault": "stale_read", "request": list(range(1, 8)), "lag_ms": 60_000}
    )
    run = engine.apply(approved)
    assert run.state is RunState.APPLIED
    assert engine.simulator.fired()
    assert not mismatches(engine, run)


def test_what_failed_and_is_retried_is_verified_then(engine: Installation) -> None:
    extract = engine.extract()
    extract.rename(extract.ids[:4])
    run = engine.approve(engine.plan(extract))
    engine.simulator.faults(
        {"fault": "server_error", "status": 422, "method": "PUT", "request": [1]}
    )
    run = engine.apply(run)
    assert run.state is RunState.APPLIED_WITH_ERRORS
    assert books(engine, run) == (3, 0)
    run = engine.apply(run)
    assert run.state is RunState.APPLIED
    assert books(engine, run) == (4, 0)
