"""One sentence for how everything stands: each case alone, and which comes first."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.action import ActionStatus, Kind
from shared.domain.gate_rules import GateName
from shared.domain.gates import Gate, Verdict
from shared.domain.run import Run, RunMode, RunState, TargetName
from shared.domain.sync_switch import SyncPause
from shared.pipeline.standing import OPEN_STATES, About, Facts, OpenRun, Standing, Tone, standings
from shared.ports.trends import Contact, PastRun, RowFigures

SHA = "0" * 64
AT = datetime(2026, 11, 20, 12, 12, tzinfo=UTC)
LATER = AT + timedelta(hours=24)
NOTHING = Facts(
    open=[], begun=True, newest=None, in_sync=None, last_file_at=None, missed=None,
    contact=Contact(),
)  # fmt: skip


def past(state: RunState, **more: Any) -> PastRun:
    return PastRun(
        **{
            "id": "run_41", "feed": "staff", "mode": RunMode.PLAN, "state": state, "created_at": AT,
            "ended_at": AT, **more,
        }
    )  # fmt: skip


def waiting(state: RunState, *tripped: Gate, run_id: str = "run_41", **more: Any) -> OpenRun:
    run = Run(
        id=run_id, feed="staff", target=TargetName.ASCIP, upload_id=None, mode=RunMode.PLAN,
        force=False, trigger="cli", actor="user:olga", state=state, engine_version="1",
        mapping_sha256=SHA, config_sha256=SHA, **more,
    )  # fmt: skip
    return OpenRun(run=run, tripped=tripped, held=12)


def gate(name: GateName, value: int, limit: int, population: int = 0) -> Gate:
    return Gate(name=name, value=value, limit=limit, verdict=Verdict.TRIPPED, population=population)


def said(standing: Standing) -> str:
    """With moments as `<day hour>`."""
    return "".join(p if isinstance(p, str) else f"<{p:%d %H}>" for p in standing.sentence)


def first(facts: Facts) -> Standing:
    return standings(facts)[0]


def open_(*runs: OpenRun) -> Facts:
    return replace(NOTHING, open=runs, newest=past(runs[0].run.state))


def newest(run: PastRun, in_sync: PastRun | None = None) -> Facts:
    return replace(NOTHING, newest=run, in_sync=in_sync)


APPLIED = past(RunState.APPLIED, id="run_40", ended={ActionStatus.SUCCEEDED: 53})
FAILED = past(RunState.FAILED, reason="target_unreachable", detail="No connection.")
REMOVALS = gate(GateName.REMOVALS, 62, 47, 4737)


@pytest.mark.parametrize(
    ("facts", "about", "tone", "words", "actor", "step"),
    [
        (replace(NOTHING, begun=False), About.NO_RUNS, Tone.CALM,
         "No runs yet. Upload a staff CSV to begin.", "operator", "upload"),
        (NOTHING, About.NO_RUNS, Tone.CALM,
         "No run of the staff feed yet. Upload a staff CSV to begin.",
         "operator", "upload"),
        (newest(APPLIED, APPLIED), About.IN_SYNC, Tone.GOOD,
         "All in sync as of <20 12>.", "nobody", "done"),
        (newest(past(RunState.SKIPPED_UNCHANGED, created_at=LATER), APPLIED), About.IN_SYNC, Tone.GOOD,
         "All in sync as of <20 12>. The file of <21 12> says the same.", "nobody", "done"),
        (open_(waiting(RunState.HELD, REMOVALS)), About.HELD, Tone.ASK,
         "62 removals are held: the limit is 47. Nothing was written.",
         "approver", "release_or_discard"),
        (open_(waiting(RunState.HELD, gate(GateName.REMOVALS, 1, 1))), About.HELD, Tone.ASK,
         "1 removal is held: the limit is 1. Nothing was written.", "approver", "release_or_discard"),
        (open_(waiting(RunState.HELD)), About.HELD, Tone.ASK,
         "12 actions are held. Nothing was written.", "approver", "release_or_discard"),
        (open_(waiting(RunState.AWAITING_APPROVAL)), About.WAITS, Tone.ASK,
         "1 plan needs approval.", "approver", "review"),
        (open_(waiting(RunState.AWAITING_APPROVAL, gate(GateName.ROWS_FEWER, 250, 225, 4500), REMOVALS)),
         About.WAITS, Tone.ASK,
         ("1 plan needs approval. 62 removals are held: the limit is 47."
         " One more limit is reached: rows fewer."),
         "approver", "review"),
        (open_(waiting(RunState.AWAITING_APPROVAL, gate(GateName.DETAILS_MISSING, 30, 23, 4700))),
         About.WAITS, Tone.ASK,
         ("1 plan needs approval. Removals and adds are held: 30 of 4,700 people could not be read;"
         " limit 23."), "approver", "review"),
        (open_(waiting(RunState.APPROVED)), About.APPROVED, Tone.ASK,
         "1 approved plan has not been applied yet.", "operator", "apply"),
        (open_(waiting(RunState.APPLYING)), About.GOES, Tone.CALM,
         "A run of the feed staff is being applied.", "system", "apply"),
        (open_(waiting(RunState.QUEUED, reason="calendar")), About.GOES, Tone.CALM,
         ("A run of the feed staff is put off: the calendar or a pause of all syncing says when it goes"
          " on."), "system", "start"),
        (open_(waiting(RunState.PAUSED, reason="auth")), About.STOPPED, Tone.WRONG,
         "Applying has paused: ASCIP refuses our key.", "operator", "resume_or_cancel"),
        (open_(waiting(RunState.PAUSED, reason="operator")), About.STOPPED, Tone.WRONG,
         "Applying was paused by a person.", "operator", "resume_or_cancel"),
        (open_(waiting(RunState.PAUSED, reason="breaker", goes_on_at=LATER)), About.STOPPED, Tone.CALM,
         "Applying has paused: ASCIP or the workers keep failing. It goes on by itself, at <21 12>.",
         "system", "resume"),
        (newest(FAILED, APPLIED), About.FAILED, Tone.WRONG,
         "The run of <20 12> failed: ASCIP can't be reached. Nothing was written.",
         "operator", "read_the_reason"),
        (newest(past(RunState.FAILED, reason="books_unbalanced", ended={ActionStatus.SUCCEEDED: 9})),
         About.FAILED, Tone.WRONG,
         "The run of <20 12> failed: the books do not balance. 9 actions were written before.",
         "operator", "read_the_reason"),
        (newest(past(RunState.REJECTED_INPUT, reason="missing_header")), About.FAILED, Tone.WRONG,
         "The staff file of <20 12> was refused (missing_header). Nothing was written.",
         "operator", "mend_the_extract"),
        (newest(past(RunState.APPLIED_WITH_ERRORS,
                     ended={ActionStatus.FAILED: 3, ActionStatus.NOT_ATTEMPTED: 1000})),
         About.ERRORS, Tone.WRONG,
         "The plan of <20 12> was applied with errors: 3 failed, 1,000 not attempted.",
         "operator", "retry"),
        (newest(past(RunState.DISCARDED), APPLIED), About.ENDED, Tone.CALM,
         "The newest plan was discarded. ASCIP was last in line with an extract at <20 12>.",
         "operator", "plan_again"),
        (newest(past(RunState.STALE)), About.ENDED, Tone.CALM,
         "The newest plan is out of date. No plan has been applied yet.", "operator", "plan_again"),
        (newest(past(RunState.DISCARDED, reason="shadow")), About.ENDED, Tone.CALM,
         ("Shadow mode: the newest extract was planned and nothing is applied. No plan has been applied"
         " yet."), "operator", "plan_again"),
    ],
)  # fmt: skip
def test_each_case_has_its_sentence_and_its_next_step(
    facts: Facts, about: About, tone: Tone, words: str, actor: str, step: str
) -> None:
    found = first(facts)
    assert said(found) == words
    assert (found.about, found.tone) == (about, tone)
    assert (found.next.actor, found.next.step) == (actor, step)


def test_in_sync_says_what_was_left_out() -> None:
    partly = past(
        RunState.APPLIED,
        ended={ActionStatus.SUCCEEDED: 1, ActionStatus.HELD: 1, ActionStatus.NOT_APPROVED: 2_000},
        rows=RowFigures(rows_in=9, accepted=2, quarantined=7),
    )
    found = first(newest(partly, partly))
    assert (found.next.actor, found.next.step) == ("operator", "see_what_is_left")
    assert said(found) == (
        "In sync as of <20 12>, but for 1 held action and 2,000 actions not approved and 7 rows in"
        " quarantine."
    )


@pytest.mark.parametrize(
    ("trouble", "words", "tone"),
    [
        ("unreachable", "ASCIP does not answer", Tone.CARE),
        ("no_answer", "ASCIP does not answer", Tone.CARE),
        ("http_503", "ASCIP answers with errors", Tone.CARE),
        ("garbled_answer", "ASCIP answers with errors", Tone.CARE),
        ("http_401", "ASCIP refuses our key", Tone.CARE),
        ("http_429", "ASCIP asks us to wait", Tone.CALM),
    ],
)
def test_a_target_in_trouble_is_told_with_the_last_good_contact(
    trouble: str, words: str, tone: Tone
) -> None:
    contact = Contact(answered_at=AT, failed_at=LATER, failed_with=trouble)
    (found, _) = standings(replace(newest(APPLIED, APPLIED), contact=contact))
    assert said(found) == f"{words} (last tried <21 12>); last good contact <20 12>."
    assert (found.about, found.tone) == (About.TARGET, tone)
    never = replace(contact, answered_at=None)
    assert "it has never answered before" in said(first(replace(NOTHING, contact=never)))
    answered = replace(contact, answered_at=LATER)
    assert first(replace(newest(APPLIED, APPLIED), contact=answered)).about is About.IN_SYNC


def test_a_file_that_has_not_come_is_told_with_both_times() -> None:
    late = replace(newest(APPLIED, APPLIED), last_file_at=AT, missed=LATER)
    found = first(late)
    assert said(found) == "No staff file since <20 12>; one was due at <21 12>."
    assert (found.about, found.tone) == (About.OVERDUE, Tone.CARE)
    assert first(replace(late, missed=None)).about is About.IN_SYNC


def test_a_pause_of_all_syncing_is_told_with_who_why_and_until_when() -> None:
    pause = SyncPause(
        paused_by="user:anna", reason="roll-over", paused_at=AT, until=LATER, left_s=1.0
    )
    found = first(replace(newest(APPLIED, APPLIED), pause=pause))
    assert said(found) == "Syncing is paused by anna until <21 12>."
    assert (found.about, found.tone) == (About.SYNC_PAUSED, Tone.CARE)
    assert (found.detail, found.next.actor) == ("roll-over", "system")
    ended = first(replace(NOTHING, pause=replace(pause, until=None)))
    assert said(ended) == "Syncing is paused by anna until somebody resumes it."
    assert ended.next.actor == "operator"


def test_one_that_waits_is_named_and_several_are_counted() -> None:
    one = first(open_(waiting(RunState.AWAITING_APPROVAL)))
    assert one.run_id == "run_41"
    many = [waiting(RunState.AWAITING_APPROVAL, run_id=f"run_{n}") for n in range(3)]
    found = first(open_(*many))
    assert (said(found), found.run_id) == ("3 plans need approval.", None)
    assert found.states == (RunState.AWAITING_APPROVAL,)
    held = [waiting(RunState.HELD, run_id=f"run_{n}") for n in range(2)]
    assert said(first(open_(*held))) == "2 plans are held. Nothing was written."


def test_what_a_plan_wants_goes_along_where_there_is_one_plan() -> None:
    plan = replace(
        waiting(RunState.AWAITING_APPROVAL, file_name="staff.csv"),
        planned={Kind.ADD: 1, Kind.UPDATE: 1204, Kind.JOIN: 3, Kind.LEAVE: 2, Kind.DEACTIVATE: 0},
    )
    told = "File staff.csv: 1 addition, 1,204 updates, 5 group changes."
    assert first(open_(plan)).detail == told
    assert first(open_(plan, plan)).detail == ""


def test_what_a_failed_run_says_of_itself_goes_along() -> None:
    assert first(newest(FAILED)).detail == "No connection."
    assert first(newest(replace(APPLIED, detail="x"), APPLIED)).detail == ""


def test_the_most_urgent_comes_first_and_nothing_is_lost() -> None:
    runs: Sequence[OpenRun] = [
        waiting(RunState.QUEUED), waiting(RunState.APPROVED), waiting(RunState.AWAITING_APPROVAL),
        waiting(RunState.HELD, REMOVALS), waiting(RunState.PAUSED, reason="auth"),
    ]  # fmt: skip
    facts = Facts(
        open=runs, begun=True, newest=FAILED, in_sync=APPLIED, last_file_at=AT, missed=LATER,
        contact=Contact(failed_at=AT, failed_with="no_answer"),
    )  # fmt: skip
    assert [each.about for each in standings(facts)] == [
        About.STOPPED, About.HELD, About.WAITS, About.FAILED, About.OVERDUE, About.TARGET,
        About.APPROVED, About.GOES,
    ]  # fmt: skip


@pytest.mark.parametrize("state", list(RunState))
def test_every_state_of_the_newest_run_is_told_once(state: RunState) -> None:
    reason = "auth" if state is RunState.PAUSED else None
    facts = newest(past(state, reason=reason), APPLIED)
    assert len(standings(facts)) == 1, "also if it has only just begun"
    if state in OPEN_STATES:
        (found,) = standings(replace(facts, open=[waiting(state, reason=reason)]))
        assert found.run_id == "run_41"
