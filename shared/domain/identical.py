"""Identical changes: what a reviewer can judge once for everybody it is done to."""

from collections.abc import Iterator

from shared.domain.action import Action, Change, Kind
from shared.domain.canonical import fingerprint

_DIGITS = 16


def identical_parts(action: Action) -> Iterator[tuple[str, Change | None]]:
    """The keys of what an action does, each with its change.

    An update has one for each of its changes. What it holds is another change than what it sends, and
    names of ids make no difference. Other actions have one: their kind and the group.
    """
    if action.kind is not Kind.UPDATE:
        yield fingerprint([action.kind.value, action.group_id])[:_DIGITS], None
        return
    for change in action.changes:
        yield fingerprint(change.body())[:_DIGITS], change
