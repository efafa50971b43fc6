"""The states of a quarantined record: every move, who acts next, keys, due dates."""

from dataclasses import replace
from datetime import date

import pytest

from shared.domain.remediation import (
    OPEN,
    Earlier,
    QuarantineEvent,
    QuarantineState,
    SetAside,
    after,
    due_on,
    is_overdue,
    needs_attesting,
    next_after,
    quarantine_key,
    state_when_opened,
)
from shared.domain.violation import Violation
from tests.fakes.lab_feed import LAB

_S, _E = QuarantineState, QuarantineEvent

#: Event → state before → state after; every other pair is refused.
MOVES: dict[QuarantineEvent, dict[QuarantineState, QuarantineState]] = {
    _E.OPENED: {},
    _E.ASSIGNED: {
        _S.NEW: _S.ASSIGNED, _S.REGRESSED: _S.ASSIGNED, _S.ASSIGNED: _S.ASSIGNED,
        _S.WAITING_ON_SOURCE: _S.WAITING_ON_SOURCE, _S.RESUBMITTED: _S.RESUBMITTED,
    },
    _E.COMMENTED: {state: state for state in _S},
    _E.NOTIFIED: dict.fromkeys(
        (_S.NEW, _S.REGRESSED, _S.ASSIGNED, _S.WAITING_ON_SOURCE), _S.WAITING_ON_SOURCE
    ),
    _E.MAIL_SUBMITTED: {state: state for state in _S},
    _E.MAIL_FAILED: {state: state for state in _S},
    _E.ATTESTED: {
        state: state for state in (_S.NEW, _S.REGRESSED, _S.ASSIGNED, _S.WAITING_ON_SOURCE)
    },
    _E.RESUBMITTED: dict.fromkeys(OPEN, _S.RESUBMITTED),
    _E.RETURNED: {},
    _E.RESOLVED: dict.fromkeys(OPEN, _S.RESOLVED),
    _E.CLOSED: dict.fromkeys(OPEN, _S.CLOSED),
    _E.SUPERSEDED: dict.fromkeys(OPEN, _S.CLOSED),
    _E.OVERDUE: {state: state for state in OPEN},
}  # fmt: skip


@pytest.mark.parametrize("state", list(_S))
@pytest.mark.parametrize("event", list(_E))
def test_a_record_moves_as_the_table_says_and_no_other_way(
    state: QuarantineState, event: QuarantineEvent
) -> None:
    assert after(state, event) is MOVES[event].get(state)


@pytest.mark.parametrize("before", [*_S, None])
@pytest.mark.parametrize("state", list(_S))
def test_what_was_sent_in_in_vain_goes_back_to_what_it_was(
    state: QuarantineState, before: QuarantineState | None
) -> None:
    fits = state is _S.RESUBMITTED and before in OPEN - {_S.RESUBMITTED}
    assert after(state, _E.RETURNED, before) is (before if fits else None)


def test_somebody_acts_next_as_long_as_a_record_is_open() -> None:
    waits = {state for state in _S if next_after(state).actor != "nobody"}
    assert waits == OPEN


def test_a_record_is_overdue_the_day_after_it_is_due() -> None:
    due = due_on(date(2026, 11, 20), 14)
    assert due == date(2026, 12, 4)
    assert not is_overdue(_S.NEW, due, due)
    assert is_overdue(_S.NEW, due, date(2026, 12, 5))
    assert not is_overdue(_S.RESOLVED, due, date(2026, 12, 5))


def bad(*codes: str, source_id: str | None = "T1", **values: str) -> SetAside:
    return SetAside(
        row=1, line=2, last_line=2, source_id=source_id, values=values, payload_hash=None,
        violations=[Violation(code, None, "") for code in codes],
    )  # fmt: skip


def before(state: QuarantineState, *codes: str, upload_id: str = "upl_1") -> Earlier:
    return Earlier(
        id="qua_1", state=state, idempotency_key="k", owner=None, due_on=date(2026, 12, 4),
        upload_id=upload_id, codes=frozenset(codes),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("earlier", "state"),
    [
        (None, _S.NEW),
        (before(_S.ASSIGNED, "B"), _S.NEW),
        (before(_S.ASSIGNED, "A", "B"), _S.REGRESSED),
        (before(_S.RESOLVED, "A"), _S.REGRESSED),
        (before(_S.CLOSED, "A"), _S.REGRESSED),
        (before(_S.WAITING_ON_SOURCE, "A", upload_id="upl_2"), _S.WAITING_ON_SOURCE),
        (before(_S.RESUBMITTED, "A", upload_id="upl_2"), _S.REGRESSED),
        (before(_S.RESOLVED, "A", upload_id="upl_2"), _S.REGRESSED),
    ],
)
def test_who_comes_back_with_the_same_code_has_regressed(
    earlier: Earlier | None, state: QuarantineState
) -> None:
    assert state_when_opened(["A"], earlier, "upl_2") is state


def test_the_key_covers_feed_source_id_the_record_before_and_what_is_written() -> None:
    one = bad("A", count="0")
    keys = {
        quarantine_key("lab", one, None), quarantine_key("lab", one, "k"),
        quarantine_key("other", one, None), quarantine_key("lab", replace(one, values={}), None),
        quarantine_key("lab", replace(one, source_id=None), None),
    }  # fmt: skip
    assert len(keys) == 5
    assert quarantine_key("lab", replace(one, row=7), None) in keys, "not where it stands"
    assert len(quarantine_key("lab", bad("A", count="\ud800"), None)) == 64


def test_a_row_without_a_source_id_is_known_by_all_it_says() -> None:
    one = bad("A", source_id=None, count="0")
    assert one.known_by == replace(one, row=9).known_by != bad("A", source_id=None).known_by
    assert bad("A").known_by == "T1"


def test_only_rules_that_say_so_are_for_people_to_confirm() -> None:
    codes = ["LAB-MANY", "LAB-ROOM", "LAB-COUNT", "invalid_number"]
    assert needs_attesting(LAB, codes) == (["LAB-MANY"], ["LAB-COUNT", "invalid_number"])
