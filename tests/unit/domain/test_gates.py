"""Where each gate trips: one below its limit and at it."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.domain.action import Action, ActionClass, Change, HeldReason, Kind
from shared.domain.baseline import ExtractFigures, ExtractSize, usual_size
from shared.domain.gate_rules import RULES, GateName
from shared.domain.gates import (
    Counts,
    Gate,
    Measures,
    Verdict,
    count,
    hold_of,
    hold_tripped,
    judge,
    judge_again,
    percent_of,
    removal_limit,
    too_few,
    unreleased,
)
from shared.domain.policy import KeyChangeLimit, Limits, PercentLimit, RemovalLimit
from tests.fakes.people import an_action

CLEARED = (Change(path="buckets.9", before=55, after=None),)
SET = (Change(path="buckets.9", before=None, after=55),)
EMAIL = (Change(path="email", before="a@x.example", after="b@x.example"),)


def judged(
    actions: list[Action], *, managed: int = 100, limits: Limits | None = None, **measures: Any
) -> dict[str, Gate]:
    """Gates by name; of several sites the last."""
    measured = Measures(managed=managed, **measures)
    gates = judge(actions, limits=limits or Limits(), measures=measured)
    return {gate.name.value: gate for gate in gates}


def many(kind: Kind, number: int, **values: Any) -> list[Action]:
    return [an_action(kind, f"E{each}", **values) for each in range(number)]


def test_gates_have_names_of_the_contract() -> None:
    contract = {
        "removals", "removals_site", "memberships_removed", "adds", "updates", "key_changes",
        "blanked", "rows_fewer", "bytes_fewer", "quarantined", "unidentified_rows",
        "details_missing", "snapshot_fewer", "failures", "conflicts",
    }  # fmt: skip
    assert {name.value for name in GateName} == contract == set(RULES)
    planned = [name.value for name, rule in RULES.items() if rule.classes]
    assert list(judged([])) == planned
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
    assert (gate.tripped, gate.classes, gate.limit) == (tripped, (ActionClass.REMOVALS,), 1)


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
    gates = judged([*many(Kind.UPDATE, 90), *many(Kind.JOIN, 80), *many(Kind.LEAVE, 70)])
    counted = {name: gate.value for name, gate in gates.items() if gate.value}
    assert counted == {"updates": 90, "memberships_removed": 70}


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
    shown = [gate.to_json() for gate in judged([]).values()]
    assert len(shown) == 12
    assert shown[0] == {
        "gate": "removals", "class": "removals", "classes": ["removals"], "site": None,
        "limit": 10, "value": 0, "verdict": "ok", "population": 100,
    }  # fmt: skip
    assert {each["verdict"] for each in shown} == {"ok", "no_baseline"}


def test_a_gate_is_read_back_from_its_stored_form() -> None:
    actions = many(Kind.DEACTIVATE, 3, site="010")
    for gate in judged(actions, managed_at={"010": 9}).values():
        assert Gate.from_json(gate.to_json()) == gate


# One below the limit, and at it


@pytest.mark.parametrize(
    ("name", "limit", "actions"),
    [
        ("memberships_removed", 100, lambda n: many(Kind.LEAVE, n)),
        ("adds", 200, lambda n: many(Kind.ADD, n)),
        ("updates", 400, lambda n: many(Kind.UPDATE, n, changes=SET)),
        ("key_changes", 10, lambda n: many(Kind.UPDATE, n, changes=EMAIL)),
        ("blanked", 50, lambda n: many(Kind.UPDATE, n, changes=CLEARED)),
    ],
)
@pytest.mark.parametrize("short", [1, 0])
def test_a_share_of_a_thousand_managed_people_trips(
    name: str, limit: int, actions: Callable[[int], list[Action]], short: int
) -> None:
    made = actions(limit - short)
    gates = judged(made, managed=1000)
    assert (gates[name].limit, gates[name].value) == (limit, limit - short)
    assert gates[name].tripped is (short == 0)
    held = HeldReason.GATE if short == 0 else None
    assert {hold_of(action, gates.values()) for action in made} == {held}


@pytest.mark.parametrize("managed", [19, 20])
@pytest.mark.parametrize(
    "name", [name.value for name, rule in RULES.items() if rule.classes and rule.setting]
)
def test_below_twenty_managed_people_no_percentage_is_taken(name: str, managed: int) -> None:
    """Only `removals` has a limit for so few. One of them could not be read, and counts."""
    changes = (*EMAIL, *CLEARED)
    kinds = (Kind.ADD, Kind.LEAVE, Kind.UPDATE)
    actions = [action for kind in kinds for action in many(kind, managed)]
    actions += many(Kind.DEACTIVATE, managed, site="010")
    actions += [an_action(Kind.UPDATE, f"F{n}", changes=changes) for n in range(managed)]
    size, usual = ExtractSize(rows=10, size_bytes=10), ExtractSize(rows=100, size_bytes=100)
    gate = judged(
        actions, managed=managed - 1, managed_at={"010": 12}, listed=40, details_missing=1, unread=1,
        extract=ExtractFigures(size=size, usual=usual, quarantined=9),
    )[name]  # fmt: skip
    tripped = managed == 20 or name == "removals"
    assert gate.verdict is (Verdict.TRIPPED if tripped else Verdict.NO_BASELINE)


@pytest.mark.parametrize(("site_people", "limit"), [(200, 50), (16, 4), (15, 3), (4, 3), (0, 3)])
@pytest.mark.parametrize("short", [1, 0])
def test_a_quarter_of_a_site_and_at_least_three_holds_that_site_s_removals(
    site_people: int, limit: int, short: int
) -> None:
    here = many(Kind.DEACTIVATE, limit - short, site="010")
    there = [an_action(Kind.DEACTIVATE, "E900", site="020")]
    gates = judge(
        here + there, limits=Limits(removals=RemovalLimit(count=99)),
        measures=Measures(managed=400, managed_at={"010": site_people, "020": 9}),
    )  # fmt: skip
    at = {gate.site: gate for gate in gates if gate.name is GateName.REMOVALS_SITE}
    assert (at["010"].limit, at["010"].value, at["010"].tripped) == (
        limit, limit - short, short == 0,
    )  # fmt: skip
    assert (at["020"].limit, at["020"].value, at["020"].tripped) == (3, 1, False)
    held = {action.site for action in hold_tripped(here + there, gates) if action.hold}
    assert held == ({"010"} if short == 0 else set())


def test_key_changes_of_few_people_trip_at_three() -> None:
    for managed, number, tripped in (
        (20, 2, False),
        (20, 3, True),
        (399, 2, False),
        (399, 3, True),
    ):
        made = many(Kind.UPDATE, number, changes=EMAIL)
        assert judged(made, managed=managed)["key_changes"].tripped is tripped
    limits = Limits(key_changes=KeyChangeLimit(percent=1, min=8))
    assert judged(many(Kind.UPDATE, 8, changes=EMAIL), limits=limits)["key_changes"].tripped


def test_updates_that_clear_are_held_and_other_updates_are_not() -> None:
    clearing, setting = many(Kind.UPDATE, 5, changes=CLEARED), an_action(Kind.UPDATE, changes=SET)
    held = hold_tripped([*clearing, setting], judged([*clearing, setting]).values())
    assert [action.hold for action in held] == [HeldReason.GATE] * 5 + [None]


def test_an_update_that_clears_is_held_though_it_changes_a_key_too() -> None:
    both = many(Kind.UPDATE, 5, changes=(*EMAIL, *CLEARED))
    limits = Limits(key_changes=KeyChangeLimit(min=99))
    gates = judged(both, limits=limits)
    assert (gates["key_changes"].tripped, gates["blanked"].tripped) == (False, True)
    assert {action.hold for action in hold_tripped(both, gates.values())} == {HeldReason.GATE}


def test_a_held_change_clears_nothing() -> None:
    unmapped = (Change(path="buckets.9", before=55, after=None, hold=HeldReason.CALENDAR),)
    assert judged(many(Kind.UPDATE, 5, changes=unmapped))["blanked"].value == 0


@pytest.mark.parametrize(
    ("name", "extract", "tripped"),
    [
        ("rows_fewer", {"rows": 951}, False), ("rows_fewer", {"rows": 950}, True),
        ("rows_fewer", {"rows": 2000}, False),
        ("bytes_fewer", {"size_bytes": 90_001}, False), ("bytes_fewer", {"size_bytes": 90_000}, True),
        ("quarantined", {"quarantined": 9}, False), ("quarantined", {"quarantined": 10}, True),
    ],
)  # fmt: skip
def test_a_strange_extract_holds_removals(
    name: str, extract: dict[str, int], *, tripped: bool
) -> None:
    size = ExtractSize(
        rows=extract.get("rows", 1000), size_bytes=extract.get("size_bytes", 100_000)
    )
    figures = ExtractFigures(
        size=size, usual=ExtractSize(rows=1000, size_bytes=100_000),
        quarantined=extract.get("quarantined", 0),
    )  # fmt: skip
    gates = judged([], extract=figures)
    assert {gate.name.value for gate in gates.values() if gate.tripped} == (
        {name} if tripped else set()
    )
    assert gates[name].classes == (ActionClass.REMOVALS,)


def test_without_a_good_extract_before_its_size_says_nothing() -> None:
    gates = judged([], extract=ExtractFigures(size=ExtractSize(rows=1, size_bytes=1)))
    for name in ("rows_fewer", "bytes_fewer"):
        assert (gates[name].verdict, gates[name].limit) == (Verdict.NO_BASELINE, 0)


def test_what_is_usual_is_the_median_of_rows_and_of_bytes() -> None:
    sizes = [ExtractSize(rows=r, size_bytes=b) for r, b in ((5, 900), (7, 100), (6, 500))]
    assert usual_size(sizes) == ExtractSize(rows=6, size_bytes=500)
    assert usual_size(sizes[:2]) == ExtractSize(rows=5, size_bytes=100), "a whole one"
    assert usual_size([]) is None


@pytest.mark.parametrize(("missing", "tripped"), [(4, False), (5, True)])
def test_missing_details_hold_removals_and_adds(missing: int, *, tripped: bool) -> None:
    gates = judged([], listed=1000, details_missing=missing)
    assert gates["details_missing"].tripped is tripped
    held = {kind for kind in Kind if hold_of(an_action(kind), gates.values()) is HeldReason.GATE}
    removing_or_adding = {Kind.ADD, Kind.REACTIVATE, Kind.DEACTIVATE, Kind.RETIRE}
    assert held == (removing_or_adding if tripped else set())


def test_who_could_not_be_read_makes_no_small_tenant_of_a_larger_one() -> None:
    """With half of the details missing every percentage would be without a baseline, this one too."""
    gates = judged(many(Kind.ADD, 3), managed=15, listed=20, details_missing=5, unread=5)
    assert (gates["details_missing"].verdict, gates["adds"].verdict) == (Verdict.TRIPPED,) * 2
    assert (gates["removals"].limit, gates["adds"].population) == (3, 15), "of whom we know"
    gates = judged(many(Kind.ADD, 3), managed=15, listed=19, details_missing=4, unread=4)
    assert (gates["details_missing"].verdict, gates["adds"].verdict) == (Verdict.NO_BASELINE,) * 2


# Again, when the plan is applied


def test_what_is_applied_is_judged_by_the_same_limits() -> None:
    planned = many(Kind.DEACTIVATE, 12, site="010")
    gates = list(judged(planned, managed_at={"010": 100}).values())
    assert [gate.name for gate in gates if gate.tripped] == [GateName.REMOVALS]
    for approved, over in ((9, False), (10, True)):
        counts = count(planned[:approved])
        again = judge_again(gates, counts)
        assert [gate.value for gate in again[:2]] == [approved, approved]
        assert [gate.name for gate in again if gate.tripped] == [GateName.REMOVALS] * over
        assert bool(unreleased(again, counts, set())) is over
        assert not unreleased(again, counts, {ActionClass.REMOVALS})


def test_what_the_extract_tripped_stays_tripped_but_counts_only_where_it_would_let_through() -> (
    None
):
    gates = judged([], unidentified=1).values()
    again = judge_again(gates, Counts({ActionClass.ADDS: 5}))
    assert [gate.name for gate in again if gate.tripped] == [GateName.UNIDENTIFIED_ROWS]
    assert not unreleased(again, Counts({ActionClass.ADDS: 5}), set())
    assert unreleased(again, Counts({ActionClass.REMOVALS: 1}), set())


def test_a_gate_over_part_of_a_class_lets_the_rest_of_another_class_go() -> None:
    """Who released the updates that clear something let no change of a key through."""
    keys = [an_action(Kind.UPDATE, f"K{n}", changes=EMAIL) for n in range(2)]
    clearing = many(Kind.UPDATE, 5, changes=CLEARED)
    gates = judged([*keys, *clearing]).values()
    assert [gate.name for gate in gates if gate.tripped] == [GateName.BLANKED]
    counts = count([*keys, *clearing])
    assert not unreleased(judge_again(gates, counts), counts, {ActionClass.UPDATES})
    assert unreleased(judge_again(gates, counts), counts, {ActionClass.KEY_CHANGES})
    both = [an_action(Kind.UPDATE, "K9", changes=(*EMAIL, *CLEARED)), *keys, *clearing]
    counts = count(both)
    assert unreleased(judge_again(gates, counts), counts, {ActionClass.UPDATES})


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
