"""Rows in pages: what became of each is what the books say, and no value of a bad one is shown."""

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from shared.domain.action import ActionStatus, HeldReason, Kind
from shared.domain.books import row_outcome
from shared.domain.errors import NotFound
from shared.domain.held_rows import HeldRow
from shared.domain.plan import Disposition
from shared.domain.violation import Violation
from shared.ports.extracts import QuarantineEntry
from shared.ports.views import Page, PageOf, RowFilter, RowView
from tests.fakes.database import Database
from tests.fakes.people import a_record, an_action
from tests.integration.db.conftest import make_plan

PLAN, ROWS, BAD = "pln_run_1", 90, (7, 8, 40, 91)


@pytest.fixture
def expected(database: Database, run_id: str) -> dict[int, str]:
    """A run with rows of all sorts; row → what the books count it as."""
    chance = random.Random(5)
    good = [row for row in range(1, ROWS + 1) if row not in BAD]
    kinds = (Kind.ADD, Kind.UPDATE, Kind.REACTIVATE)
    actions = [
        an_action(kind, f"E{row}", source_row=row)
        for row in good for kind in chance.sample(kinds, chance.randint(0, 3))
    ]  # fmt: skip
    statuses = {action.id: chance.choice(list(ActionStatus)) for action in actions}
    dispositions = {row: chance.choice(list(Disposition)) for row in good}
    held = HeldRow(
        row=1, line=2, person_key="E1", reason=HeldReason.UNMAPPED_SITE, detail="site '093' …"
    )
    with database.transactions.begin() as uow:
        uow.extracts.add_records(run_id, map(a_record, good))
        uow.extracts.set_dispositions(run_id, dispositions, {}, [held], match_rules={})
        uow.extracts.add_quarantine(run_id, "staff", map(_bad, BAD))
        uow.snapshots.start("snp", run_id, "ascip")
        uow.plans.save(
            make_plan(actions), plan_id=PLAN, run_id=run_id, snapshot_id="snp", ttl_h=72, facts={}
        )
        uow.plans.set_statuses(PLAN, statuses)
    of_row: dict[int, list[ActionStatus]] = {row: [] for row in good}
    for action in actions:
        assert action.source_row
        of_row[action.source_row].append(statuses[action.id])
    outcomes = {row: row_outcome(of_row[row], disposition=dispositions[row]) for row in good}
    return dict(sorted((outcomes | dict.fromkeys(BAD, "quarantined")).items()))


def _bad(row: int) -> QuarantineEntry:
    faults = [Violation("width", None, "31 fields, not 30"), Violation("empty", "last_name", "…")]
    return QuarantineEntry(
        id=f"qua_{row}", row=row, line=row + 1, last_line=row + 3,
        source_id=f"E{row}" if row == 8 else None, violations=faults[: 1 + row % 2],
    )  # fmt: skip


def rows(database: Database, wanted: RowFilter, page: PageOf) -> Page[RowView]:
    with database.transactions.begin() as uow:
        return uow.views.rows("run_1", wanted, page)


def walk(database: Database, wanted: RowFilter, limit: int) -> Iterator[Page[RowView]]:
    after, more = None, True
    while more:
        page = rows(database, wanted, PageOf(after=after, limit=limit))
        yield page
        more = page.has_more
        after = str(page.items[-1].row) if page.items else None


@pytest.mark.parametrize("limit", [1, 10, 91, 500])
@pytest.mark.parametrize(
    "outcomes", [(), ("quarantined",), ("applied", "failed", "quarantined"), ("blank",)]
)
def test_walking_the_pages_gives_each_row_that_fits_once_with_what_became_of_it(
    database: Database, expected: dict[int, str], outcomes: tuple[str, ...], limit: int
) -> None:
    pages = list(walk(database, RowFilter(outcomes=outcomes), limit))
    found = [(item.row, item.outcome) for page in pages for item in page.items]
    fitting = [(r, o) for r, o in expected.items() if not outcomes or o in outcomes]
    assert found == fitting
    assert {page.total for page in pages} == {len(fitting)}
    assert len(pages) == max(1, -(-len(fitting) // limit))


def test_the_rows_make_up_the_books(database: Database, expected: dict[int, str]) -> None:
    with database.transactions.begin() as uow:
        kept: Counter[str] = Counter()
        for disposition, statuses, rows in uow.extracts.row_outcomes("run_1", PLAN):
            kept[row_outcome(statuses, disposition=disposition)] += rows
        listed = uow.views.rows("run_1", RowFilter(), PageOf(limit=500)).items
    assert Counter(item.outcome for item in listed) == kept + Counter(quarantined=len(BAD))
    assert len(set(expected.values())) > 7, "rows of nearly all sorts"


def test_a_row_that_was_not_taken_shows_every_fault_and_a_trustworthy_id_only(
    database: Database, expected: dict[int, str]
) -> None:
    seven, eight, *_ = rows(database, RowFilter(outcomes=["quarantined"]), PageOf()).items
    assert (seven.row, seven.line, seven.last_line, seven.employee_id) == (7, 8, 10, None)
    assert [(v.code, v.column) for v in seven.violations] == [
        ("width", None),
        ("empty", "last_name"),
    ]
    assert (eight.employee_id, len(eight.violations)) == ("E8", 1)
    assert expected


def test_a_code_is_that_of_a_fault_or_of_a_hold(
    database: Database, expected: dict[int, str]
) -> None:
    def found(*codes: str) -> list[int]:
        return [item.row for item in rows(database, RowFilter(codes=codes), PageOf()).items]

    assert found("width") == [*BAD]
    assert found("empty") == [7, 91]
    assert found("unmapped_site") == [1]
    assert found("unmapped_site", "empty") == [1, 7, 91]
    held = rows(database, RowFilter(codes=["unmapped_site"]), PageOf()).items[0]
    assert (held.hold, held.hold_detail) == (HeldReason.UNMAPPED_SITE, "site '093' …")
    assert expected


def test_a_held_action_says_why_its_row_waits(database: Database, run_id: str) -> None:
    held = an_action(Kind.ADD, "E1", source_row=1, hold=HeldReason.GATE)
    with database.transactions.begin() as uow:
        uow.extracts.add_records(run_id, [a_record(1)])
        uow.snapshots.start("snp", run_id, "ascip")
        uow.plans.save(
            make_plan([held]), plan_id=PLAN, run_id=run_id, snapshot_id="snp", ttl_h=72, facts={}
        )
    (row,) = rows(database, RowFilter(), PageOf()).items
    assert (row.outcome, row.hold) == ("held", HeldReason.GATE)


def test_a_person_is_found_in_any_case(database: Database, expected: dict[int, str]) -> None:
    wanted = RowFilter(people=["e8", "E2", "nobody"])
    assert [item.row for item in rows(database, wanted, PageOf()).items] == [2, 8]
    assert expected


def test_before_there_is_a_plan_accepted_rows_are_pending(database: Database, run_id: str) -> None:
    with database.transactions.begin() as uow:
        uow.extracts.add_records(run_id, [a_record(1)])
    assert [item.outcome for item in rows(database, RowFilter(), PageOf()).items] == ["pending"]


@pytest.mark.parametrize("after", ["act_1", "", "-1", "٣", "9" * 19])
def test_a_cursor_that_is_no_row_is_refused(database: Database, run_id: str, after: str) -> None:
    with pytest.raises(NotFound, match="go on after"):
        rows(database, RowFilter(), PageOf(after=after))
    assert run_id
