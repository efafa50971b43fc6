"""A plan that takes a run back, in words: what of the run stays, and why."""

from collections.abc import Iterator

from shared.domain.reversal import LEFT_OUT_WORDS
from shared.domain.run import TargetName
from shared.pipeline.look import PlanView


def reversal_lines(view: PlanView, most: int) -> Iterator[str]:
    """What the plan takes back, what it can't, and whom it leaves out; for a run that reads no file."""
    run = view.run
    yield f"Takes back {run.reverts}: what it wrote and nobody has changed since."
    if stays := _what_stays(view):
        yield stays
    for group in view.left_out:
        first = group.first[:most]
        shown = ", ".join(
            f"{who.key} ({', '.join(who.fields)})" if who.fields else who.key for who in first
        )
        more = f" and {group.count - len(first):,} more" if group.count > len(first) else ""
        yield f"Left out, {group.count:,} {LEFT_OUT_WORDS[group.reason]}: {shown}{more}"


def nothing_line(view: PlanView) -> str:
    """That there is nothing to do, and why."""
    told = "\n".join(reversal_lines(view, most=10))
    return f"Nothing to take back: everything of {view.run.reverts} is undone already or left out.\n{told}"


def _what_stays(view: PlanView) -> str | None:
    """What can't be undone as such."""
    if view.run.target is TargetName.RECORDS:
        return "No version is deleted: what the run added is retired, what it changed gets a new version."
    if added := int(str(view.plan.facts["added_then"])):
        whom = "the person whom it added ends" if added == 1 else f"the {added:,} whom it added end"
        but = ", but for who is left out" if view.left_out else ""
        return f"Nobody is deleted: {whom} inactive and out of the groups it put them in{but}."
    return None
