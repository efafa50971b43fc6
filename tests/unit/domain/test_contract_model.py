"""The contract's gates, ladder and holds written down a second time, against plans over random districts.

The model knows what happened to each person, so that it needs neither matching nor a shield, and takes its
numbers from the contract's tables. What it can't say is left out: rows of several persons, look-alikes.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from typing import Any

import pytest

from shared.domain.absence import Absence, Because
from shared.domain.action import RELEASABLE, ActionClass, ActionStatus, Kind
from shared.domain.baseline import ExtractFigures, ExtractSize
from shared.domain.errors import Conflict
from shared.domain.gates import count, judge_again, unreleased
from shared.domain.plan import Plan, PlanInputs
from shared.domain.planning import build_plan
from shared.domain.policy import Ladder, RemovalPolicy
from shared.domain.review import Candidate, Decision, Release, Review, Select, statuses_after
from shared.domain.school_calendar import Window, WindowPolicy
from shared.domain.shield import Unverified
from shared.domain.snapshot import Group, Person
from tests.fakes.people import (
    AS_OF,
    DISTRICT,
    HIGH,
    MIDDLE,
    UNMANAGED,
    a_mapping,
    a_person,
    a_policy,
    a_record,
    a_snapshot,
    plan_inputs,
)

DAY = timedelta(days=1)
ADDS, REMOVALS, OUT = ActionClass.ADDS, ActionClass.REMOVALS, ActionClass.MEMBERSHIPS_REMOVED
#: Class, kind, number of the person, group, whether a value is cleared.
Step = tuple[ActionClass, Kind, int, int | None, bool]


class Story(Enum):
    """What happened to somebody who is active and works at the high school."""

    STAYS = auto()
    RENAMED = auto()
    OTHER_EMAIL = auto()
    BLANKED = auto()
    OTHER_EMAIL_AND_BLANKED = auto()
    TRANSFERRED = auto()
    ABSENT = auto()
    ABSENT_FOR_LONG = auto()
    INACTIVE = auto()
    ENDED_YESTERDAY = auto()
    ENDS_TODAY = auto()
    # Without a row that was taken, and yet nobody may remove them.
    DAMAGED_ROW = auto()
    EXCLUDED_ROW = auto()
    PROTECTED = auto()
    OUTSIDER = auto()
    CONTRADICTS_A_GROUP = auto()
    UNREAD = auto()
    NOT_FOUND = auto()


S = Story
KEPT = {S.STAYS, S.RENAMED, S.OTHER_EMAIL, S.BLANKED, S.OTHER_EMAIL_AND_BLANKED, S.TRANSFERRED,
        S.ENDS_TODAY}  # fmt: skip
GONE = {S.ABSENT, S.ABSENT_FOR_LONG, S.INACTIVE, S.ENDED_YESTERDAY}
CHANGED = {S.RENAMED, S.OTHER_EMAIL, S.BLANKED, S.OTHER_EMAIL_AND_BLANKED}
CLEARED = {S.BLANKED, S.OTHER_EMAIL_AND_BLANKED}
NOBODY_READ = {S.UNREAD, S.NOT_FOUND}
OTHER_KEY = {S.OTHER_EMAIL, S.OTHER_EMAIL_AND_BLANKED}


@dataclass(frozen=True, kw_only=True)
class District:
    """A tenant, a file and a day."""

    stories: dict[int, Story]
    newcomers: int
    unidentified: int
    missing_rows: int
    delta: bool
    ladder: str
    grace: int
    whole: bool
    adds_only: bool
    #: What ASCIP says when it is asked for newcomers by their email and username.
    nobody: bool

    def of(self, *stories: Story) -> list[int]:
        return [number for number, story in self.stories.items() if story in stories]

    @property
    def new(self) -> range:
        return range(9000, 9000 + self.newcomers)

    @property
    def rows(self) -> int:
        lacking = (
            S.ABSENT,
            S.ABSENT_FOR_LONG,
            S.PROTECTED,
            S.OUTSIDER,
            S.CONTRADICTS_A_GROUP,
            *NOBODY_READ,
        )
        return len(self.stories) - len(self.of(*lacking)) + self.newcomers + self.unidentified


def drawn(r: random.Random) -> District:
    people, share = r.choice((12, 19, 20, 21, 40, 90)), r.choice((0.03, 0.15, 0.5))
    odd = [story for story in Story if story not in NOBODY_READ or r.random() < 0.4]
    return District(
        stories={n: r.choice(odd) if r.random() < share else S.STAYS for n in range(1, people + 1)},
        newcomers=r.choice((0, 1, 3, people // 5, people // 3)), unidentified=r.choice((0, 0, 0, 1)),
        missing_rows=r.choice((0, 0, 1, people // 10)), delta=r.random() < 0.2, grace=r.choice((0, 0, 9)),
        ladder=r.choice(("report", "leave_groups", "deactivate", "deactivate")),
        whole=r.random() > 0.1, adds_only=r.random() < 0.1, nobody=r.random() < 0.7,
    )  # fmt: skip


# What the engine gets


def _person(number: int, story: Story) -> Person:
    groups = (HIGH, UNMANAGED) if story is S.OUTSIDER else (DISTRICT, HIGH, UNMANAGED)
    name = f"prot{number}" if story is S.PROTECTED else f"p{number}@lincoln.example"
    return a_person(number, username=name, group_ids=groups)


def _said(story: Story) -> dict[str, Any]:
    """What a row says otherwise than the LMS."""
    said: dict[str, Any] = {"inactive": story is S.INACTIVE}
    if story in (S.ENDED_YESTERDAY, S.ENDS_TODAY):
        said["end_date"] = AS_OF - (DAY if story is S.ENDED_YESTERDAY else 0 * DAY)
    if story in CLEARED:
        said["attributes"] = {"job_title": ""}
    if story is S.RENAMED:
        said["first_name"] = "Zed"
    if story is S.TRANSFERRED:
        said["site_codes"] = ("020",)
    return said


def _records(district: District) -> Iterator[Any]:
    taken = KEPT | {S.INACTIVE, S.ENDED_YESTERDAY}
    for row, number in enumerate(district.of(*taken), 1):
        story = district.stories[number]
        email = {"work_email": f"q{number}@lincoln.example"} if story in OTHER_KEY else {}
        yield a_record(number, row=row, **_said(story), **email)
    for row, number in enumerate(district.new, 1000):
        name = "".join(chr(ord("a") + int(digit)) * 4 for digit in str(number))
        yield a_record(number, row=row, first_name=name, last_name=name[::-1])


def inputs(district: District) -> PlanInputs:
    members = frozenset(set(district.stories) - set(district.of(S.OUTSIDER)))
    doubted = frozenset(district.of(S.CONTRADICTS_A_GROUP))
    groups = {DISTRICT: members, HIGH: frozenset(district.stories) - doubted}
    unread = frozenset(district.of(S.UNREAD))
    snapshot = a_snapshot(
        [_person(n, story) for n, story in district.stories.items() if story not in NOBODY_READ],
        missing_details=unread, gone=frozenset(district.of(S.NOT_FOUND)), list_complete=district.whole,
        groups={id_: Group(id=id_, name="", member_ids=ids) for id_, ids in groups.items()},
        looked_up={(f"p{n}@lincoln.example",) * 2: district.nobody for n in district.new},
    )  # fmt: skip
    window = Window(first=AS_OF, last=AS_OF, policy=WindowPolicy.ADDS_ONLY)
    excluded = tuple(f"E{n}" for n in district.of(S.EXCLUDED_ROW))
    damaged = tuple(f"E{n}" for n in district.of(S.DAMAGED_ROW))
    usual = (
        None
        if district.delta
        else ExtractSize(rows=district.rows + district.missing_rows, size_bytes=0)
    )
    since = AS_OF - 9 * DAY
    return plan_inputs(
        records=list(_records(district)), snapshot=snapshot,
        policy=a_policy(
            mode="delta" if district.delta else "full", calendar=(window,) * district.adds_only,
            removal=RemovalPolicy(ladder=Ladder(district.ladder), grace_days=district.grace),
        ),
        mapping=a_mapping(protected_usernames={f"prot{n}" for n in district.of(S.PROTECTED)}),
        unverified=Unverified(
            identities=damaged + excluded, excluded=excluded, unidentified=district.unidentified
        ),
        absences={n: Absence(since=since, because=Because.ABSENT) for n in district.of(S.ABSENT_FOR_LONG)},
        extract=ExtractFigures(
            size=ExtractSize(rows=district.rows, size_bytes=0), usual=usual,
            quarantined=len(damaged) + district.unidentified,
        ),
    )  # fmt: skip


# What the contract says


def removed(district: District) -> list[int]:
    found = district.of(S.INACTIVE, S.ENDED_YESTERDAY) if not district.grace else []
    if not district.delta:
        found += district.of(
            *((S.ABSENT_FOR_LONG,) if district.grace else (S.ABSENT, S.ABSENT_FOR_LONG))
        )
    return [] if district.ladder == "report" else sorted(found)


def steps(district: District) -> Iterator[Step]:
    for number in district.of(*CHANGED):
        story = district.stories[number]
        clears = story in CLEARED and not district.delta
        if clears or story is not S.BLANKED:
            its = ActionClass.KEY_CHANGES if story in OTHER_KEY else ActionClass.UPDATES
            yield its, Kind.UPDATE, number, None, clears
    for number in district.of(S.TRANSFERRED):
        yield ActionClass.MEMBERSHIPS_ADDED, Kind.JOIN, number, MIDDLE, False
        yield OUT, Kind.LEAVE, number, HIGH, False
    for number in district.new:
        yield ADDS, Kind.ADD, number, None, False
        for group in (DISTRICT, HIGH):
            yield ActionClass.MEMBERSHIPS_ADDED, Kind.JOIN, number, group, False
    for number in removed(district):
        if district.ladder == "deactivate":
            yield REMOVALS, Kind.DEACTIVATE, number, None, False
        else:
            yield REMOVALS, Kind.LEAVE, number, DISTRICT, False
            yield REMOVALS, Kind.LEAVE, number, HIGH, False


def share(of: int, percent: float, least: int = 1) -> int:
    return max(least, 1, int(of * percent * 10) // 1000)


def limits_and_values(district: District, planned: list[Step]) -> dict[str, tuple[int, int]]:
    """Of the gates that are on: limit and value."""
    unread, nobody = len(district.of(S.UNREAD)), len(district.of(*NOBODY_READ))
    active = len(district.stories) - nobody - len(district.of(S.OUTSIDER))
    people = {each: len({step[2] for step in planned if step[0] is each}) for each in ActionClass}
    small, gone = active < 20, people[REMOVALS]
    found = {
        "removals": (3 if small else share(active, 1, 10), gone),
        "unidentified_rows": (1, district.unidentified),
    }
    if active + nobody < 20:
        return found
    names = {OUT: 10, ADDS: 20, ActionClass.UPDATES: 40}
    found |= {each.value: (share(active, percent), people[each]) for each, percent in names.items()}
    quarantined = len(district.of(S.DAMAGED_ROW)) + district.unidentified
    found |= {
        "removals_site": (share(active, 25, 3), gone),  # all of them work at the one site
        "key_changes": (share(active, 1, 3), people[ActionClass.KEY_CHANGES]),
        "blanked": (share(active, 5), sum(step[4] for step in planned)),
        "quarantined": (share(district.rows, 1), quarantined),
        "details_missing": (share(len(district.stories) - nobody + unread, 0.5), unread),
    }
    if not district.delta:
        usual = district.rows + district.missing_rows
        found["rows_fewer"] = (share(usual, 5), district.missing_rows)
    return found


OF_REMOVALS = {"removals", "removals_site", "rows_fewer", "quarantined", "details_missing"}


def hold_of(district: District, step: Step, tripped: set[str]) -> str | None:
    """The reason, strongest first: what no release lifts before what one does."""
    its, _, number, _, clears = step
    if its is ADDS and not (district.whole and (district.nobody or not district.of(*NOBODY_READ))):
        return "target_incomplete"
    if its in (REMOVALS, OUT) and not (district.whole and "details_missing" not in tripped):
        return "target_incomplete"
    of_somebody_new = its is ADDS or (
        its is ActionClass.MEMBERSHIPS_ADDED and number in district.new
    )
    if district.adds_only and not of_somebody_new:
        return "calendar"
    gates = (
        OF_REMOVALS
        if its is REMOVALS
        else {its.value, "details_missing"}
        if its is ADDS
        else {its.value}
    )
    if tripped & gates or (clears and "blanked" in tripped):
        return "gate"
    return "unidentified_rows" if its is REMOVALS and "unidentified_rows" in tripped else None


def naive(district: District) -> int:
    return len(
        district.of(*GONE, S.DAMAGED_ROW, S.EXCLUDED_ROW, S.PROTECTED, S.CONTRADICTS_A_GROUP)
    )


def a_review(plan: Plan, r: random.Random) -> tuple[Review, list[Candidate]]:
    """Some classes are released, some of the plan is selected."""
    candidates = [
        Candidate(
            id=a.id, action_class=a.action_class, person_key=a.person_key, site=a.site, hold=a.hold,
            depends_on=a.depends_on,
        )
        for a in plan.actions
    ]  # fmt: skip
    held = [c.action_class for c in candidates if c.hold in RELEASABLE]
    releases = tuple(
        Release(action_class=each, count=held.count(each), reason="looked at")
        for each in sorted(set(held))
        if r.random() < 0.5
    )
    keys = sorted({c.person_key for c in candidates})
    select = Select(
        people=tuple(r.sample(keys, len(keys) // 2)) if r.random() < 0.3 else (),
        exclude=tuple(r.sample(keys, min(1, len(keys)))) if r.random() < 0.3 else (),
    )
    return (
        Review(decision=Decision.APPROVE, plan_digest="", select=select, releases=releases),
        candidates,
    )


@pytest.mark.parametrize("seed", range(8))
def test_a_plan_is_what_the_contract_says(seed: int) -> None:
    for number in range(12):
        district = drawn(random.Random(f"{seed} {number}"))
        plan, planned = build_plan(inputs(district)), list(steps(district))
        gates = limits_and_values(district, planned)
        # `removals_site` stands in a plan with a limit of its own where nobody is removed.
        on = {
            g.name.value: (g.limit, g.value)
            for g in plan.gates
            if g.limit and g.name != "bytes_fewer"
        }
        if not removed(district):
            gates.pop("removals_site", None), on.pop("removals_site", None)
        assert on == gates, district
        tripped = {name for name, (limit, value) in gates.items() if value >= limit}
        assert {g.name.value for g in plan.gates if g.tripped} == tripped, district
        told = {(a.action_class, a.kind, a.person_key, a.group_id): a.hold for a in plan.actions}
        said = {(s[0], s[1], f"E{s[2]}", s[3]): hold_of(district, s, tripped) for s in planned}
        assert told == said, district
        if not district.delta:
            assert plan.counterfactual.removals == naive(district), district


@pytest.mark.parametrize("seed", range(8))
def test_what_is_approved_passes_every_gate_or_was_released_and_can_be_applied(seed: int) -> None:
    for number in range(12):
        r = random.Random(f"{seed} {number}")
        plan = build_plan(inputs(drawn(r)))
        review, candidates = a_review(plan, r)
        try:
            statuses = statuses_after(review, candidates)
        except Conflict as error:
            if error.code != "nothing_approved":
                raise
            continue
        approved = [a for a in plan.actions if statuses[a.id] is ActionStatus.PLANNED]
        released, counts = {release.action_class for release in review.releases}, count(approved)
        assert not unreleased(judge_again(plan.gates, counts), counts, released), (
            "no way to apply it"
        )
        for action in approved:
            assert action.hold is None or action.action_class in released
            assert all(statuses[needed] is ActionStatus.PLANNED for needed in action.depends_on)
            held_by = [gate.name for gate in plan.gates if gate.tripped and gate.holds(action)]
            assert not held_by or action.action_class in released
