"""Sentences that all forms share."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.adapters.reports import words
from shared.domain.action import RELEASABLE, RELEASABLE_BY_NAME, ActionStatus, HeldReason
from shared.domain.books import Books
from shared.domain.run import Next, PausedReason, Run, RunMode, RunState, TargetName, next_after

_BOOKS = Books(
    rows_in=4977,
    rows={"blank": 12, "unchanged": 3448, "applied": 1517},
    planned=1517,
    actions={"succeeded": 1515, "failed": 1, "not_attempted": 1},
)


def _run(state: RunState, reason: str | None = None) -> Run:
    return Run(
        id="run_1", feed="staff", target=TargetName.ASCIP, upload_id=None, mode=RunMode.PLAN, force=False,
        trigger="cli", actor="me", state=state, engine_version="0", mapping_sha256="",
        config_sha256="", reason=reason,
    )  # fmt: skip


def test_the_books_are_one_sentence_each_and_balance() -> None:
    assert words.books_sentences(_BOOKS) == [
        "4,977 rows came in: 12 blank, 3,448 unchanged, 1,517 applied.",
        "1,517 actions were planned: 1,515 succeeded, 1 failed, 1 not attempted.",
        "The books balance.",
    ]


def test_one_row_and_one_action_are_singular() -> None:
    books = Books(rows_in=1, rows={"pending": 1}, planned=1, actions={"planned": 1})
    assert words.rows_sentence(books) == "1 row came in: 1 pending."
    assert words.actions_sentence(books) == "1 action was planned: 1 still planned."


def test_books_that_do_not_balance_say_so_with_the_numbers() -> None:
    sentence = replace(_BOOKS, rows_in=4978).verdict
    assert sentence.startswith("THE BOOKS DO NOT BALANCE: 4,977 of 4,978 rows")
    assert "1,517 of 1,517 actions" in sentence


def test_no_books_are_told_in_words() -> None:
    assert len(words.books_sentences(None)) == 1


@pytest.mark.parametrize("state", list(RunState))
def test_every_state_has_a_verdict_and_a_next_step(state: RunState) -> None:
    verdict = words.verdict(_run(state), {ActionStatus.PLANNED: 3})
    assert verdict.endswith("Nothing was written.")
    ahead: Next = next_after(state)
    sentence = words.next_sentence(_run(state), [HeldReason.GATE])
    if ahead.actor == "nobody":
        assert sentence == "Nothing is left to do."
    else:
        assert ahead.actor in sentence
        assert words.spoken(ahead.step) in sentence


@pytest.mark.parametrize("reason", list(HeldReason))
def test_a_release_is_named_only_where_it_would_lift_something(reason: HeldReason) -> None:
    sentence = words.next_sentence(_run(RunState.HELD), [reason])
    assert ("release or discard" in sentence) is (reason in RELEASABLE | RELEASABLE_BY_NAME)
    assert "discard" in sentence


def test_the_verdict_of_an_apply_counts_approved_actions_only() -> None:
    statuses = {
        ActionStatus.SUCCEEDED: 1515, ActionStatus.CONFLICT: 1, ActionStatus.FAILED: 1,
        ActionStatus.HELD: 64,
    }  # fmt: skip
    assert words.verdict(_run(RunState.APPLIED_WITH_ERRORS), statuses) == (
        "Applied with errors: 1,515 of 1,517 approved actions succeeded, 1 conflict, 1 failed;"
        " 64 held. 1,515 actions were written."
    )


def test_drift_is_told_in_its_own_words() -> None:
    run = replace(
        _run(RunState.DISCARDED, "drift"), mode=RunMode.DRIFT, detail="2 people differ from it"
    )
    assert words.verdict(run, {ActionStatus.NOT_APPROVED: 2}) == (
        "Drift: 2 people differ from it. Nothing was written."
    )
    assert "discarded" in words.verdict(replace(run, mode=RunMode.PLAN), {})


def test_a_lost_answer_may_have_been_written() -> None:
    verdict = words.verdict(
        _run(RunState.PAUSED, PausedReason.AUTH.value), {ActionStatus.UNKNOWN: 1}
    )
    assert verdict.startswith("Paused (auth): 0 of 1 approved action succeeded, 1 unknown.")
    assert verdict.endswith("0 actions were written. 1 more may have been: the answer was lost.")


def test_times_are_rfc_3339_in_utc() -> None:
    pacific = timezone(timedelta(hours=-8))
    assert words.utc(datetime(2026, 11, 20, 4, 20, tzinfo=pacific)) == "2026-11-20T12:20:00Z"
    moment = datetime(2026, 11, 20, 4, 20, 1, 5000, tzinfo=UTC)
    assert words.utc(moment, "milliseconds") == "2026-11-20T04:20:01.005Z"
    assert words.utc(None) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.94, "0.9 s"), (59.94, "59.9 s"), (482.2, "8 min 2 s"), (7260, "2 h 1 min")],
)
def test_durations_read_as_people_say_them(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text
