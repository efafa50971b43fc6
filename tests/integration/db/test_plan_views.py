"""Pages give exactly what the filter lets through, once, in order; facets and errors count the same."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.action import (
    Action,
    ActionClass,
    ActionStatus,
    Change,
    HeldReason,
    Kind,
    Mark,
    ordered,
)
from shared.domain.errors import NotFound
from shared.domain.identical import identical_parts
from shared.pipeline.look import searched
from shared.ports.plans import ActionFilter, StoredAction
from shared.ports.target import Outcome, OutcomeStatus
from shared.ports.views import ActionSort, Facet, FacetCount, Page, PageOf
from tests.fakes.database import Database
from tests.fakes.people import a_person, a_record, an_action
from tests.integration.db.conftest import make_plan

PLAN, SNAPSHOT = "pln_run_1", "snp_run_1"
COUNT = 80
SITES, GROUPS, FIELDS = ("010", "020", "0,{}\"'"), (401, 402), ("email", "last_name", "buckets.7")
FIRST, LAST = ("Zoë", "Ann", "Per%cent", "Under_score"), ("García Núñez", "Lee", 'O"Neil\\')
ANY = ActionFilter()


def some_actions(seed: int) -> list[Action]:
    """Actions of every kind with few values, so that filters meet them often."""
    chance = random.Random(seed)
    kinds = [kind for kind in Kind if kind is not Kind.RETIRE]

    def one(number: int) -> Action:
        kind = chance.choice(kinds)
        member = kind in (Kind.JOIN, Kind.LEAVE)
        paths = [] if member else chance.sample(FIELDS, chance.randint(0, 3))
        return an_action(
            kind, f"E{number // 2}", ascip_id=None if kind is Kind.ADD else number // 2 + 1,
            group_id=chance.choice(GROUPS) if member else None,
            changes=tuple(Change(path=p, before="a", after="b") for p in sorted(paths)),
            marks=tuple(sorted(chance.sample(list(Mark), chance.randint(0, 2)))),
            hold=chance.choice([None, None, HeldReason.GATE, HeldReason.KEY_CYCLE]),
            site=chance.choice([None, *SITES]), email_masked=f"{chance.choice('abz')}***@x.example",
            source_row=None if kind is Kind.DEACTIVATE else number // 2 + 1,
        )  # fmt: skip

    made = {action.id: action for action in map(one, range(COUNT))}
    return ordered(made.values())


def name_of(number: int) -> tuple[str, str]:
    return FIRST[number % len(FIRST)], LAST[number % len(LAST)]


@pytest.fixture
def actions(database: Database, run_id: str) -> list[StoredAction]:
    """A stored plan, with the rows and people it was made from."""
    plan = make_plan(some_actions(7))
    with database.transactions.begin() as uow:
        uow.snapshots.start(SNAPSHOT, run_id, "ascip")
        uow.plans.save(
            plan, plan_id=PLAN, run_id=run_id, snapshot_id=SNAPSHOT, ttl_h=72,
            facts={"buckets": {"7": "Job Class"}},
        )  # fmt: skip
        rows, ids = range(1, COUNT // 2 + 2), range(1, COUNT // 2 + 2)
        named = {n: dict(zip(("first_name", "last_name"), name_of(n), strict=True)) for n in ids}
        uow.extracts.add_records(run_id, (a_record(row, **named[row]) for row in rows))
        uow.snapshots.add_people(
            SNAPSHOT, (a_person(id_, **named[id_], email=f"Old{id_}@x.example") for id_ in ids)
        )
        uow.snapshots.add_missing(SNAPSHOT, {999: "timeout"})
    database.change(
        "INSERT INTO snapshot_group (snapshot_id, group_id, name, member_ids)"
        " VALUES (:snapshot, 401, 'Lincoln High', '{}')", snapshot=SNAPSHOT,
    )  # fmt: skip
    return read(database)


def read(database: Database) -> list[StoredAction]:
    with database.transactions.begin() as uow:
        return list(uow.plans.actions(PLAN, ANY))


def page_of(
    database: Database, wanted: ActionFilter, page: PageOf, sort: ActionSort = ActionSort.POSITION
) -> Page[StoredAction]:
    with database.transactions.begin() as uow:
        return uow.views.actions(PLAN, wanted, page, sort=sort)


def walk(
    database: Database, wanted: ActionFilter, sort: ActionSort, limit: int,
    between: Callable[[], object] = lambda: None,
) -> Iterator[Page[StoredAction]]:  # fmt: skip
    """Every page; something may happen after each."""
    after = None
    while True:
        page = page_of(database, wanted, PageOf(after=after, limit=limit), sort)
        yield page
        if not page.has_more:
            return
        between()
        after = page.items[-1].action.id


def fits(stored: StoredAction, wanted: ActionFilter) -> bool:
    """What the filter means, said once more in Python."""
    action = stored.action
    one_of: list[tuple[object, Sequence[object]]] = [
        (action.kind, wanted.kinds), (action.action_class, wanted.classes),
        (stored.status, wanted.statuses), (action.hold, wanted.holds), (action.site, wanted.sites),
        (action.group_id, wanted.groups), (action.person_key, wanted.people),
    ]  # fmt: skip
    return (
        all(value in words for value, words in one_of if words)
        and (
            not wanted.rows
            or action.source_row in wanted.rows
            # Row n of the extract is of En, and their action may name another row.
            or action.person_key in {f"E{row}" for row in wanted.rows}
        )
        and (not wanted.marks or bool({*action.marks} & {*wanted.marks}))
        and (not wanted.changes or bool({*dict(identical_parts(action))} & {*wanted.changes}))
        and (not wanted.fields or bool({c.path for c in action.changes} & {*wanted.fields}))
        and (
            not wanted.text
            or is_named(stored, " ".join(wanted.text.lower().replace(",", " ").split()))
        )
    )


def is_named(stored: StoredAction, text: str) -> bool:
    action = stored.action
    said = [action.person_key, action.email_masked]
    for number in (action.source_row, stored.ascip_id):
        if number:
            first, last = name_of(number)
            said.append(f"{first} {last} {first}")
    whole = [f"p{action.source_row}@lincoln.example"] if action.source_row else []
    whole += [f"old{stored.ascip_id}@x.example"] if stored.ascip_id else []
    return any(text in value.lower() for value in said) or text in whole


def key(stored: StoredAction, sort: ActionSort) -> Any:
    action = stored.action
    match sort:
        case ActionSort.POSITION:
            return 0
        case ActionSort.PERSON:
            return action.person_key
        case ActionSort.RISK:
            risks = (
                action.hold is not None,
                action.action_class is ActionClass.REMOVALS,
                action.action_class is ActionClass.KEY_CHANGES
                or Mark.IDENTITY_CHANGE in action.marks,
                Mark.WEAK_MATCH in action.marks,
                True,
            )
            return risks.index(True)


def some(values: Sequence[Any]) -> st.SearchStrategy[Any]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True)


PARTS = sorted({key for action in some_actions(7) for key, _ in identical_parts(action)})
TEXTS = ("", "e1", "Z***@", "zoë", "LEE", "lee ann", "García núñez, ZOË", "%", "_", 'o"neil\\', "\\",
         "old5@x.example", "old5", "P7@lincoln.example", "x\x00y", "nobody")  # fmt: skip
filters = st.builds(
    ActionFilter, kinds=some(list(Kind)), classes=some(list(ActionClass)),
    statuses=some([ActionStatus.PLANNED, ActionStatus.HELD, ActionStatus.SUCCEEDED]),
    holds=some([HeldReason.GATE, HeldReason.KEY_CYCLE]), marks=some(list(Mark)),
    sites=some([*SITES, "x\x00"]), groups=some([*GROUPS, 2**70]), fields=some([*FIELDS, "id"]),
    changes=some([*PARTS, "0" * 16]), people=some(["E1", "E2", "e2", "'"]),
    rows=some([1, 2, 3, 2**70]), text=st.sampled_from(TEXTS),
)  # fmt: skip
#: Narrow one field at a time as well: with all of them at once hardly anything is left.
lone_filters = st.tuples(filters, st.sampled_from(list(ActionFilter.__slots__))).map(
    lambda drawn: replace(ANY, **{drawn[1]: getattr(drawn[0], drawn[1])})
)
many = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.slow
def test_walking_the_pages_of_any_list_gives_what_fits_once_and_in_order(
    database: Database, actions: list[StoredAction]
) -> None:
    """Sixty lists, each walked from end to end: about 3 s."""

    @many
    @given(lone_filters | filters, st.sampled_from(ActionSort), st.integers(1, 40))
    def holds(wanted: ActionFilter, sort: ActionSort, limit: int) -> None:
        pages = list(walk(database, wanted, sort, limit))
        found = [stored for page in pages for stored in page.items]
        expected = [stored for stored in actions if fits(stored, wanted)]
        assert found == sorted(expected, key=lambda stored: key(stored, sort))
        assert {page.total for page in pages} == {len(expected)}
        assert len(pages) == max(1, -(-len(expected) // limit))

    holds()


def test_a_text_finds_ids_masked_emails_names_and_whole_emails(
    database: Database, actions: list[StoredAction]
) -> None:
    for text in TEXTS:
        wanted = ActionFilter(text=text)
        found = page_of(database, wanted, PageOf(limit=500)).items
        assert found == [stored for stored in actions if fits(stored, wanted)], text


def test_every_filter_and_every_text_finds_something(actions: list[StoredAction]) -> None:
    """So that the walks above don't compare nothing with nothing."""
    alone: dict[str, Sequence[object]] = {
        "kinds": [Kind.JOIN], "classes": [ActionClass.KEY_CHANGES], "marks": [Mark.REHIRE],
        "statuses": [ActionStatus.HELD], "holds": [HeldReason.GATE], "sites": SITES[2:],
        "groups": [401], "fields": ["buckets.7"], "changes": PARTS[:1], "people": ["E2"], "rows": [2],
    }  # fmt: skip
    wanted = [replace(ANY, **{name: values}) for name, values in alone.items()]  # type: ignore[arg-type]  # its fields
    wanted += [
        replace(ANY, text=text) for text in TEXTS if text not in ("x\x00y", "nobody", "old5")
    ]
    for narrowed in wanted:
        assert any(fits(stored, narrowed) for stored in actions), narrowed
    assert {key(stored, ActionSort.RISK) for stored in actions} == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("sort", ActionSort)
def test_statuses_that_change_between_pages_move_nothing(
    database: Database, actions: list[StoredAction], sort: ActionSort
) -> None:
    chance = random.Random(3)

    def change() -> None:
        chosen = chance.sample([stored.action.id for stored in actions], 20)
        with database.transactions.begin() as uow:
            uow.plans.set_statuses(
                PLAN, {id_: chance.choice(list(ActionStatus)) for id_ in chosen}
            )  # fmt: skip

    pages = walk(database, ANY, sort, 7, between=change)
    found = [stored.action.id for page in pages for stored in page.items]
    expected = sorted(actions, key=lambda stored: key(stored, sort))
    assert found == [stored.action.id for stored in expected]


def test_a_cursor_that_no_longer_fits_the_filter_still_leads_on(
    database: Database, actions: list[StoredAction]
) -> None:
    planned = [stored.action.id for stored in actions if stored.status is ActionStatus.PLANNED]
    wanted = ActionFilter(statuses=[ActionStatus.PLANNED])
    with database.transactions.begin() as uow:
        uow.plans.set_statuses(PLAN, dict.fromkeys(planned[:5], ActionStatus.SUCCEEDED))
    page = page_of(database, wanted, PageOf(after=planned[4], limit=3))
    assert [stored.action.id for stored in page.items] == planned[5:8]
    assert page.total == len(planned) - 5


def test_a_cursor_of_another_plan_is_refused(
    database: Database, actions: list[StoredAction]
) -> None:
    with pytest.raises(NotFound, match="act_other"):
        page_of(database, ANY, PageOf(after="act_other"))
    assert actions


def test_a_name_with_an_escaped_nul_is_passed_over(
    database: Database, actions: list[StoredAction]
) -> None:
    database.change(
        r"""UPDATE record SET body = replace(body, '"Lee"', '"Lee\u0000"') WHERE "row" = 4"""
    )
    database.change(
        r"""UPDATE snapshot_person SET body = replace(body, '"Lee"', '"\u0000Lee"') WHERE ascip_id = 4"""
    )
    found = page_of(database, ActionFilter(text="lee"), PageOf(limit=500)).items
    left = [s for s in actions if is_named(s, "lee") and 4 not in (s.action.source_row, s.ascip_id)]
    assert found == left


@pytest.mark.parametrize(
    ("text", "row", "left"),
    [("row:12", 12, ""), (" ROW:007 ", 7, ""), ("row:x", None, "row:x"), ("row:", None, "row:"),
     ("garcía", None, "garcía"), ("  ", None, ""), ("row:" + "9" * 5000, int("9" * 18), "")],
)  # fmt: skip
def test_a_row_is_looked_for_by_its_number(text: str, row: int | None, left: str) -> None:
    wanted = searched(ANY, text)
    assert (list(wanted.rows), wanted.text) == ([row] if row else [], left)


def counted(actions: Sequence[StoredAction]) -> dict[Facet, Counter[str]]:
    found: dict[Facet, Counter[str]] = {facet: Counter() for facet in Facet}
    for stored in actions:
        action = stored.action
        single = {
            Facet.KIND: action.kind, Facet.CLASS: action.action_class, Facet.STATUS: stored.status,
            Facet.HOLD: action.hold, Facet.SITE: action.site, Facet.GROUP: action.group_id,
        }  # fmt: skip
        for facet, value in single.items():
            if value is not None:
                found[facet][str(value)] += 1
        found[Facet.MARK].update(action.marks)
        found[Facet.FIELD].update(change.path for change in action.changes)
    return found


def test_facets_count_what_the_filter_lets_through(
    database: Database, actions: list[StoredAction]
) -> None:
    @many
    @given(lone_filters | filters)
    def holds(wanted: ActionFilter) -> None:
        with database.transactions.begin() as uow:
            facets = uow.views.facets(PLAN, wanted)
        expected = counted([stored for stored in actions if fits(stored, wanted)])
        assert {f: {c.value: c.count for c in counts} for f, counts in facets.items()} == expected
        for counts in facets.values():
            assert [c.count for c in counts] == sorted((c.count for c in counts), reverse=True)

    holds()


def test_facets_name_groups_and_buckets(database: Database, actions: list[StoredAction]) -> None:
    with database.transactions.begin() as uow:
        facets = uow.views.facets(PLAN, ANY)
    expected = counted(actions)

    def names(counts: Sequence[FacetCount]) -> dict[str, str | None]:
        return {c.value: c.name for c in counts}

    assert names(facets[Facet.GROUP]) == {"401": "Lincoln High", "402": None}
    assert names(facets[Facet.FIELD]) == {
        "buckets.7": "Job Class",
        "email": None,
        "last_name": None,
    }
    assert set(expected[Facet.SITE]) == set(SITES)


def test_the_newest_errors_are_told_oldest_first_and_unknown_ones_when_given_up(
    database: Database, actions: list[StoredAction]
) -> None:
    ids = [stored.action.id for stored in actions[:6]]
    statuses = [
        OutcomeStatus.SUCCEEDED, OutcomeStatus.FAILED, OutcomeStatus.CONFLICT,
        OutcomeStatus.UNKNOWN, OutcomeStatus.FAILED, OutcomeStatus.UNKNOWN,
    ]  # fmt: skip
    database.change("UPDATE action SET status = 'attempting', attempts = 4, intent_at = now()")
    for id_, status in zip(ids, statuses, strict=True):
        outcome = Outcome(action_id=id_, status=status, code="too_long")
        with database.transactions.begin() as uow:
            uow.plans.record(PLAN, [outcome], max_attempts=5)
    database.change("UPDATE action SET attempts = 5 WHERE id = :id", id=ids[5])
    with database.transactions.begin() as uow:
        errors = uow.views.errors(PLAN, unknown_from=5, limit=10)
        newest = uow.views.errors(PLAN, unknown_from=0, limit=3)
    assert [error.action_id for error in errors] == [ids[1], ids[2], ids[4], ids[5]]
    assert [error.action_id for error in newest] == ids[3:]
    first = actions[1].action
    assert (errors[0].kind, errors[0].person_key, errors[0].code) == (
        first.kind, first.person_key, "too_long",
    )  # fmt: skip
