"""What a naive sync would have done: everybody counts once, whatever saves them."""

from collections.abc import Iterable
from typing import Any

import pytest

from shared.domain.counterfactual import Counterfactual, counterfactual_sentence
from shared.domain.planning import build_plan
from shared.domain.policy import RemovalPolicy
from shared.domain.removal import Fate
from shared.domain.shield import Unverified
from tests.fakes.people import (
    INACTIVE,
    ROOMY,
    UNMANAGED,
    a_mapping,
    a_person,
    a_policy,
    a_record,
    a_snapshot,
    people,
    plan_inputs,
    records,
)


def naive(rows: Iterable[int] = range(1, 31), **values: Any) -> Counterfactual:
    """Of thirty people, with rows for some."""
    removal = RemovalPolicy(first_run="allow", grace_days=values.pop("days", 0))
    policy = a_policy(mode=values.pop("mode", "full"), removal=removal, limits=ROOMY)
    return build_plan(
        plan_inputs(**{"records": records(rows), "policy": policy} | values)
    ).counterfactual


def test_where_everybody_stands_nobody_would_have_been_removed() -> None:
    assert naive() == Counterfactual()
    assert counterfactual_sentence(naive().to_json()) == (
        "A naive sync would have removed nobody either."
    )


@pytest.mark.parametrize(
    ("rows", "people"), [(range(1, 28), "3 people"), (range(1, 30), "1 person")]
)
def test_where_nothing_differs_it_says_so(rows: range, people: str) -> None:
    told = counterfactual_sentence(naive(rows).to_json())
    assert told == f"A naive sync would have removed the same {people}."


def test_damaged_excluded_and_protected_are_told_apart() -> None:
    found = naive(
        range(1, 26),
        unverified=Unverified(identities=("E26", "E27", "E28"), excluded=("E28",)),
        mapping=a_mapping(protected_usernames=frozenset({"p29@lincoln.example"})),
    )
    assert found == Counterfactual(damaged_rows=2, excluded_rows=1, protected=1, same=1)
    assert counterfactual_sentence(found.to_json()) == (
        "A naive sync would have removed 5 people: 2 of them from damaged rows, 1 from excluded rows,"
        " 1 protected, 1 whom this plan removes too."
    )


def test_rows_that_could_mean_somebody_are_no_rows_to_it() -> None:
    """Two rows claim one number: nobody is matched, so a naive sync misses whom they mean."""
    twice = [*records(range(1, 30)), a_record(30), a_record(30, row=31, line=32)]
    assert naive(records=twice) == Counterfactual(held_rows=1)


@pytest.mark.parametrize(("left", "held"), [(9, 0), (10, 10)])
def test_what_a_gate_holds_it_would_have_done(left: int, held: int) -> None:
    found = naive(range(1, 31 - left))
    assert (found.held, found.same) == (held, left - held)


def test_grace_and_a_ladder_that_only_reports_save_too() -> None:
    assert naive(range(1, 29), days=1) == Counterfactual(in_grace=2)
    first = build_plan(plan_inputs(records=records(range(1, 29)), first_run=True))
    assert first.counterfactual == Counterfactual(reported=2)


def test_on_an_incomplete_list_it_would_have_removed_them_all_the_same() -> None:
    short = a_snapshot(people(range(1, 31)).values(), list_complete=False)
    assert naive(range(1, 30), snapshot=short) == Counterfactual(incomplete=1)


def test_it_takes_absence_from_a_delta_for_leaving() -> None:
    found = naive([1], mode="delta")
    assert found == Counterfactual(unspoken=29)
    assert counterfactual_sentence(found.to_json()) == (
        "A naive sync would have taken absence from a delta for leaving and removed 29 people:"
        " 29 of them whom the file does not mention."
    )


def test_who_is_out_of_scope_or_inactive_is_nobody_s() -> None:
    found = people(range(1, 29))
    found |= {29: a_person(29, group_ids=(UNMANAGED,)), 30: a_person(30, status=INACTIVE)}
    plan = build_plan(plan_inputs(records=records(range(1, 29)), people=found.values()))
    assert plan.counterfactual == Counterfactual()
    assert [(who.ascip_id, who.fate) for who in plan.removals.absentees] == [
        (29, Fate.OUT_OF_SCOPE)
    ]


def test_everybody_is_counted_once() -> None:
    counts = Counterfactual(same=1, held=2, unspoken=4).to_json()
    assert (counts["naive_removals"], counts["held"]) == (7, 2)
