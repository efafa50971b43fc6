"""Following a run: nothing twice, nothing back, and a later follower goes on where one broke off."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.action import ActionStatus, Kind
from shared.domain.run import RESTING, Run, RunMode, RunState, TargetName
from shared.pipeline.follow import RATE_S, SHORTEST_S, Event, EventType, Follower, at_rest
from shared.pipeline.look import Progress
from shared.ports.views import ActionError

BEGAN = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
PHASE, COUNTS, ERROR, STATE, DONE = EventType


def now(
    state: RunState = RunState.APPLYING, done: int = 0, total: int = 100, **values: Any
) -> Progress:
    """How a run stands."""
    run = Run(
        id="run_1", feed="staff", target=TargetName.ASCIP, upload_id=None, mode=RunMode.PLAN, force=False,
        trigger="cli", actor="user:olga", state=state, engine_version="1", mapping_sha256="",
        config_sha256="", reason=values.pop("reason", None), detail=values.pop("detail", None),
    )  # fmt: skip
    statuses = {ActionStatus.SUCCEEDED: done}
    return Progress(
        run=run, done=done, total=total, statuses=statuses,
        reported=values.pop("reported", False), **values,
    )  # fmt: skip


def error(number: int, *, second: float | None = None) -> ActionError:
    return ActionError(
        action_id=f"act_{number}", kind=Kind.UPDATE, person_key=f"E{number}",
        status=ActionStatus.FAILED, code="too_long",
        at=BEGAN + timedelta(seconds=number if second is None else second),
    )  # fmt: skip


def errors(*numbers: int) -> list[ActionError]:
    return [error(number) for number in numbers]


def told(events: Iterable[Event], type_: EventType) -> list[dict[str, Any]]:
    return [dict(event.data) for event in events if event.type is type_]


def failed(events: Iterable[Event]) -> list[str]:
    return [e["person_key"] for data in told(events, ERROR) for e in data["errors"]]


def numbers(events: Iterable[Event]) -> list[int]:
    return [int(event.id.partition("-")[0]) for event in events]


def test_a_first_connection_gets_the_whole_picture() -> None:
    events = list(Follower().events(now(done=7, errors=errors(1, 2)), at=0))
    assert [event.type for event in events] == [PHASE, ERROR, COUNTS, STATE]
    assert told(events, PHASE) == [{"phase": "applying"}]
    assert told(events, STATE) == [{
        "state": "applying", "reason": None, "detail": None,
        "next_actor": "system", "next_step": "apply",
    }]  # fmt: skip
    assert told(events, COUNTS) == [{
        "done": 7, "total": 100, "statuses": {"succeeded": 7}, "rate_per_s": None, "eta_s": None,
    }]  # fmt: skip
    assert told(events, ERROR)[0]["errors"][0] == {
        "action_id": "act_1", "kind": "update", "person_key": "E1", "status": "failed",
        "code": "too_long", "at": "2026-11-20T18:00:01.000Z",
    }  # fmt: skip


def test_what_has_not_changed_is_not_told_again() -> None:
    follower = Follower()
    list(follower.events(now(done=7, errors=errors(1)), at=0))
    assert list(follower.events(now(done=7, errors=errors(1)), at=1)) == []


def test_a_run_at_rest_is_told_and_then_nothing() -> None:
    follower = Follower()
    list(follower.events(now(done=99), at=0))
    not_yet = now(RunState.APPLIED, done=100)
    assert [e.type for e in follower.events(not_yet, at=1)] == [COUNTS, STATE]
    end = now(RunState.APPLIED, done=100, reported=True)
    (done,) = follower.events(end, at=2)
    assert (done.type, done.data) == (DONE, {"state": "applied"})
    assert list(follower.events(now(done=1), at=3)) == []


@pytest.mark.parametrize("state", RunState)
def test_a_run_rests_when_people_are_to_act_or_its_reports_are_written(state: RunState) -> None:
    people = state in {
        RunState.AWAITING_APPROVAL, RunState.HELD, RunState.APPROVED, RunState.PAUSED,
    }  # fmt: skip
    assert at_rest(now(state)) == people
    assert at_rest(now(state, reported=True)) == (state in RESTING)


def test_another_reason_is_another_standing() -> None:
    follower = Follower()
    list(follower.events(now(RunState.QUEUED, total=0), at=0))
    (state,) = follower.events(now(RunState.QUEUED, total=0, detail="waits for run_0"), at=1)
    assert (state.type, state.data["detail"]) == (STATE, "waits for run_0")


def test_counts_begin_anew_with_each_phase_and_only_then() -> None:
    follower = Follower()
    list(follower.events(now(RunState.FETCHING, done=50), at=0))
    assert (
        told(follower.events(now(RunState.FETCHING, done=40, total=101), at=1), COUNTS)[0]["done"]
        == 50
    )
    assert told(follower.events(now(RunState.PLANNING, total=0), at=2), COUNTS) == []
    assert told(follower.events(now(done=3), at=3), COUNTS)[0]["done"] == 3


def test_actions_that_wait_for_approval_are_not_people_that_were_read() -> None:
    follower = Follower()
    list(follower.events(now(RunState.FETCHING, done=300, total=306), at=0))
    (counts,) = told(follower.events(now(RunState.AWAITING_APPROVAL, total=32), at=1), COUNTS)
    assert (counts["done"], counts["total"]) == (0, 32)


def test_the_rate_is_that_of_the_last_seconds_and_tells_what_is_left() -> None:
    follower = Follower()
    given_ = [(0.0, 0), (SHORTEST_S - 0.1, 1), (SHORTEST_S, 2), (10.0, 20), (30.0, 60), (40.0, 80)]
    counts = [told(follower.events(now(done=d, total=200), at=at), COUNTS)[0] for at, d in given_]
    assert [c["rate_per_s"] for c in counts] == [None, None, "2.0", "2.0", None, "2.0"]
    assert [c["eta_s"] for c in counts] == [None, None, 99, 90, None, 60]
    assert 30 - 10 > RATE_S > 40 - 30


def test_a_rate_of_nothing_promises_no_end() -> None:
    follower = Follower()
    list(follower.events(now(done=5), at=0))
    (counts,) = told(follower.events(now(done=5, total=101), at=5), COUNTS)
    assert (counts["rate_per_s"], counts["eta_s"]) == ("0.0", None)


def test_errors_are_told_once_whatever_order_their_transactions_end_in() -> None:
    follower = Follower()
    first = list(follower.events(now(errors=errors(5)), at=0))
    late = list(follower.events(now(errors=errors(4, 5)), at=1))
    again = list(follower.events(now(errors=errors(4, 5)), at=2))
    assert (failed(first), failed(late), failed(again)) == (["E5"], ["E4"], [])


def test_an_action_that_fails_once_more_after_a_retry_is_told_once_more() -> None:
    follower = Follower()
    list(follower.events(now(errors=errors(5)), at=0))
    assert failed(follower.events(now(errors=[error(5, second=60)]), at=1)) == ["E5"]


def test_a_later_follower_goes_on_where_another_broke_off() -> None:
    first = list(Follower().events(now(done=7, errors=errors(1, 2)), at=0))
    resumed = Follower.after(first[-1].id)
    events = list(resumed.events(now(done=9, errors=errors(1, 2, 3)), at=100))
    assert failed(events) == ["E3"]
    assert told(events, COUNTS)[0]["done"] == 9
    assert numbers([*first, *events]) == list(range(1, len(first) + len(events) + 1))


def test_who_saw_only_what_came_before_an_error_is_told_of_it() -> None:
    first = list(Follower().events(now(errors=errors(1)), at=0))
    before = first[[event.type for event in first].index(ERROR) - 1]
    resumed = Follower.after(before.id)
    assert failed(resumed.events(now(errors=errors(1)), at=1)) == ["E1"]


@pytest.mark.parametrize(
    "id_", [None, "", "7", "-", "x-1", "1-x", "-1-2", "1-2-3", "٣-1", "1" * 5000 + "-1"]
)
def test_what_is_no_id_of_ours_begins_anew(id_: str | None) -> None:
    assert failed(Follower.after(id_).events(now(errors=errors(1)), at=0)) == ["E1"]


steps = st.lists(
    st.tuples(st.integers(0, 3), st.sets(st.integers(1, 9)), st.booleans()), max_size=12
)


@given(steps)
def test_with_breaks_anywhere_each_error_is_told_once_and_nothing_goes_back(
    steps: list[tuple[int, set[int], bool]],
) -> None:
    """Errors come in the order of their times here; what comes late over a break may be missed."""
    follower, seen, done, newest = Follower(), list[Event](), 0, 0
    for at, (more, new, breaks) in enumerate(steps):
        done, newest = done + more, newest + len(new)
        seen += follower.events(now(done=done, errors=errors(*range(1, newest + 1))), at=at)
        if breaks and seen:
            follower = Follower.after(seen[-1].id)
    assert failed(seen) == [f"E{number}" for number in range(1, newest + 1)]
    assert numbers(seen) == sorted(set(numbers(seen)))
    counts = [data["done"] for data in told(seen, COUNTS)]
    assert counts == sorted(counts)
