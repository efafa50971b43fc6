"""Documents: times in UTC, pages that lead on, rows without what stands in them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.domain.action import HeldReason
from shared.domain.violation import Violation
from shared.pipeline.documents import facets_document, moment, page_document, row_document
from shared.ports.views import Facet, FacetCount, Page, RowView

PACIFIC = timezone(timedelta(hours=-8))


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (None, None),
        (datetime(2026, 11, 20, 18, 0, tzinfo=UTC), "2026-11-20T18:00:00.000Z"),
        (datetime(2026, 11, 20, 18, 0, 0, 123_999, PACIFIC), "2026-11-21T02:00:00.123Z"),
    ],
)
def test_a_moment_is_said_in_utc_to_the_millisecond(at: datetime | None, said: str | None) -> None:
    assert moment(at) == said


@pytest.mark.parametrize(("has_more", "next_"), [(True, "7"), (False, None)])
def test_a_page_names_where_the_next_begins_if_there_is_one(
    has_more: bool, next_: str | None
) -> None:
    page = Page(items=[3, 7], has_more=has_more, total=9)
    assert page_document(page, lambda row: {"row": row}, key="row") == {
        "data": [{"row": 3}, {"row": 7}], "has_more": has_more, "next": next_, "total": 9,
    }  # fmt: skip


def test_a_row_that_was_not_taken_lists_each_fault_with_its_class() -> None:
    faults = [Violation("width", None, "31 fields, not 30"), Violation("gone_code", "email", "…")]
    row = RowView(
        row=3, line=4, last_line=5, employee_id=None, outcome="quarantined", violations=faults
    )
    document = row_document(row, "staff.csv")
    common = {"file": "staff.csv", "row": 3, "line": 4, "severity": "error"}
    assert document["errors"] == [
        {**common, "column": None, "code": "width", "class": "integrity", "detail": "31 fields, not 30"},
        {**common, "column": "email", "code": "gone_code", "class": None, "detail": "…"},
    ]  # fmt: skip
    assert (document["outcome"], document["employee_id"]) == ("quarantined", None)


def test_a_held_row_says_why() -> None:
    row = RowView(
        row=3, line=4, last_line=4, employee_id="E1", outcome="held",
        hold=HeldReason.UNMAPPED_SITE, hold_detail="site '093' is not in the mapping",
    )  # fmt: skip
    document = row_document(row, None)
    assert (document["hold"], document["detail"]) == (
        "unmapped_site", "site '093' is not in the mapping",
    )  # fmt: skip
    assert document["errors"] == []


def test_facets_are_named_as_the_filters_are() -> None:
    counts = [FacetCount(value="401", count=3, name="Lincoln High")]
    assert facets_document({Facet.GROUP: counts, Facet.MARK: []}) == {
        "group": [{"value": "401", "name": "Lincoln High", "count": 3}], "mark": [],
    }  # fmt: skip
