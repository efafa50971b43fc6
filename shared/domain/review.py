"""Reviews: who decided what about which digest, and which actions that approves. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from shared.domain.action import (
    RELEASABLE,
    RELEASABLE_BY_NAME,
    ActionClass,
    ActionStatus,
    HeldReason,
)
from shared.domain.canonical import Json
from shared.domain.dependencies import falling_with
from shared.domain.errors import Conflict
from shared.domain.text import fold


class Decision(StrEnum):
    """What a review decides."""

    APPROVE = "approve"
    DISCARD = "discard"

    @property
    def done(self) -> str:
        """What has become of the plan, in a word."""
        match self:
            case Decision.APPROVE:
                return "approved"
            case Decision.DISCARD:
                return "discarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """Which actions an approval takes; an empty field doesn't narrow."""

    classes: tuple[ActionClass, ...] = ()
    sites: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def takes(self, action: "Candidate") -> bool:
        """Whether an action is selected, dependencies aside."""
        people, exclude = set(map(fold, self.people)), set(map(fold, self.exclude))
        return (
            (not self.classes or action.action_class in self.classes)
            and (not self.sites or action.site in self.sites)
            and (not people or fold(action.person_key) in people)
            and fold(action.person_key) not in exclude
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Lifts what gates hold in a class; ``count`` is the number it lifts, typed by a person.

    With ``people``: those persons' actions held as `possible_duplicate` or `privileged_role`.
    """

    action_class: ActionClass
    count: int
    reason: str
    people: tuple[str, ...] = ()

    def lifts(self, action: "Candidate") -> bool:
        """Whether it lifts the hold of an action."""
        if action.action_class is not self.action_class or action.hold is None:
            return False
        if not self.people:
            return action.hold in RELEASABLE
        by_person = action.hold in RELEASABLE_BY_NAME
        return by_person and fold(action.person_key) in set(map(fold, self.people))


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A decision about a plan; it names the digest it was made for."""

    decision: Decision
    plan_digest: str
    select: Select = Select()
    releases: tuple[Release, ...] = ()
    comment: str = ""

    @property
    def takes_all(self) -> bool:
        """Whether it approves whatever isn't held, and releases nothing."""
        return self.select == Select() and not self.releases

    def to_json(self) -> dict[str, Json]:
        """The form in which it is stored and sent."""
        return {
            "decision": self.decision.value,
            "plan_digest": self.plan_digest,
            "select": {
                "classes": [c.value for c in self.select.classes],
                "sites": list(self.select.sites),
                "people": list(self.select.people),
                "exclude": list(self.select.exclude),
            },
            "releases": [
                {
                    "class": r.action_class.value, "count": r.count, "reason": r.reason,
                    "people": list(r.people),
                }
                for r in self.releases
            ],
            "comment": self.comment,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What a review needs to know of an action."""

    id: str
    action_class: ActionClass
    person_key: str
    site: str | None
    hold: HeldReason | None
    depends_on: tuple[str, ...]


def statuses_after(review: Review, actions: Iterable[Candidate]) -> dict[str, ActionStatus]:
    """Status of every action after an approval: `planned`, `held` or `not_approved`.

    Raises:
        Conflict: a release doesn't name the number it lifts, gives no reason, or nothing is approved.
    """
    candidates = list(actions)
    _check_names(review.select, candidates)
    _check_releases(review, candidates)
    lifted = {a.id for a in candidates if any(r.lifts(a) for r in review.releases)}
    held = {a.id for a in candidates if a.hold and a.id not in lifted}
    taken = {a.id for a in candidates if a.id not in held and review.select.takes(a)}
    # A membership goes only with the add it depends on, and so on along a chain.
    left_out = {a.id for a in candidates} - taken
    taken -= falling_with(left_out, ((a.id, a.depends_on) for a in candidates))
    require_something(taken)

    def status(action: Candidate) -> ActionStatus:
        if action.id in taken:
            return ActionStatus.PLANNED
        return ActionStatus.HELD if action.id in held else ActionStatus.NOT_APPROVED

    return {action.id: status(action) for action in candidates}


def require_something(taken: object) -> None:
    """Refuse an approval that approves nothing. Raises `Conflict`."""
    if not taken:
        raise Conflict(
            "Nothing of this plan would be approved: what isn't held was not selected."
            " Nothing was written. Release a class, or discard the plan.",
            code="nothing_approved",
        )


def _check_names(select: Select, candidates: list[Candidate]) -> None:
    """Refuse names the plan doesn't have: a typo must not approve, or leave out, somebody else."""
    people = {fold(candidate.person_key) for candidate in candidates}
    sites = {candidate.site for candidate in candidates}
    unknown = [p for p in (*select.people, *select.exclude) if fold(p) not in people]
    unknown += [site for site in select.sites if site not in sites]
    if unknown:
        raise Conflict(
            f"Nobody and no site of this plan is called {', '.join(unknown)}. Nothing was written."
            " Look at the plan and correct the selection.",
            code="selection_unknown",
        )


def _check_releases(review: Review, candidates: list[Candidate]) -> None:
    twice = [
        c
        for c, n in Counter(r.action_class for r in review.releases if not r.people).items()
        if n > 1
    ]
    if twice:
        raise Conflict(
            f"The class {twice[0].value} is released twice. Nothing was written.",
            code="release_twice",
        )
    for release in review.releases:
        lifts = sum(1 for action in candidates if release.lifts(action))
        if not lifts:
            _refuse_idle(release, candidates)
        if release.count != lifts:
            raise Conflict(
                f"The release of {release.action_class.value} names {release.count},"
                f" {lifts} are held. Nothing was written. Look at the plan and type its number.",
                code="release_count",
            )
        if not release.reason.strip():
            raise Conflict(
                f"The release of {release.action_class.value} gives no reason."
                " Nothing was written. Add --reason TEXT.",
                code="release_reason",
            )


def _refuse_idle(release: Release, candidates: list[Candidate]) -> NoReturn:
    """Refuse a release that lifts nothing: its class isn't held, or not so that it could lift it."""
    name = release.action_class.value
    holds = {a.hold for a in candidates if a.hold and a.action_class is release.action_class}
    why, then = f"no hold on {name} is one that it lifts", "Leave the release out."
    if not holds:
        why = f"no {name} are held"
    elif holds & RELEASABLE_BY_NAME:
        why = "it names nobody who is held" if release.people else "they are released by name"
        then = "Name the people as the plan does: --release-people ID."
    raise Conflict(
        f"The release of {name} lifts nothing: {why}. Nothing was written. {then}",
        code="release_count",
    )
