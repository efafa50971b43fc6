"""Where each gate trips: one below its limit and at it."""

import pytest

from shared.domain.action import Action, ActionClass, HeldReason, Kind
from shared.domain.gates import (
    Gate,
    GateName,
    Verdict,
    hold_of,
    judge,
    percent_of,
    removal_limit,
    too_few,
)
from shared.domain.policy import Limits, PercentLimit, RemovalLimit
from tests.fakes.people import an_action


def judged(
    actions: list[Action],
    *,
    managed: int = 100,
    unidentified: int = 0,
    limits: Limits | None = None,
) -> dict[str, Gate]:
    gates = judge(
        actions, limits=limits or Limits(), managed_active=managed, unidentified=unidentified
    )
    return {gate.name.value: gate for gate in gates}


def many(kind: Kind, count: int) -> list[Action]:
    return [an_action(kind, f"E{number}") for number in range(count)]


def test_gates_have_names_of_the_contract() -> None:
    contract = {
        "removals", "removals_site", "memberships_removed", "adds", "updates", "key_changes",
        "blanked", "rows_fewer", "bytes_fewer", "quarantined", "unidentified_rows",
        "details_missing", "snapshot_fewer", "failures", "conflicts",
    }  # fmt: skip
    assert {name.value for name in GateName} <= contract
    assert [verdict.value for verdict in Verdict] == ["ok", "tripped", "no_baseline"]


@pytest.mark.parametrize(
    ("managed", "limit"),
    [
        (19, 3),  # too few for percentages: the small count
        (20, 10),
        (1000, 10),  # one percent is ten
        (1099, 10),  # rounded down
        (1100, 11),  # the larger of the two
        (5000, 50),
        (0, 3),
    ],
)
@pytest.mark.parametrize("short", [1, 0])
def test_removals_trip_at_the_larger_of_count_and_percentage(
    managed: int, limit: int, short: int
) -> None:
    gate = judged(many(Kind.DEACTIVATE, limit - short), managed=managed)["removals"]
    assert (gate.limit, gate.value, gate.population) == (limit, limit - short, managed)
    assert gate.tripped is (short == 0)


def test_removals_take_their_limit_from_the_configuration() -> None:
    limit = RemovalLimit(count=4, percent=10, small_count=1)
    assert removal_limit(limit, 29, 30) == 1
    assert removal_limit(limit, 30, 30) == 4
    assert removal_limit(limit, 100, 30) == 10


@pytest.mark.parametrize(
    ("managed", "adds", "verdict"),
    [
        (19, 19, Verdict.NO_BASELINE),
        (20, 3, Verdict.OK),
        (20, 4, Verdict.TRIPPED),
        (24, 3, Verdict.OK),
        (24, 4, Verdict.TRIPPED),
        (1000, 199, Verdict.OK),
        (1000, 200, Verdict.TRIPPED),
        (0, 5, Verdict.NO_BASELINE),
    ],
)
def test_adds_trip_at_a_fifth_of_at_least_twenty_people(
    managed: int, adds: int, verdict: Verdict
) -> None:
    gate = judged(many(Kind.ADD, adds), managed=managed)["adds"]
    assert (gate.verdict, gate.value) == (verdict, adds)


def test_reactivations_count_as_adds() -> None:
    mixed = [an_action(Kind.ADD, "E1"), an_action(Kind.REACTIVATE, "E2")]
    assert judged(mixed)["adds"].value == 2


@pytest.mark.parametrize(("rows", "tripped"), [(0, False), (1, True), (7, True)])
def test_one_row_that_names_nobody_holds_removals(rows: int, tripped: bool) -> None:
    gate = judged([], unidentified=rows)["unidentified_rows"]
    assert (gate.tripped, gate.action_class, gate.limit) == (tripped, ActionClass.REMOVALS, 1)


def test_people_are_counted_not_actions() -> None:
    leaves = [
        an_action(Kind.LEAVE, f"E{i % 5}", group_id=i, action_class=ActionClass.REMOVALS)
        for i in range(40)
    ]
    assert judged(leaves)["removals"].value == 5


def test_what_is_held_for_its_own_reason_counts_too() -> None:
    held = [an_action(Kind.ADD, f"E{i}", hold=HeldReason.PRIVILEGED_ROLE) for i in range(20)]
    assert judged(held)["adds"].tripped


def test_other_classes_do_not_count() -> None:
    gates = judged([*many(Kind.UPDATE, 90), *many(Kind.JOIN, 90), *many(Kind.LEAVE, 90)])
    assert [gate.value for gate in gates.values()] == [0, 0, 0]


@pytest.mark.parametrize(
    ("percent", "population", "whole"),
    [(1, 99, 1), (1, 199, 1), (1, 200, 2), (0.5, 399, 1), (0.5, 400, 2), (20, 0, 1),
     (0.57, 10_000, 57), (0.29, 100, 1), (33.3, 1000, 333), (1.1, 1000, 11)],
)  # fmt: skip
def test_a_percentage_is_rounded_down_to_whole_ones_at_least_one(
    percent: float, population: int, whole: int
) -> None:
    """0.57 × 10000 is 5699.999… in binary: the declared decimal counts."""
    assert percent_of(percent, population) == whole


def test_the_limits_of_a_configuration_count() -> None:
    limits = Limits(min_population=5, adds=PercentLimit(percent=50))
    assert judged(many(Kind.ADD, 3), managed=6, limits=limits)["adds"].tripped
    assert not judged(many(Kind.ADD, 2), managed=6, limits=limits)["adds"].tripped
    assert judged(many(Kind.ADD, 4), managed=4, limits=limits)["adds"].verdict == "no_baseline"


def test_a_tripped_gate_holds_its_class_and_no_other() -> None:
    gates = judged(many(Kind.DEACTIVATE, 10)).values()
    assert hold_of(an_action(Kind.DEACTIVATE), gates) is HeldReason.GATE
    for kind in (Kind.ADD, Kind.UPDATE, Kind.REACTIVATE, Kind.JOIN, Kind.LEAVE):
        assert hold_of(an_action(kind), gates) is None


def test_gates_that_do_not_trip_hold_nothing() -> None:
    gates = judged(many(Kind.DEACTIVATE, 9)).values()
    assert hold_of(an_action(Kind.DEACTIVATE), gates) is None


def test_rows_that_name_nobody_are_the_reason_only_where_no_limit_is_reached() -> None:
    removal = an_action(Kind.DEACTIVATE)
    alone = judged(many(Kind.DEACTIVATE, 9), unidentified=1).values()
    assert hold_of(removal, alone) is HeldReason.UNIDENTIFIED_ROWS
    both = judged(many(Kind.DEACTIVATE, 10), unidentified=1).values()
    assert hold_of(removal, both) is HeldReason.GATE


def test_every_gate_is_shown_with_its_numbers_tripped_or_not() -> None:
    assert [gate.to_json() for gate in judged([]).values()] == [
        {"gate": "removals", "class": "removals", "limit": 10, "value": 0, "verdict": "ok",
         "population": 100},
        {"gate": "adds", "class": "adds", "limit": 20, "value": 0, "verdict": "ok",
         "population": 100},
        {"gate": "unidentified_rows", "class": "removals", "limit": 1, "value": 0,
         "verdict": "ok", "population": None},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("now", "before", "short"),
    [
        (0, None, True), (0, 5, True), (1, None, False), (1, 19, False), (19, 20, True),
        (20, 20, False), (951, 1000, False), (950, 1000, True), (1200, 1000, False),
    ],
)  # fmt: skip
def test_a_list_is_too_short_from_five_percent_fewer_people(
    now: int, before: int | None, *, short: bool
) -> None:
    assert too_few(now, before, Limits()) is short
