"""Every page in the states that it can be in, by the world that shows it so."""

import re
from dataclasses import dataclass

from shared.domain.access import Role
from tests.fakes.installation import Installation

_NEWEST = "SELECT id FROM run WHERE state = :state AND feed = 'staff' ORDER BY number DESC LIMIT 1"
_RECORD = "SELECT id FROM quarantine WHERE state = :state AND feed <> 'staff' ORDER BY id LIMIT 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A page in a state."""

    name: str
    world: str
    #: `{applied}` is the newest run in that state, `{record:new}` a quarantined record.
    path: str
    role: Role | None = Role.ADMIN

    def __str__(self) -> str:
        return self.name


def address(engine: Installation, path: str) -> str:
    """A path with what it names filled in."""

    def found(match: re.Match[str]) -> str:
        what, _, state = match[1].rpartition(":")
        query = _RECORD if what == "record" else _NEWEST
        return str(engine.database.value(query, state=state))

    return re.sub(r"\{([a-z_:]+)\}", found, path)


#: Name, world, path.
_SEEN_BY_AN_ADMINISTRATOR = (
    ("overview-empty", "empty", "/"),
    ("overview-awaiting", "awaiting", "/"),
    ("overview-held", "held", "/"),
    ("overview", "history", "/"),
    ("problem-not-found", "empty", "/nowhere"),
    ("runs-empty", "empty", "/runs"),
    ("runs", "history", "/runs"),
    ("runs-trends", "history", "/runs/trends"),
    ("new-run", "empty", "/runs/new"),
    ("new-run-governed", "history", "/runs/new?feed=osha_inventory"),
    ("validation", "review", "/runs/{awaiting_approval}/validation"),
    ("validation-rejected", "history", "/runs/{rejected_input}/validation"),
    ("validation-skipped", "history", "/runs/{skipped_unchanged}/validation"),
    ("plan-awaiting", "awaiting", "/runs/{awaiting_approval}/plan"),
    ("plan-held", "held", "/runs/{held}/plan"),
    ("plan-review", "review", "/runs/{awaiting_approval}/plan"),
    ("plan-filtered", "review", "/runs/{awaiting_approval}/plan?class=removals"),
    ("plan-filter-finds-nothing", "review", "/runs/{awaiting_approval}/plan?q=nobody-at-all"),
    ("plan-spot-check", "review", "/runs/{awaiting_approval}/plan/spot-check"),
    ("plan-applied", "history", "/runs/{applied}/plan"),
    ("plan-discarded", "history", "/runs/{discarded}/plan"),
    ("plan-stale", "history", "/runs/{stale}/plan"),
    ("plan-four-eyes", "four_eyes", "/runs/{awaiting_approval}/plan"),
    ("progress-approved", "approved", "/runs/{approved}/apply"),
    ("progress-applied", "history", "/runs/{applied}/apply"),
    ("progress-failed", "history", "/runs/{failed}/apply"),
    ("progress-with-errors", "errors", "/runs/{applied_with_errors}/apply"),
    ("report-applied", "history", "/runs/{applied}/report"),
    ("report-no-changes", "history", "/runs/{no_changes}/report"),
    ("report-with-errors", "errors", "/runs/{applied_with_errors}/report"),
    ("report-canceled", "canceled", "/runs/{canceled}/report"),
    ("cancel-asked", "approved", "/runs/{approved}/cancel"),
    ("people", "review", "/people"),
    ("people-found", "review", "/people?q=garcia"),
    ("people-none", "review", "/people?q=nobody-of-this-name"),
    ("person", "review", "/people/E10100"),
    ("mapping-empty", "empty", "/mapping"),
    ("mapping", "review", "/mapping"),
    ("mapping-versions", "review", "/mapping/versions"),
    ("quarantine-empty", "empty", "/quarantine"),
    ("quarantine", "history", "/quarantine"),
    ("record-regressed", "history", "/quarantine/{record:regressed}"),
    ("record-new", "history", "/quarantine/{record:new}"),
    ("record-resolved", "history", "/quarantine/{record:resolved}"),
    ("audit", "history", "/audit"),
    ("settings", "history", "/settings"),
    ("readiness", "history", "/settings/readiness"),
    ("limits", "history", "/settings/limits"),
    ("calendar", "history", "/settings/calendar"),
    ("mail", "history", "/settings/mail"),
    ("retention", "history", "/settings/retention"),
    ("sync-switch", "history", "/settings/sync"),
    ("users", "history", "/settings/users"),
    ("user-new", "empty", "/settings/new-user"),
    ("user", "empty", "/settings/users/kim"),
    ("user-reset", "empty", "/settings/users/kim/reset"),
    ("user-disable", "empty", "/settings/users/kim/disable"),
    ("keys", "history", "/settings/keys"),
    ("key-new", "empty", "/settings/new-key"),
    ("password", "history", "/password"),
    ("plan-large", "large", "/runs/{awaiting_approval}/plan"),
    ("plan-large-filtered", "large", "/runs/{awaiting_approval}/plan?status=held"),
)
PLACES = (
    Place(name="sign-in", world="empty", path="/sign-in", role=None),
    *(Place(name=name, world=world, path=path) for name, world, path in _SEEN_BY_AN_ADMINISTRATOR),
)
