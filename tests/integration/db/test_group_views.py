"""Groups of a plan's actions: the database counts what the domain calls identical, in pages."""

from collections import Counter
from collections.abc import Callable, Iterable

import pytest

from shared.domain.action import Action, Change, HeldReason, Kind, Mark, ordered
from shared.domain.errors import NotFound
from shared.domain.identical import identical_parts
from shared.ports.plans import ActionFilter
from shared.ports.views import ActionGroup as Group
from shared.ports.views import GroupBy, Page, PageOf
from tests.fakes.database import Database
from tests.fakes.people import an_action

PLAN = "pln_run_1"
TITLE = Change(path="buckets.7", before=50, after=51, before_name="Tchr", after_name="Teacher")
WORDS = Change(path="last_name", before="O\u2028'B\"ri\\en\t\x7f €𝄞", after="\x1f Zoë")
ANY = ActionFilter()
#: By what the domain's own code says.
PARTS: dict[GroupBy, Callable[[Action], Iterable[str]]] = {
    GroupBy.CHANGE: lambda action: list(dict(identical_parts(action))),
    GroupBy.SITE: lambda action: [action.site] if action.site else [],
    GroupBy.ACTION: lambda action: [action.kind.value],
    GroupBy.FIELD: lambda action: [change.path for change in action.changes],
    GroupBy.MARK: lambda action: [mark.value for mark in action.marks],
    GroupBy.PERSON: lambda action: [action.person_key],
}


def actions() -> list[Action]:
    """Sixty people get one title, some another change or a group with it."""
    made = []
    for number in range(60):
        key, site = f"E{number:02}", (None, "010", 'q"0,')[number % 3]
        own = Change(path="email", before=f"a{number}@x.example", after=f"b{number}@x.example")
        held = Change(
            path="buckets.8", before=None, after=None, hold=HeldReason.UNMAPPED_BUCKET_VALUE
        )
        changes = (
            TITLE,
            *([own, WORDS] if number % 20 == 0 else []),
            *([held] if number % 3 else []),
        )
        hold = HeldReason.GATE if number < 10 else None
        marks = (Mark.EMAIL_CHANGED, Mark.WEAK_MATCH) if number % 20 == 0 else ()
        made.append(an_action(Kind.UPDATE, key, changes=changes, site=site, hold=hold, marks=marks))
        if number % 2:
            made.append(an_action(Kind.JOIN, key, group_id=401 + number % 4, site=site))
    added = Change(path="email", before=None, after="new@x.example")
    made += [an_action(Kind.ADD, f"N{n}", ascip_id=None, changes=(added,)) for n in range(3)]
    return ordered(made)


@pytest.fixture
def stored(save_plan: Callable[..., object], run_id: str) -> list[Action]:
    """They as a plan."""
    save_plan(run_id, actions=actions(), approved=False)
    return actions()


def page_of(
    database: Database, by: GroupBy, page: PageOf, wanted: ActionFilter = ANY
) -> Page[Group]:
    with database.transactions.begin() as uow:
        return uow.views.groups(PLAN, by, wanted, page)


@pytest.mark.parametrize("by", GroupBy)
def test_pages_hold_every_group_once_largest_first(
    database: Database, stored: list[Action], by: GroupBy
) -> None:
    expected: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for action in stored:
        expected.update(PARTS[by](action))
        held.update(PARTS[by](action) if action.hold else ())
    found: list[Group] = []
    while True:
        page = page_of(database, by, PageOf(after=found[-1].key if found else None, limit=2))
        found += page.items
        assert page.total == len(expected)
        if not page.has_more:
            break
    assert [(g.key, g.count) for g in found] == sorted(
        expected.items(), key=lambda p: (-p[1], p[0])
    )
    assert {g.key: g.held for g in found} == {key: held[key] for key in expected}
    for group in found:
        assert group.first == next(a for a in stored if group.key in PARTS[by](a))


def test_identical_changes_are_one_group_that_a_filter_opens(
    database: Database, stored: list[Action]
) -> None:
    largest = page_of(database, GroupBy.CHANGE, PageOf(limit=1)).items[0]
    assert (largest.change, largest.count, largest.held) == (TITLE, 60, 10)
    with database.transactions.begin() as uow:
        opened = list(uow.plans.actions(PLAN, ActionFilter(changes=[largest.key])))
    assert [a.action for a in opened] == [a for a in stored if TITLE in a.changes]


def test_a_filter_narrows_what_is_grouped(database: Database, stored: list[Action]) -> None:
    wanted = ActionFilter(kinds=[Kind.JOIN], sites=["010"])
    page = page_of(database, GroupBy.CHANGE, PageOf(), wanted)
    fit = Counter(a.group_id for a in stored if a.kind is Kind.JOIN and a.site == "010")
    assert {g.first.group_id: g.count for g in page.items} == fit
    assert all(g.change is None for g in page.items)


def test_a_cursor_that_is_no_group_is_refused(database: Database, stored: list[Action]) -> None:
    with pytest.raises(NotFound, match="no such group"):
        page_of(database, GroupBy.SITE, PageOf(after="999"))
    assert stored


def test_an_update_with_an_escaped_nul_is_passed_over(
    database: Database, stored: list[Action]
) -> None:
    database.change(
        r"UPDATE action SET body = replace(body, '\\en', '\u0000') WHERE person_key = 'E20'"
    )
    by_change = page_of(database, GroupBy.CHANGE, PageOf(limit=1)).items[0]
    by_field = page_of(database, GroupBy.FIELD, PageOf(limit=1)).items[0]
    assert (by_change.count, by_field.count) == (59, 60)
    assert stored
