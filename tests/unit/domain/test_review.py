"""What a review approves: a closed selection, and releases that name their number."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.action import ActionClass, ActionStatus, HeldReason
from shared.domain.errors import Conflict
from shared.domain.review import Candidate, Decision, Release, Review, Select, statuses_after

DIGEST = "ab" * 32
PLANNED, HELD, NOT_APPROVED = (
    ActionStatus.PLANNED, ActionStatus.HELD, ActionStatus.NOT_APPROVED,
)  # fmt: skip
REMOVALS, ADDS, UPDATES = ActionClass.REMOVALS, ActionClass.ADDS, ActionClass.UPDATES
JOINS = ActionClass.MEMBERSHIPS_ADDED
EVERYTHING = Select()


def candidate(id_: str, action_class: ActionClass = UPDATES, /, **values: Any) -> Candidate:
    given_ = {"person_key": id_.upper(), "site": "010", "hold": None, "depends_on": ()}
    return Candidate(id=id_, action_class=action_class, **given_ | values)


def decided(
    *actions: Candidate, select: Select = EVERYTHING, releases: tuple[Release, ...] = ()
) -> dict[str, ActionStatus]:
    review = Review(decision=Decision.APPROVE, plan_digest=DIGEST, select=select, releases=releases)
    return statuses_after(review, actions)


def a_release(count: int, **values: Any) -> Release:
    given_: dict[str, Any] = {"action_class": REMOVALS, "count": count, "reason": "checked"}
    return Release(**given_ | values)


# Selection


def test_without_a_selection_everything_that_is_not_held_is_approved() -> None:
    statuses = decided(candidate("a"), candidate("b", REMOVALS, hold=HeldReason.GATE))
    assert statuses == {"a": PLANNED, "b": HELD}


@pytest.mark.parametrize(
    ("select", "taken"),
    [
        (Select(classes=(UPDATES,)), {"a", "c"}),
        (Select(classes=(UPDATES, ADDS)), {"a", "b", "c"}),
        (Select(sites=("020",)), {"c"}),
        (Select(people=("a", " B ")), {"a", "b"}),
        (Select(exclude=("A",)), {"b", "c"}),
        (Select(people=("a", "b"), exclude=("b",)), {"a"}),
        (Select(classes=(UPDATES,), sites=("010",)), {"a"}),
    ],
)
def test_a_selection_takes_by_class_site_and_person(select: Select, taken: set[str]) -> None:
    statuses = decided(
        candidate("a"), candidate("b", ADDS), candidate("c", site="020"), select=select
    )
    assert {id_ for id_, status in statuses.items() if status is PLANNED} == taken
    assert set(statuses.values()) <= {PLANNED, NOT_APPROVED}


def test_no_membership_goes_without_its_add() -> None:
    add = candidate("add", ADDS, person_key="E1")
    join = candidate("join", JOINS, person_key="E1", depends_on=("add",))
    other = candidate("other")
    assert decided(add, join, other)["join"] is PLANNED
    for select in (Select(classes=(JOINS, UPDATES)), Select(people=("other",))):
        assert decided(add, join, other, select=select)["join"] is NOT_APPROVED
    held = candidate("add", ADDS, person_key="E1", hold=HeldReason.PRIVILEGED_ROLE)
    assert decided(held, join, other) == {"add": HELD, "join": NOT_APPROVED, "other": PLANNED}


def test_a_chain_goes_whole_or_not_at_all() -> None:
    chain = [
        candidate("c", depends_on=("b",)),
        candidate("b", depends_on=("a",)),
        candidate("a", hold=HeldReason.GATE),
        candidate("free"),
    ]
    assert decided(*chain) == {
        "a": HELD, "b": NOT_APPROVED, "c": NOT_APPROVED, "free": PLANNED,
    }  # fmt: skip


ids = [f"a{i}" for i in range(6)]
plans = st.tuples(
    *(
        st.builds(
            candidate,
            st.just(id_),
            st.sampled_from(ActionClass),
            site=st.sampled_from(["010", "020"]),
            hold=st.none() | st.sampled_from(HeldReason),
            depends_on=st.lists(st.sampled_from([x for x in ids if x != id_]), max_size=2).map(
                tuple
            ),
        )
        for id_ in ids
    )
)
selections = st.builds(
    Select,
    classes=st.lists(st.sampled_from(ActionClass), max_size=3).map(tuple),
    sites=st.lists(st.sampled_from(["010", "020"]), max_size=1).map(tuple),
    exclude=st.lists(st.sampled_from(ids), max_size=2).map(tuple),
)


@given(plans, selections)
def test_what_is_approved_is_closed_selected_and_not_held(
    plan: tuple[Candidate, ...], select: Select
) -> None:
    try:
        statuses = decided(*plan, select=select)
    except Conflict as refused:
        assert refused.code == "nothing_approved"  # noqa: PT017  # one of two right answers
        return
    assert statuses.keys() == {action.id for action in plan}
    assert decided(*reversed(plan), select=select) == statuses, "whatever the order"
    for action in plan:
        if statuses[action.id] is PLANNED:
            assert action.hold is None
            assert select.takes(action)
            assert all(statuses[needed] is PLANNED for needed in action.depends_on)
        else:
            assert (statuses[action.id] is HELD) == (action.hold is not None)


@pytest.mark.parametrize(
    ("actions", "select"),
    [
        ([], Select()),
        ([candidate("a", hold=HeldReason.GATE)], Select()),
        ([candidate("a")], Select(classes=(REMOVALS,))),
    ],
)
def test_an_approval_of_nothing_is_refused(actions: list[Candidate], select: Select) -> None:
    with pytest.raises(Conflict) as refused:
        decided(*actions, select=select)
    assert refused.value.code == "nothing_approved"


# Releases


@pytest.mark.parametrize("hold", HeldReason)
def test_a_release_of_a_class_lifts_only_what_gates_hold(hold: HeldReason) -> None:
    by_gates = hold in (HeldReason.GATE, HeldReason.UNIDENTIFIED_ROWS)
    assert a_release(1).lifts(candidate("a", REMOVALS, hold=hold)) is by_gates
    assert not a_release(1).lifts(candidate("a", ADDS, hold=hold))


@pytest.mark.parametrize("hold", HeldReason)
def test_a_release_of_people_lifts_only_what_needs_their_name(hold: HeldReason) -> None:
    named = hold in (HeldReason.POSSIBLE_DUPLICATE, HeldReason.PRIVILEGED_ROLE)
    release = a_release(1, action_class=ADDS, people=("e1 ",))
    assert release.lifts(candidate("a", ADDS, person_key="E1", hold=hold)) is named
    assert not release.lifts(candidate("a", ADDS, person_key="E2", hold=hold))


def test_nothing_held_is_nothing_to_lift() -> None:
    assert not a_release(1).lifts(candidate("a", REMOVALS))


def held_removals(count: int) -> list[Candidate]:
    return [candidate(f"r{i}", REMOVALS, hold=HeldReason.GATE) for i in range(count)]


def test_a_release_lifts_its_class_when_it_names_the_number() -> None:
    protected = candidate("p", REMOVALS, hold=HeldReason.PROTECTED)
    statuses = decided(*held_removals(3), protected, releases=(a_release(3),))
    assert statuses == {"r0": PLANNED, "r1": PLANNED, "r2": PLANNED, "p": HELD}


@pytest.mark.parametrize("count", [2, 4, 0])
def test_a_release_with_another_number_is_refused(count: int) -> None:
    with pytest.raises(Conflict, match="3 are held") as refused:
        decided(*held_removals(3), releases=(a_release(count),))
    assert refused.value.code == "release_count"


@pytest.mark.parametrize("count", [0, 2])
def test_a_release_where_nothing_is_held_is_to_be_left_out(count: int) -> None:
    with pytest.raises(Conflict, match=r"no removals are held.*Leave the release out") as refused:
        decided(candidate("a"), releases=(a_release(count),))
    assert refused.value.code == "release_count"


def test_a_release_that_could_not_lift_the_hold_says_that_it_lifts_nothing() -> None:
    protected = candidate("p", REMOVALS, hold=HeldReason.PROTECTED)
    with pytest.raises(Conflict, match="no hold on removals is one that it lifts") as refused:
        decided(candidate("a"), protected, releases=(a_release(1),))
    assert refused.value.code == "release_count"


@pytest.mark.parametrize(
    ("people", "why"),
    [((), "they are released by name"), (("E2",), "it names nobody who is held")],
)
def test_a_release_that_misses_who_is_held_by_name_says_how(
    people: tuple[str, ...], why: str
) -> None:
    newcomer = candidate("n", ADDS, person_key="E1", hold=HeldReason.POSSIBLE_DUPLICATE)
    with pytest.raises(Conflict, match=f"{why}.*--release-people ID") as refused:
        decided(newcomer, releases=(a_release(1, action_class=ADDS, people=people),))
    assert refused.value.code == "release_count"


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_release_without_a_reason_is_refused(reason: str) -> None:
    with pytest.raises(Conflict) as refused:
        decided(*held_removals(1), releases=(a_release(1, reason=reason),))
    assert refused.value.code == "release_reason"


def test_a_class_is_released_once() -> None:
    with pytest.raises(Conflict) as refused:
        decided(*held_removals(1), releases=(a_release(1), a_release(1)))
    assert refused.value.code == "release_twice"


def test_a_class_and_named_people_of_it_can_be_released_together() -> None:
    actions = [
        candidate("a", ADDS, hold=HeldReason.GATE),
        candidate("b", ADDS, hold=HeldReason.PRIVILEGED_ROLE),
        candidate("c", ADDS, hold=HeldReason.PRIVILEGED_ROLE),
    ]
    releases = (
        a_release(1, action_class=ADDS),
        a_release(1, action_class=ADDS, people=("B",)),
    )
    assert decided(*actions, releases=releases) == {"a": PLANNED, "b": PLANNED, "c": HELD}


def test_what_is_released_and_not_selected_is_not_approved() -> None:
    statuses = decided(
        *held_removals(1), candidate("a"), select=Select(classes=(UPDATES,)),
        releases=(a_release(1),),
    )  # fmt: skip
    assert statuses == {"r0": NOT_APPROVED, "a": PLANNED}


def test_a_review_is_written_in_the_words_of_the_contract() -> None:
    review = Review(
        decision=Decision.APPROVE, plan_digest=DIGEST, comment="fine",
        select=Select(classes=(ADDS,), sites=("010",), people=("E1",), exclude=("E2",)),
        releases=(a_release(3, people=("E1",)),),
    )  # fmt: skip
    assert review.to_json() == {
        "decision": "approve",
        "plan_digest": DIGEST,
        "select": {"classes": ["adds"], "sites": ["010"], "people": ["E1"], "exclude": ["E2"]},
        "releases": [
            {"class": "removals", "count": 3, "reason": "checked", "people": ["E1"]},
        ],
        "comment": "fine",
    }
    assert [decision.value for decision in Decision] == ["approve", "discard"]


@pytest.mark.parametrize(
    "select", [Select(people=("E1", "TYPO")), Select(exclude=("TYPO",)), Select(sites=("999",))]
)
def test_a_selection_that_names_nobody_of_the_plan_is_refused(select: Select) -> None:
    """A typo must not approve, or leave out, somebody else."""
    with pytest.raises(Conflict, match=r"TYPO|999") as refused:
        decided(candidate("a"), select=select)
    assert refused.value.code == "selection_unknown"
