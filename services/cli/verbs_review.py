"""`approve` and `discard`."""

import json
from dataclasses import dataclass
from pathlib import Path

from services.cli.exits import Exit
from services.cli.session import open_session
from shared.domain.access import Scope
from shared.domain.action import ActionClass, ActionStatus
from shared.domain.errors import NotFound
from shared.domain.review import Decision, Release, Review, Select
from shared.pipeline.decide import decide
from shared.pipeline.look import view_plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the command line says about an approval."""

    only: tuple[str, ...]
    sites: tuple[str, ...]
    people: tuple[str, ...]
    exclude: tuple[str, ...]
    #: `CLASS=N`
    releases: tuple[str, ...]
    release_people: tuple[str, ...]
    reason: str
    comment: str


def approve(config: Path | None, plan_id: str, digest: str, wish: Wish, *, as_json: bool) -> int:
    """Record the approval and say what it covers."""
    review = Review(
        decision=Decision.APPROVE,
        plan_digest=_plain(digest),
        select=Select(
            classes=tuple(map(_class, wish.only)), sites=wish.sites, people=wish.people,
            exclude=wish.exclude,
        ),
        releases=tuple(_release(text, wish) for text in wish.releases),
        comment=wish.comment,
    )  # fmt: skip
    with open_session(config) as session:
        view = view_plan(session.tools, plan_id)
        actor = session.act(Scope.PLANS_REVIEW)
        mapping = session.loaded.mapping_sha256
        decide(session.tools, view.plan.id, review, actor, mapping=mapping)
        counts: dict[ActionStatus, int] = {}
        for (_, status), count in view_plan(session.tools, plan_id).kind_counts.items():
            counts[status] = counts.get(status, 0) + count
    if as_json:
        print(json.dumps({"plan_id": view.plan.id, "actor": str(actor), "actions": counts}))
        return Exit.DONE
    approved = counts.get(ActionStatus.PLANNED, 0)
    print(
        f"Approved by {actor}: {approved:,} {'action' if approved == 1 else 'actions'};"
        f" {counts.get(ActionStatus.HELD, 0):,} stay held,"
        f" {counts.get(ActionStatus.NOT_APPROVED, 0):,} not approved."
    )
    print(f"Next: ascip-sync apply {view.plan.id}")
    return Exit.DONE


def discard(config: Path | None, plan_id: str, digest: str, comment: str, *, as_json: bool) -> int:
    """Record that the plan is never applied."""
    review = Review(decision=Decision.DISCARD, plan_digest=_plain(digest), comment=comment)
    with open_session(config, working=True) as session:
        view = view_plan(session.tools, plan_id)
        actor = session.act(Scope.PLANS_REVIEW)
        decide(session.tools, view.plan.id, review, actor)
    if as_json:
        print(json.dumps({"plan_id": view.plan.id, "actor": str(actor), "state": "discarded"}))
        return Exit.DONE
    print(f"Discarded {view.plan.id}. Nothing was written to ASCIP.")
    return Exit.DONE


def _plain(digest: str) -> str:
    return digest.removeprefix("sha256:").strip().lower()


def _class(name: str) -> ActionClass:
    try:
        return ActionClass(name)
    except ValueError:
        known = ", ".join(ActionClass)
        raise NotFound(f"{name!r} is not a class; known: {known}. Nothing was written.") from None


def _release(text: str, wish: Wish) -> Release:
    name, _, count = text.partition("=")
    if not count.isdigit():
        raise NotFound(f"--release wants CLASS=N, not {text!r}. Nothing was written.")
    return Release(
        action_class=_class(name), count=int(count), reason=wish.reason, people=wish.release_people
    )
