"""What the look back on shadow mode says, sentence by sentence."""

from datetime import UTC, date, datetime

import pytest

from shared.domain.shadow import Returned, ShadowedExtract, ShadowReview

DAY = date(2026, 11, 3)


def an_extract(naive: int = 0) -> ShadowedExtract:
    return ShadowedExtract(
        run_id="run_1", plan_id="pln_1", file="staff.csv", as_of=DAY, rows=30, quarantined=1,
        planned_at=datetime(2026, 11, 3, 12, tzinfo=UTC), kinds={"add": 2, "deactivate": naive},
        held=0, tripped=("removals",), naive_removals=naive,
    )  # fmt: skip


def back(key: str, *, held: bool) -> Returned:
    return Returned(
        person_key=key, email_masked="p***@x.example", removed_on=DAY, returned_on=DAY, held=held
    )


def test_without_extracts_there_is_nothing_to_say() -> None:
    assert ShadowReview(days=1).verdict == [
        "No extract was planned in shadow mode in the last day."
    ]
    assert ShadowReview(days=14).newest is None
    assert ShadowReview(days=14, not_planned=3).verdict[1:] == [
        "3 could not be planned; `ascip-sync runs` says why."
    ]


def test_where_nobody_would_have_left_it_says_so() -> None:
    assert ShadowReview(days=14, extracts=[an_extract()], not_planned=2).verdict == [
        "1 extract was planned in shadow mode in the last 14 days; nothing was written.",
        "2 could not be planned; `ascip-sync runs` says why.",
        "Nobody would have been removed.",
        "A naive sync would have removed nobody either.",
    ]


WRONG = "1 of them stood in a later extract: removing them would have been wrong"


@pytest.mark.parametrize(
    ("returned", "ending"),
    [
        ([], "None of them stood in a later extract."),
        ([back("E1", held=False)], f"{WRONG}."),
        ([back("E1", held=True)], f"{WRONG}; held was the removal of 1."),
    ],
)
def test_removals_that_would_have_been_wrong_are_counted(
    returned: list[Returned], ending: str
) -> None:
    seen = ShadowReview(
        days=14, extracts=[an_extract(3), an_extract(1)], removed=1, returned=returned
    )
    assert seen.verdict[1:] == [
        "Applied as planned they would have removed 1 person; no removal was held.",
        ending,
        "A naive sync would have removed up to 3 people with a single extract.",
    ]


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (270, "nobody; the removal of 270 people was held."),
        (269, "1 person; the removal of 269 people was held."),
        (1, "269 people; the removal of 1 person was held."),
    ],
)
def test_a_removal_that_every_plan_held_is_not_told_as_made(held: int, told: str) -> None:
    seen = ShadowReview(days=14, extracts=[an_extract(270)], removed=270, removals_held=held)
    assert seen.verdict[1] == f"Applied as planned they would have removed {told}"
