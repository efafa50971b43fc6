"""Every row and every action is accounted for, or the books say by how much they are off."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.action import ActionStatus
from shared.domain.books import ROW_OUTCOMES, RowsAlike, keep_books, row_outcome, worst
from shared.domain.errors import BooksUnbalanced

READ = {"rows_in": 9, "blank": 1, "duplicate": 2, "excluded": 1, "quarantined": 2}
ROWS = [
    RowsAlike("unchanged", ()),
    RowsAlike("pending", (ActionStatus.SUCCEEDED, ActionStatus.FAILED)),
    RowsAlike("pending", (ActionStatus.SUCCEEDED,)),
]
STATUSES = {ActionStatus.SUCCEEDED: 2, ActionStatus.FAILED: 1}


def test_rows_end_in_one_of_the_words_of_the_contract_from_best_to_worst() -> None:
    assert list(ROW_OUTCOMES) == [
        "blank", "duplicate", "excluded", "quarantined", "held", "unchanged", "pending",
        "not_approved", "applied", "conflict", "failed", "not_attempted",
    ]  # fmt: skip


@pytest.mark.parametrize(("better", "worse"), list(pairwise(ROW_OUTCOMES)))
def test_the_worse_of_two_outcomes_counts(better: str, worse: str) -> None:
    assert worst([better, worse]) == worst([worse, better]) == worse


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (ActionStatus.PLANNED, "pending"),
        (ActionStatus.HELD, "held"),
        (ActionStatus.NOT_APPROVED, "not_approved"),
        (ActionStatus.ATTEMPTING, "pending"),
        (ActionStatus.SUCCEEDED, "applied"),
        (ActionStatus.CONFLICT, "conflict"),
        (ActionStatus.FAILED, "failed"),
        (ActionStatus.UNKNOWN, "failed"),
        (ActionStatus.NOT_ATTEMPTED, "not_attempted"),
    ],
)
def test_a_row_with_one_action_is_what_the_action_is(status: ActionStatus, outcome: str) -> None:
    assert row_outcome([status], disposition="pending") == outcome


def test_a_row_with_several_actions_takes_the_worst() -> None:
    statuses = [ActionStatus.SUCCEEDED, ActionStatus.CONFLICT, ActionStatus.HELD]
    assert row_outcome(statuses, disposition="pending") == "conflict"


@pytest.mark.parametrize("disposition", ["unchanged", "held", "pending"])
def test_a_row_without_actions_is_what_the_plan_made_of_it(disposition: str) -> None:
    assert row_outcome([], disposition=disposition) == disposition


def test_books_balance_when_every_row_and_action_is_counted_once() -> None:
    books = keep_books(read=READ, rows=ROWS, statuses=STATUSES, planned=3)
    books.require_balance()
    assert books.to_json() == {
        "rows_in": 9,
        "rows": dict.fromkeys(ROW_OUTCOMES, 0)
        | {"blank": 1, "duplicate": 2, "excluded": 1, "quarantined": 2, "unchanged": 1,
           "failed": 1, "applied": 1},
        "planned": 3,
        "actions": {s.value: 0 for s in ActionStatus} | {"succeeded": 2, "failed": 1},
        "balanced": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("read", "planned", "words"),
    [
        (READ | {"rows_in": 10}, 3, "10 rows came in, 9 are accounted for"),
        (READ | {"blank": 2}, 3, "9 rows came in, 10 are accounted for"),
        (READ, 4, "4 actions were planned, 3 are accounted for"),
        (READ, 2, "2 actions were planned, 3 are accounted for"),
    ],
)
def test_books_that_do_not_balance_say_by_how_much(
    read: dict[str, int], planned: int, words: str
) -> None:
    books = keep_books(read=read, rows=ROWS, statuses=STATUSES, planned=planned)
    assert not books.balanced
    assert books.to_json()["balanced"] is False
    with pytest.raises(BooksUnbalanced, match=words) as raised:
        books.require_balance()
    assert raised.value.code == "books_unbalanced"


@given(
    st.fixed_dictionaries(dict.fromkeys(READ, st.integers(0, 50))),
    st.lists(
        st.tuples(
            st.sampled_from(["unchanged", "held", "pending"]),
            st.lists(st.sampled_from(ActionStatus), max_size=4).map(tuple),
        )
    ),
)
def test_no_row_is_lost_or_counted_twice(
    read: dict[str, int], rows: list[tuple[str, tuple[ActionStatus, ...]]]
) -> None:
    read["rows_in"] = len(rows) + sum(count for name, count in read.items() if name != "rows_in")
    alike = [RowsAlike(*row) for row in rows]
    assert keep_books(read=read, rows=alike, statuses={}, planned=0).balanced
