"""Order, normal form and case of whatever comes in, and the plan that doesn't see them."""

import random
import unicodedata
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.email_address import clash_key
from shared.domain.plan import Plan
from shared.domain.staff_rules import StaffRules
from shared.domain.staff_values import tidied
from shared.domain.text import fold, tidy
from tests.fakes.worlds import (
    CASES,
    HEADER,
    World,
    each_text,
    people_with,
    worlds,
    worlds_in_agreement,
)

_PLAIN = ("id", "depends_on", "person", "changes")
_COMPARED_WITHOUT_CASE = ("employee_id", "work_email", "username", "personal_email")
decomposed = partial(unicodedata.normalize, "NFD")


def turned(world: World, order: random.Random) -> World:
    """The same in another order: rows, columns, people, links, mapping."""

    def mixed(items: Any) -> list[Any]:
        return order.sample(list(items), len(items))

    def mixed_keys(data: Any) -> Any:
        if isinstance(data, dict):
            return {key: mixed_keys(value) for key, value in mixed(data.items())}
        return data

    columns = mixed(HEADER)
    return world.but(
        rows=tuple({column: row[column] for column in columns} for row in mixed(world.rows)),
        people=tuple(mixed(world.people)),
        links=dict(mixed(world.links.items())),
        mapping=mixed_keys(world.mapping),
    )


def told(plan: Plan) -> list[Any]:
    """What is done to whom, but for the case in which texts are written."""
    actions = [
        (
            {key: value for key, value in action.body().items() if key not in _PLAIN},
            fold(action.person_key),
            action.ascip_id,
            [(c.path, fold(str(c.before)), fold(str(c.after)), c.hold) for c in action.changes],
        )
        for action in plan.actions
    ]
    return sorted(map(repr, actions)) + sorted(map(repr, plan.dispositions.items()))


@given(worlds(), st.randoms(use_true_random=False))
def test_no_order_of_rows_columns_or_people_changes_the_digest(
    world: World, order: random.Random
) -> None:
    other = turned(world, order)
    assert other.plan.digest == world.plan.digest
    assert other.validated.counts == world.validated.counts


@given(worlds())
def test_every_row_is_accounted_for_once(world: World) -> None:
    found, plan = world.validated, world.plan
    assert found.counts.balanced
    assert found.counts.rows_in == len(world.rows)
    assert len(found.accepted) == found.counts.accepted == len(plan.dispositions)
    assert {record.row for record in found.accepted} == plan.dispositions.keys()


@given(worlds())
def test_whom_an_excluded_row_names_nothing_is_done_to(world: World) -> None:
    named = set(map(fold, world.inputs.unverified.excluded))
    for action in world.plan.actions:
        person = next((p for p in world.people if p.id == action.ascip_id), None)
        if person is not None:
            assert not named & set(map(fold, (person.email, person.username)))
            assert fold(person.employee_number or "nobody") not in named
        assert fold(action.person_key) not in named
        assert not named & {fold(str(c.after)) for c in action.changes if c.path == "email"}


@given(worlds())
def test_rows_in_another_normal_form_give_the_same_plan(world: World) -> None:
    other = world.but(rows=each_text(world.rows, decomposed))
    assert other.plan == world.plan


@given(worlds())
def test_people_and_mapping_in_another_normal_form_get_the_same_actions(world: World) -> None:
    plan = world.plan
    assert told(world.but(people=people_with(world.people, decomposed)).plan) == told(plan)
    assert told(world.but(mapping=each_text(world.mapping, decomposed)).plan) == told(plan)


@given(worlds(), st.sampled_from(sorted(CASES)))
def test_the_case_of_emails_usernames_and_ids_changes_nothing_that_is_done(
    world: World, case: str
) -> None:
    rows = tuple(
        dict(row) | {name: CASES[case](row[name]) for name in _COMPARED_WITHOUT_CASE}
        for row in world.rows
    )
    assert told(world.but(rows=rows).plan) == told(world.plan)


@given(worlds_in_agreement(), st.sampled_from(sorted(CASES)))
def test_what_agrees_agrees_in_every_case_and_normal_form(world: World, case: str) -> None:
    change = CASES[case]
    cased = tuple(
        dict(row) | {name: change(row[name]) for name in _COMPARED_WITHOUT_CASE}
        for row in world.rows
    )
    for other in (
        world,
        world.but(rows=cased),
        world.but(rows=each_text(cased, decomposed)),
        world.but(people=people_with(world.people, decomposed)),
        world.but(mapping=each_text(world.mapping, decomposed)),
    ):
        plan = other.plan
        assert plan.actions == ()
        assert set(plan.dispositions.values()) == {"unchanged"}


NORMALISED: dict[str, Callable[[str], str]] = {"tidy": tidy, "fold": fold, "mailbox": clash_key}


@pytest.mark.parametrize("name", NORMALISED)
@given(text=st.text())
def test_what_is_normalised_stays_as_it_is(name: str, text: str) -> None:
    normalise = NORMALISED[name]
    assert normalise(normalise(text)) == normalise(text)
    assert normalise(decomposed(text)) == normalise(text)


@given(st.fixed_dictionaries(dict.fromkeys(("first_name", "work_email", "job"), st.text())))
def test_a_tidied_row_stays_as_it_is(row: dict[str, str]) -> None:
    columns = frozenset({*row, "username"})
    rules = StaffRules(columns=columns, derive={"personal_email": "{work_email}.{job}"})
    once = tidied(row, rules)
    assert tidied(once, rules) == once
