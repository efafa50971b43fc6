"""What each gate is: its name, what it holds, at what it trips, the setting. The reference shows this."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.action import ActionClass
from shared.domain.policy import Limits, PercentLimit


class GateName(StrEnum):
    """Every limit; all but the last three are judged over a plan."""

    REMOVALS = "removals"
    REMOVALS_SITE = "removals_site"
    MEMBERSHIPS_REMOVED = "memberships_removed"
    ADDS = "adds"
    UPDATES = "updates"
    KEY_CHANGES = "key_changes"
    BLANKED = "blanked"
    ROWS_FEWER = "rows_fewer"
    BYTES_FEWER = "bytes_fewer"
    QUARANTINED = "quarantined"
    UNIDENTIFIED_ROWS = "unidentified_rows"
    DETAILS_MISSING = "details_missing"
    SNAPSHOT_FEWER = "snapshot_fewer"
    FAILURES = "failures"
    CONFLICTS = "conflicts"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRule:
    """A line of the reference; a gate without classes holds no class but stops the run."""

    #: Most dangerous first.
    classes: tuple[ActionClass, ...] = ()
    holds: str
    trips: Callable[[Limits], str]
    #: The table of the configuration that has its limit.
    setting: str | None


_PEOPLE = "of active managed people"
_USUAL = "fewer than the median of the last five good extracts"


def _share(of: str, limit: Callable[[Limits], PercentLimit]) -> Callable[[Limits], str]:
    return lambda limits: f"{limit(limits).percent:g} % {of}"


_C = ActionClass
RULES: Mapping[GateName, GateRule] = {
    GateName.REMOVALS: GateRule(
        classes=(_C.REMOVALS,), holds="removals", setting="limits.removals",
        trips=lambda a: f"the larger of {a.removals.count} people and {a.removals.percent:g} %"
        f" {_PEOPLE}; below {a.min_population} people: {a.removals.small_count}",
    ),
    GateName.REMOVALS_SITE: GateRule(
        classes=(_C.REMOVALS,), holds="removals of that site", setting="limits.removals",
        trips=lambda a: f"{a.removals.site_percent:g} % of the site's active managed people,"
        f" and at least {a.removals.site_min}",
    ),
    GateName.MEMBERSHIPS_REMOVED: GateRule(
        classes=(_C.MEMBERSHIPS_REMOVED,), holds="memberships_removed",
        setting="limits.memberships_removed", trips=_share(_PEOPLE, lambda a: a.memberships_removed),
    ),
    GateName.ADDS: GateRule(
        classes=(_C.ADDS,), holds="adds", setting="limits.adds",
        trips=_share(_PEOPLE, lambda a: a.adds),
    ),
    GateName.UPDATES: GateRule(
        classes=(_C.UPDATES,), holds="updates", setting="limits.updates",
        trips=_share(_PEOPLE, lambda a: a.updates),
    ),
    GateName.KEY_CHANGES: GateRule(
        classes=(_C.KEY_CHANGES,), holds="key_changes", setting="limits.key_changes",
        trips=lambda a: f"{a.key_changes.percent:g} % {_PEOPLE}, and at least {a.key_changes.min}",
    ),
    GateName.BLANKED: GateRule(
        classes=(_C.UPDATES, _C.KEY_CHANGES), holds="updates that clear a value",
        setting="limits.blanked", trips=_share(_PEOPLE, lambda a: a.blanked),
    ),
    GateName.ROWS_FEWER: GateRule(
        classes=(_C.REMOVALS,), holds="removals", setting="limits.rows_fewer",
        trips=_share(f"{_USUAL}: rows", lambda a: a.rows_fewer),
    ),
    GateName.BYTES_FEWER: GateRule(
        classes=(_C.REMOVALS,), holds="removals", setting="limits.bytes_fewer",
        trips=_share(f"{_USUAL}: bytes", lambda a: a.bytes_fewer),
    ),
    GateName.QUARANTINED: GateRule(
        classes=(_C.REMOVALS,), holds="removals", setting="limits.quarantined",
        trips=_share("of the rows were not taken", lambda a: a.quarantined),
    ),
    GateName.UNIDENTIFIED_ROWS: GateRule(
        classes=(_C.REMOVALS,), holds="removals", setting=None,
        trips=lambda _: "one damaged row that names nobody",
    ),
    GateName.DETAILS_MISSING: GateRule(
        classes=(_C.REMOVALS, _C.ADDS), holds="removals and adds", setting="limits.details_missing",
        trips=_share("of the people that ASCIP lists could not be read", lambda a: a.details_missing),
    ),
    GateName.SNAPSHOT_FEWER: GateRule(
        holds="the whole run: `failed`, nothing is planned", setting="limits.snapshot_fewer",
        trips=lambda a: f"{a.snapshot_fewer.percent:g} % fewer people in ASCIP than at the last whole"
        " read, or an empty list",
    ),
    GateName.FAILURES: GateRule(
        holds="while applying: pauses the run with `failure_rate`", setting="limits.failures",
        trips=lambda a: f"{a.failures.percent:g} % of the approved actions,"
        f" or {a.failures.in_a_row} in a row",
    ),
    GateName.CONFLICTS: GateRule(
        holds="while applying: pauses the run with `conflict_rate`", setting="limits.conflicts",
        trips=_share("of the approved actions", lambda a: a.conflicts),
    ),
}  # fmt: skip
