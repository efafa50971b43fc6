"""Two plans beside each other: the database finds what Python finds over both, in pages."""

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from shared.domain.action import Action, Change, HeldReason, Kind, ordered
from shared.domain.errors import NotFound
from shared.ports.comparison import ActionPair, Only
from shared.ports.views import PageOf
from tests.fakes.database import Database
from tests.fakes.people import an_action
from tests.integration.db.conftest import add_run

A, B = "pln_run_a", "pln_run_b"


def some_actions(seed: int) -> list[Action]:
    """Of forty people's possible actions some, with one of two bodies each."""
    chance = Random(seed)
    made = []
    for number in range(40):
        for kind, group in ((Kind.UPDATE, None), (Kind.JOIN, 401), (Kind.DEACTIVATE, None)):
            if chance.random() < 0.4:
                continue
            change = Change(path="email", before="a", after=chance.choice(["b", "c"]))
            hold = HeldReason.GATE if kind is Kind.DEACTIVATE and chance.random() < 0.5 else None
            made.append(
                an_action(kind, f"E{number}", group_id=group, hold=hold, source_row=chance.randint(1, 9),
                          changes=(change,) if kind is Kind.UPDATE else ())
            )  # fmt: skip
    return ordered(made)


@pytest.fixture
def plans(database: Database, save_plan: Callable[..., object]) -> list[dict[str, Action]]:
    """Two stored plans, by action id."""
    made = [some_actions(seed) for seed in (1, 2)]
    for run_id, actions in zip(("run_a", "run_b"), made, strict=True):
        save_plan(add_run(database, run_id), actions=actions, approved=False)
    return [{action.id: action for action in actions} for actions in made]


def test_pages_hold_every_action_that_not_both_have_alike(
    database: Database, plans: list[dict[str, Action]]
) -> None:
    a, b = plans
    alike = {i for i in a.keys() & b.keys() if a[i].hash == b[i].hash}
    expected = []
    for id_ in (a.keys() | b.keys()) - alike:
        only = Only.BOTH if id_ in a and id_ in b else Only.A if id_ in a else Only.B
        expected.append((only.value, (a.get(id_) or b[id_]).person_key, id_))
    found: list[ActionPair] = []
    with database.transactions.begin() as uow:
        while True:
            page = uow.views.differing(A, B, PageOf(after=found[-1].id if found else None, limit=7))
            found += page.items
            assert page.total == len(expected)
            if not page.has_more:
                break
        totals = uow.views.compare(A, B)
    assert [pair.id for pair in found] == [id_ for _, _, id_ in sorted(expected)]
    for pair in found:
        assert (pair.a.action if pair.a else None) == a.get(pair.id)
        assert (pair.b.action if pair.b else None) == b.get(pair.id)
    onlys = Counter(only for only, _, _ in expected)
    assert len(onlys) == 3
    assert (totals.alike, totals.only_a, totals.only_b, totals.differing) == (
        len(alike), onlys["a"], onlys["b"], onlys["both"],
    )  # fmt: skip


def test_classes_and_kinds_are_counted_for_both(
    database: Database, plans: list[dict[str, Action]]
) -> None:
    with database.transactions.begin() as uow:
        counts = uow.views.compare(A, B).counts
        alone = uow.views.compare(A, None)
    for of, held_of, plan in (("a", "held_a", plans[0]), ("b", "held_b", plans[1])):
        classes = Counter((each.action_class, each.kind) for each in plan.values())
        held = Counter((x.action_class, x.kind) for x in plan.values() if x.hold)
        assert {(c.action_class, c.kind): getattr(c, of) for c in counts} == classes
        assert {(c.action_class, c.kind): getattr(c, held_of) for c in counts} == {
            key: held[key] for key in classes
        }
    assert (alone.only_a, alone.only_b, alone.alike) == (len(plans[0]), 0, 0)


def test_one_plan_beside_itself_differs_in_nothing(
    database: Database, plans: list[dict[str, Action]]
) -> None:
    with database.transactions.begin() as uow:
        page = uow.views.differing(A, A, PageOf())
        assert (list(page.items), page.total) == ([], 0)
        assert uow.views.compare(A, A).alike == len(plans[0])
        with pytest.raises(NotFound, match="act_x"):
            uow.views.differing(A, B, PageOf(after="act_x"))
