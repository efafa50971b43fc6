"""The digest: the same inputs give the same one everywhere, every field of the body another."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.action import Kind
from shared.domain.canonical import fingerprint
from shared.domain.mapping import MappedBucket
from shared.domain.plan import PlanInputs, digest
from shared.domain.planning import build_plan
from shared.domain.policy import Limits, PercentLimit
from shared.domain.shield import Unverified
from shared.domain.snapshot import Group
from tests.fakes.people import (
    AS_OF,
    COLUMNS,
    DISTRICT,
    HIGH,
    INACTIVE,
    MIDDLE,
    ROOM,
    TEACHER,
    UNMANAGED,
    a_mapping,
    a_person,
    a_policy,
    a_record,
    a_snapshot,
    an_action,
    people,
    plan_inputs,
    records,
)

ROOT = Path(__file__).parents[3]


def busy_inputs() -> PlanInputs:
    """A plan with actions of every kind, held rows, conflicts, links and shields."""
    room = MappedBucket(id=ROOM, name="Room", column="room")
    mapping = a_mapping(buckets=(*a_mapping().buckets, room))
    rows = [
        a_record(n, attributes={"job_title": "Clerk", "room": f"R\u00e9 {n}"}) for n in range(1, 20)
    ]
    rows += [
        a_record(20, site_codes=("020",)),
        a_record(21, site_codes=("999",)),
        a_record(22, work_email="new@lincoln.example"),
        a_record(23, role="Administrator"),
        a_record(24, attributes={"job_title": "Wizard", "room": ""}),
        a_record(25, inactive=True),
        a_record(41, work_email="shared@lincoln.example"),
        a_record(42, work_email="shared@lincoln.example"),
        a_record(43),
        a_record(44, last_name="\U0001f600 \u010capek"),
    ]
    found = people(range(1, 36))
    found[2] = a_person(2, status=INACTIVE, buckets=((TEACHER, 1), (ROOM, "x")))
    groups = {
        id_: Group(
            id=id_,
            name=str(id_),
            member_ids=frozenset(p.id for p in found.values() if id_ in p.group_ids),
        )
        for id_ in (DISTRICT, HIGH, MIDDLE)
    }
    return replace(
        plan_inputs(records=rows, mapping=mapping, columns=COLUMNS | {"room", "role"}),
        snapshot=a_snapshot(found.values(), groups=groups),
        links={"e43": 30, "e7": 7},
        unverified=Unverified(identities=("E31", "p32@lincoln.example"), regions=("x,E33",)),
    )


def shuffled(inputs: PlanInputs, random: Random) -> PlanInputs:
    """The same inputs in another order."""

    def order(items: Any) -> list[Any]:
        listed = list(items)
        random.shuffle(listed)
        return listed

    unverified = inputs.unverified
    return replace(
        inputs,
        records=order(inputs.records),
        columns=frozenset(order(inputs.columns)),
        links=dict(order(inputs.links.items())),
        snapshot=replace(
            inputs.snapshot,
            people=dict(order(inputs.snapshot.people.items())),
            groups={
                id_: replace(group, member_ids=frozenset(order(group.member_ids)))
                for id_, group in order(inputs.snapshot.groups.items())
            },
        ),
        reference=replace(
            inputs.reference,
            roles=dict(order(inputs.reference.roles.items())),
            groups=dict(order(inputs.reference.groups.items())),
            timezones=dict(order(inputs.reference.timezones.items())),
        ),
        mapping=replace(
            inputs.mapping,
            sites=dict(order(inputs.mapping.sites.items())),
            buckets=tuple(order(inputs.mapping.buckets)),
        ),
        unverified=replace(
            unverified,
            identities=tuple(order(unverified.identities)),
            regions=tuple(order(unverified.regions)),
        ),
    )


def test_the_busy_plan_is_busy() -> None:
    made = build_plan(busy_inputs())
    assert {action.kind for action in made.actions} == set(Kind) - {Kind.RETIRE}
    assert len(made.held_rows) == 5
    assert len({action.hold for action in made.actions}) == 4


@given(st.randoms(use_true_random=False))
def test_no_order_of_anything_changes_the_plan(random: Random) -> None:
    inputs = busy_inputs()
    assert build_plan(shuffled(inputs, random)) == build_plan(inputs)


def test_the_digest_is_the_hash_the_contract_describes() -> None:
    hashes = ["bb", "aa"]
    expected = hashlib.sha256(b'{"a":1}' + b'"aa"' + b'"bb"').hexdigest()
    assert digest({"a": 1}, hashes) == digest({"a": 1}, reversed(hashes)) == expected
    made = build_plan(busy_inputs())
    assert made.digest == digest(dict(made.header), [action.hash for action in made.actions])


@pytest.mark.parametrize(
    "change",
    [
        {"feed": "other"},
        {"engine_version": "0.1.1"},
        {"as_of": AS_OF + timedelta(days=1)},
        {"input_sha256": "dd" * 32},
        {"config_sha256": "dd" * 32},
        {"mapping": a_mapping(sha256="dd" * 32)},
        {"snapshot": a_snapshot([*people(range(1, 31)).values(), a_person(99, group_ids=())])},
        {"policy": a_policy(limits=Limits(adds=PercentLimit(percent=50)))},
        {"records": [a_record(1, last_name="Ruiz"), *records(range(2, 31))]},
        {"unverified": Unverified(unidentified=1)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_field_of_the_header_and_every_action_changes_the_digest(
    change: dict[str, Any],
) -> None:
    assert build_plan(plan_inputs(**change)).digest != build_plan(plan_inputs()).digest


@pytest.mark.parametrize(
    "change",
    [
        {"email": "else@lincoln.example"},
        {"username": "else"},
        {"first_name": "Else"},
        {"last_name": "Else"},
        {"status": INACTIVE},
        {"employee_number": "E98"},
        {"personal_email": "p@home.example"},
        {"role_id": 2},
        {"timezone_id": 22},
        {"group_ids": (UNMANAGED,)},
        {"buckets": ((ROOM, "1"),)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_field_of_everybody_in_the_snapshot_counts(change: dict[str, Any]) -> None:
    """Of somebody too whom the plan leaves alone."""
    thirty = list(people(range(1, 31)).values())
    stranger = a_person(99, group_ids=())
    before = build_plan(plan_inputs(people=[*thirty, stranger]))
    after = build_plan(plan_inputs(people=[*thirty, replace(stranger, **change)]))
    assert before.actions == after.actions == ()
    assert before.digest != after.digest


def test_rows_lines_and_words_do_not() -> None:
    """The envelope: where a row stood, what a group is called, what a person is shown."""
    before = plan_inputs(records=[*records(range(1, 30)), a_record(31)])
    moved = [r._replace(row=r.row + 7, line=r.line + 9) for r in before.records]
    names = replace(before.reference, buckets={})
    made = build_plan(replace(before, records=moved, reference=names))
    assert made.actions
    assert made.digest == build_plan(before).digest


def test_two_hashes_of_one_action_differ_in_the_digest() -> None:
    one, two = an_action(Kind.ADD, "E1"), an_action(Kind.ADD, "E2")
    assert digest({}, [one.hash]) != digest({}, [two.hash]) != digest({}, [one.hash, two.hash])


def leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a body or a header, lists and tables themselves included."""
    if isinstance(value, dict | list):
        yield from [(*place, None)] if isinstance(value, list) else []
        for at, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, (*place, at))
    else:
        yield place


def changed_at(value: Any, place: tuple[Any, ...]) -> Any:
    """Another value of the same kind at that place; one more where it names none."""
    if not place:
        return value + 1 if isinstance(value, int) else f"{value}x"
    at, *rest = place
    if at is None:
        return [*value, "x"]
    items = dict(value) if isinstance(value, dict) else dict(enumerate(value))
    items[at] = changed_at(items[at], tuple(rest))
    return items if isinstance(value, dict) else list(items.values())


def test_every_value_of_header_and_bodies_changes_the_digest() -> None:
    """One after the other, in a plan with actions of every kind."""
    made = build_plan(busy_inputs())
    header: Any = dict(made.header)
    digests = {digest(changed_at(header, place), (a.hash for a in made.actions))
               for place in leaves(header)}  # fmt: skip
    assert len(digests) == len(list(leaves(header)))
    assert made.digest not in digests
    for action in made.actions:
        body: Any = action.body()
        hashes = {fingerprint(changed_at(body, place)) for place in leaves(body)}
        assert len(hashes) == len(list(leaves(body)))
        assert action.hash not in hashes
