"""How two plans over the same extract and snapshot differ: what another mapping would change."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.domain.action import Action, Change, Kind
from shared.domain.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDifference:
    """Somebody who would be treated otherwise; what, in words without values."""

    person_key: str
    email_masked: str
    today: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDifference:
    """Counts under today's mapping and under the new one, and whose actions differ."""

    kinds: Mapping[str, tuple[int, int]]
    classes: Mapping[str, tuple[int, int]]
    #: By reason for being held: actions, and rows of the extract that are held whole.
    holds: Mapping[str, tuple[int, int]]
    held_rows: Mapping[str, tuple[int, int]]
    people: tuple[PersonDifference, ...]

    @property
    def same(self) -> bool:
        """Whether nothing would be otherwise."""
        return not self.people and all(a == b for a, b in self.held_rows.values())


def compare_plans(
    today: Plan, new: Plan, buckets: Mapping[int, str] | None = None
) -> PlanDifference:
    """What would be otherwise; the order of either plan makes no difference.

    Args:
        buckets: what they are called, by id.
    """
    names = {f"buckets.{id_}": f"bucket {name!r}" for id_, name in (buckets or {}).items()}
    before, after = _by_person(today), _by_person(new)
    changed = [
        key
        for key in sorted({*before, *after})
        if _bodies(before.get(key, ())) != _bodies(after.get(key, ()))
    ]
    plans = (today, new)
    return PlanDifference(
        kinds=_both(*(Counter(a.kind.value for a in p.actions) for p in plans)),
        classes=_both(*(Counter(a.action_class.value for a in p.actions) for p in plans)),
        holds=_both(*(Counter(a.hold.value for a in p.actions if a.hold) for p in plans)),
        held_rows=_both(*(Counter(row.reason.value for row in p.held_rows) for p in plans)),
        people=tuple(
            _person(key, before.get(key, []), after.get(key, []), names) for key in changed
        ),
    )


def _by_person(plan: Plan) -> dict[str, list[Action]]:
    found: dict[str, list[Action]] = {}
    for action in plan.actions:
        found.setdefault(action.person_key, []).append(action)
    return found


def _bodies(actions: Iterable[Action]) -> set[str]:
    return {action.hash for action in actions}


def _both(today: Counter[str], new: Counter[str]) -> dict[str, tuple[int, int]]:
    return {name: (today[name], new[name]) for name in sorted({*today, *new})}


def _person(
    key: str, today: list[Action], new: list[Action], names: Mapping[str, str]
) -> PersonDifference:
    return PersonDifference(
        person_key=key, email_masked=next(a.email_masked for a in [*new, *today]),
        today=tuple(_words(action, names) for action in today),
        new=tuple(_words(action, names) for action in new),
    )  # fmt: skip


def _words(action: Action, names: Mapping[str, str]) -> str:
    if action.kind in (Kind.JOIN, Kind.LEAVE):
        what = f"{action.kind.value} {action.group_name!r}"
    else:
        fields = ", ".join(_field(change, names) for change in action.changes)
        what = f"{action.kind.value} ({fields})" if fields else action.kind.value
    return f"{what}, held: {action.hold.value}" if action.hold else what


def _field(change: Change, names: Mapping[str, str]) -> str:
    """Names of reference data are told; a person's own values are not."""
    name = names.get(change.path, change.path)
    if change.hold:
        return f"{name}, held: {change.hold.value}"
    return f"{name} -> {change.after_name!r}" if change.after_name else name
