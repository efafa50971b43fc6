"""Shadow mode: every extract is planned, nothing is applied, and one look says what would have been."""

from dataclasses import replace

import pytest

from shared.domain.action import ActionStatus
from shared.domain.errors import Conflict
from shared.domain.policy import ApprovalPolicy
from shared.domain.run import RunState
from shared.pipeline.shadow import look_at_shadow
from tests.fakes.installation import Installation


def mode(engine: Installation, word: str) -> None:
    approval = ApprovalPolicy(mode=word)  # type: ignore[arg-type]  # a word, as in TOML
    engine.configure(policy=replace(engine.tools.policy, approval=approval))


def test_two_weeks_in_shadow(engine: Installation) -> None:
    """One test of the whole, since each look needs the runs before it: about 3 s."""
    mode(engine, "shadow")
    extract = engine.extract()
    everybody = list(extract.rows)
    wrongly, gone = extract.ids[:2], extract.ids[5]
    assert look_at_shadow(engine.tools, 14).verdict == [
        "No extract was planned in shadow mode in the last 14 days."
    ]

    extract.remove(*wrongly, gone)
    extract.add(1)
    first = engine.plan(extract)
    assert (first.state, first.reason) == (RunState.DISCARDED, "shadow")
    assert set(engine.statuses(first)) == {ActionStatus.NOT_APPROVED}
    assert first.archive, "its report is written"
    engine.clock.go_on(days=1)
    extract.rows = [row for row in everybody if row["employee_id"] != gone]
    second = engine.plan(extract)
    again = engine.plan(extract)
    assert again.state is RunState.DISCARDED, "every extract is planned, the same one too"
    assert engine.simulator.journal(effects=True) == []

    seen = look_at_shadow(engine.tools, 14)
    assert [e.run_id for e in seen.extracts] == [first.id, second.id, again.id]
    assert [(e.kinds["deactivate"], e.naive_removals) for e in seen.extracts] == [
        (3, 4), (1, 2), (1, 2),
    ]  # fmt: skip
    left_alone = {"protected": 1, "out_of_scope": 2}
    assert engine.plan_of(first).facts["left_alone"] == left_alone
    assert (seen.removed, [r.person_key for r in seen.returned]) == (3, sorted(wrongly))
    assert [(w.person_key, w.hold) for w in seen.would_leave] == [(gone, None)]
    assert seen.verdict[1:3] == [
        "Applied as planned they would have removed 3 people; no removal was held.",
        "2 of them stood in a later extract: removing them would have been wrong.",
    ]

    extract.rows = extract.rows[: len(extract.rows) // 2]
    cut = engine.plan(extract)
    gates = {g["gate"]: g["value"] for g in engine.plan_of(cut).header["gates"]}  # type: ignore[union-attr,index,call-overload]  # as stored
    assert gates["rows_fewer"] == len(everybody) - 2 - len(extract.rows), "a usual size is known"

    for verb in (engine.approve, engine.begin):
        with pytest.raises(Conflict, match=r"shadow mode.*Nothing was written"):
            verb(again)
    mode(engine, "always")
    with pytest.raises(Conflict, match="shadow mode"):
        engine.approve(again)


def test_what_was_found_in_shadow_counts_for_nothing_real(engine: Installation) -> None:
    """No success, no link, no absence: the first real run is the first, and its graces begin there."""
    removal = replace(engine.tools.policy.staff.removal, first_run="report", grace_days=0)
    engine.staff(removal=removal)
    mode(engine, "shadow")
    extract = engine.extract()
    unchanged = engine.plan(extract)
    assert (unchanged.state, unchanged.reason) == (RunState.DISCARDED, "shadow")
    extract.remove(extract.ids[0])
    shadowed = engine.plan(extract)
    assert [a.action.kind.value for a in engine.actions(shadowed)] == ["deactivate"]
    with engine.database.transactions.begin() as uow:
        assert uow.runs.last_success("staff") is None
        assert uow.extracts.links("ascip") == {}
        assert 1 in uow.presence.absences("ascip", shadow=True)
        assert uow.presence.absences("ascip", shadow=False) == {}
    mode(engine, "always")
    real = engine.plan(extract)
    assert real.state is RunState.NO_CHANGES
    facts = engine.plan_of(real).facts
    assert (facts["first_run"], len(facts["would_remove"])) == (True, 1)  # type: ignore[arg-type]  # a list
