"""Groups of a plan's actions in words: identical changes are one line, however many people they are of."""

from collections.abc import Iterator

from services.cli.render_actions import SYMBOLS, bucket_names, change_text
from shared.domain.action import Kind
from shared.domain.run import TargetName
from shared.pipeline.look import PlanView, group_actions
from shared.pipeline.tools import Tools
from shared.ports.plans import ActionFilter
from shared.ports.views import ActionGroup, GroupBy, Page, PageOf

#: The most lines of identical changes on the first screen.
_MOST_SAME = 3
#: The most groups on the first screen, where they are asked for.
_MOST_GROUPS = 20
_REPEATED = ActionFilter(kinds=(Kind.UPDATE, Kind.JOIN, Kind.LEAVE))


def same_lines(tools: Tools, view: PlanView) -> Iterator[str]:
    """What is done to the most people, for the first screen."""
    page = PageOf(limit=_MOST_SAME)
    for group in group_actions(tools, view.plan.id, GroupBy.CHANGE, _REPEATED, page).items:
        if group.count > 1:
            yield _identical(view, group)


def grouped(tools: Tools, view: PlanView, by: GroupBy) -> Iterator[str]:
    """The largest groups, for the first screen."""
    page = PageOf(limit=_MOST_GROUPS)
    return group_lines(view, by, group_actions(tools, view.plan.id, by, ActionFilter(), page))


def group_lines(view: PlanView, by: GroupBy, found: Page[ActionGroup]) -> Iterator[str]:
    """A page of groups, largest first."""
    for group in found.items:
        if by is GroupBy.CHANGE:
            yield _identical(view, group)
        else:
            key = bucket_names(view.plan.facts).get(group.key, group.key)
            yield f"  {group.count:>9,}  {key}{_held(group)}"
    if (more := found.total - len(found.items)) > 0:
        more_of = f"ascip-sync show {view.plan.id} --group-by {by.value} --limit N"
        yield f"    … and {more:,} more groups: {more_of}"
    if not found.items:
        yield f"The plan has no groups by {by.value}."


def _identical(view: PlanView, group: ActionGroup) -> str:
    action, change = group.first, group.change
    if change:
        what = change_text(change, bucket_names(view.plan.facts))
        what += f"   held: {change.hold.value}" if change.hold else ""
    elif action.group_id:
        what = f'{action.kind.value} "{action.group_name}" ({action.group_id})'
    else:
        what = action.kind.value
    some = ("record", "records") if view.run.target is TargetName.RECORDS else ("person", "people")
    return (
        f"  {SYMBOLS[action.kind]} {group.count:,} {some[group.count != 1]}: {what}{_held(group)}"
    )


def _held(group: ActionGroup) -> str:
    return f"   ({group.held:,} held)" if group.held else ""
