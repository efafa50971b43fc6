"""The review form: what somebody filled in as a `Review`, with mistakes told field by field."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.console.forms import Fault, Sent
from services.console.words import counted, sentence
from shared.domain.action import ActionClass
from shared.domain.review import Decision, Release, Review, Select
from shared.pipeline.review_desk import ReviewDesk

#: What the form calls an approval that also fills in releases.
_RELEASE = "release"


@dataclass(slots=True)
class Reading:
    """A form as read: a review, or faults."""

    review: Review | None = None
    found: list[Fault] = field(default_factory=list)


def read_review(sent: Sent, desk: ReviewDesk) -> Reading:
    """The review that was filled in. The engine checks it once more: it may not be what is true now."""
    reading = Reading()
    wanted = sent.one("decision")
    if wanted == Decision.DISCARD:
        reading.review = _review(sent, Decision.DISCARD, Select(), ())
        return reading
    if wanted not in {Decision.APPROVE, _RELEASE}:
        reading.found.append(Fault("decision", "Choose what to decide"))
        return reading
    if desk.free_removals and sent.one("reviewed_removals") != "yes":
        what = counted(desk.free_removals, "removal")
        reading.found.append(Fault("reviewed_removals", f"Confirm that you reviewed the {what}"))
    releases = _releases(sent, desk, reading.found) if wanted == _RELEASE else ()
    if wanted == _RELEASE and not releases and not reading.found:
        first = next(iter(desk.releasable), None)
        at = f"release_{first}" if first else f"people_{next(iter(desk.by_name), '')}"
        reading.found.append(Fault(at, "Type the number of what you release, and a reason"))
    if not reading.found:
        reading.review = _review(sent, Decision.APPROVE, _select(sent), releases)
    return reading


def _review(sent: Sent, decision: Decision, select: Select, releases: Sequence[Release]) -> Review:
    return Review(
        decision=decision, plan_digest=sent.one("plan_digest"), select=select,
        releases=tuple(releases), comment=sent.one("comment"),
    )  # fmt: skip


def _select(sent: Sent) -> Select:
    known = {each.value for each in ActionClass}
    return Select(
        classes=tuple(ActionClass(c) for c in sent.all("classes") if c in known),
        sites=_list(sent, "sites"), people=_list(sent, "people"), exclude=_list(sent, "exclude"),
    )  # fmt: skip


def _list(sent: Sent, name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in sent.one(name).split(",") if part.strip())


def _releases(sent: Sent, desk: ReviewDesk, found: list[Fault]) -> tuple[Release, ...]:
    releases = []
    for each, count in desk.releasable.items():
        typed, reason = sent.one(f"release_{each}"), sent.one(f"reason_{each}")
        if not typed and not reason:
            continue
        if _number(typed) != count:
            words = f"{sentence(each)}: type {count:,}, the number of what is held, to release it"
            found.append(Fault(f"release_{each}", words))
        if not reason:
            found.append(Fault(f"reason_{each}", f"{sentence(each)}: say why you release them"))
        releases.append(Release(action_class=each, count=count, reason=reason))
    for each in desk.by_name:
        people = _list(sent, f"people_{each}")
        if not people:
            continue
        typed, reason = sent.one(f"named_{each}"), sent.one(f"why_{each}")
        number = _number(typed)
        if number is None:
            words = f"{sentence(each)}: type how many actions of these people you release"
            found.append(Fault(f"named_{each}", words))
        if not reason:
            found.append(Fault(f"why_{each}", f"{sentence(each)}: say why you release them"))
        releases.append(Release(action_class=each, count=number or 0, reason=reason, people=people))
    return tuple(releases)


def _number(typed: str) -> int | None:
    """A number as people write it: 1,204 is 1204."""
    digits = typed.replace(",", "").replace(" ", "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None
