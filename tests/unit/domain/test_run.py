"""Run states: the lists of the contract, who acts next, and which moves there are."""

from dataclasses import replace

import pytest

from shared.domain.run import (
    FINAL,
    LOCKING,
    RESTING,
    PausedReason,
    Phase,
    Run,
    RunMode,
    RunState,
    TargetName,
    may_move,
    next_after,
)

STATES = [
    "queued", "validating", "fetching", "planning", "no_changes", "skipped_unchanged",
    "rejected_input", "failed", "held", "awaiting_approval", "approved", "applying", "paused",
    "applied", "applied_with_errors", "canceled", "discarded", "stale",
]  # fmt: skip
#: Every move there is, written out.
MOVES = {
    "queued": "validating skipped_unchanged failed stale canceled",
    "validating": "fetching skipped_unchanged rejected_input failed canceled",
    "fetching": "planning failed canceled",
    "planning": "no_changes held awaiting_approval discarded failed canceled",
    "held": "approved discarded stale",
    "awaiting_approval": "approved discarded stale",
    "approved": "applying stale canceled",
    "applying": "paused applied applied_with_errors canceled failed",
    "paused": "applying canceled",
    "applied_with_errors": "applying stale",
    "canceled": "applying stale",
}


def test_states_are_those_of_the_contract() -> None:
    assert [state.value for state in RunState] == STATES


def test_final_states_are_those_the_contract_stars() -> None:
    assert {state.value for state in FINAL} == {
        "no_changes", "skipped_unchanged", "rejected_input", "failed", "applied", "discarded",
        "stale",
    }  # fmt: skip


def test_reasons_to_pause_are_those_of_the_contract() -> None:
    assert [reason.value for reason in PausedReason] == [
        "operator", "auth", "breaker", "throttled", "audit_unavailable", "failure_rate",
        "conflict_rate",
    ]  # fmt: skip


def test_modes_and_phases_are_those_of_the_design() -> None:
    assert [mode.value for mode in RunMode] == ["plan", "plan_and_apply", "drift", "revert"]
    assert [phase.value for phase in Phase] == [
        "validate", "fetch", "plan", "apply", "verify", "report",
    ]  # fmt: skip


@pytest.mark.parametrize("before", RunState)
@pytest.mark.parametrize("after", RunState)
def test_the_table_of_moves_is_closed(before: RunState, after: RunState) -> None:
    assert may_move(before, after) is (after.value in MOVES.get(before.value, "").split())


def test_no_move_leads_out_of_a_final_state_and_one_out_of_every_other() -> None:
    for state in RunState:
        assert any(may_move(state, other) for other in RunState) is (state not in FINAL)


def test_every_state_is_reached_from_the_start() -> None:
    reached, fresh = {RunState.QUEUED}, {RunState.QUEUED}
    while fresh:
        fresh = {s for s in RunState if any(may_move(f, s) for f in fresh)} - reached
        reached |= fresh
    assert reached == set(RunState)


def test_no_run_is_written_to_without_an_approval() -> None:
    assert [s for s in RunState if may_move(s, RunState.APPLYING)] == [
        RunState.APPROVED, RunState.PAUSED, RunState.APPLIED_WITH_ERRORS, RunState.CANCELED,
    ]  # fmt: skip
    assert [s for s in RunState if may_move(s, RunState.APPROVED)] == [
        RunState.HELD, RunState.AWAITING_APPROVAL,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "actor"),
    [
        ("queued", "system"), ("validating", "system"), ("fetching", "system"),
        ("planning", "system"), ("no_changes", "nobody"), ("skipped_unchanged", "nobody"),
        ("rejected_input", "operator"), ("failed", "operator"), ("held", "approver"),
        ("awaiting_approval", "approver"), ("approved", "operator"), ("applying", "system"),
        ("paused", "operator"), ("applied", "nobody"), ("applied_with_errors", "operator"),
        ("canceled", "operator"), ("discarded", "operator"), ("stale", "operator"),
    ],
)  # fmt: skip
def test_every_state_names_who_acts_next_and_how(state: str, actor: str) -> None:
    following = next_after(RunState(state))
    assert following.actor == actor
    assert following.step
    assert following.step.replace("_", "").isalpha()


def test_a_run_says_what_its_state_says() -> None:
    run = Run(
        id="run_1", feed="staff", target=TargetName.ASCIP, upload_id=None, mode=RunMode.PLAN, force=False,
        trigger="cli", actor="system", state=RunState.HELD, engine_version="0.1.0",
        mapping_sha256="", config_sha256="",
    )  # fmt: skip
    assert run.next == next_after(RunState.HELD)
    assert replace(run, file_name="staff.csv").made_from == "file staff.csv"
    assert replace(run, reverts="run_2").made_from == "takes back run_2"


def test_nothing_that_moves_by_itself_is_resting() -> None:
    moving = {s for s in RunState if next_after(s).actor == "system"}
    assert set(RunState) - RESTING == moving


def test_final_states_rest_and_hold_no_lock() -> None:
    assert FINAL <= RESTING
    assert not FINAL & LOCKING
    assert {state.value for state in LOCKING} == {
        "validating", "fetching", "planning", "applying", "paused",
    }  # fmt: skip
