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


PLACES = (
    Place(name="sign-in", world="empty", path="/sign-in", role=None),
    Place(name="problem-not-found", world="empty", path="/nowhere"),
    Place(name="overview-empty", world="empty", path="/"),
    Place(name="overview", world="history", path="/"),
    Place(name="overview-awaiting", world="awaiting", path="/", role=Role.APPROVER),
    Place(name="overview-held", world="held", path="/", role=Role.VIEWER),
    Place(name="trends-empty", world="empty", path="/runs/trends"),
    Place(name="trends", world="history", path="/runs/trends"),
    Place(name="runs-none", world="history", path="/runs?state=paused&trigger=sftp"),
    Place(name="compare-choose", world="history", path="/runs/compare"),
    Place(name="compare", world="history", path="/runs/compare?run={applied}&run={failed}"),
    Place(name="runs-empty", world="empty", path="/runs"),
    Place(name="runs", world="history", path="/runs"),
    Place(name="plan-awaiting", world="awaiting", path="/runs/{awaiting_approval}/plan"),
    Place(name="plan-held", world="held", path="/runs/{held}/plan"),
    Place(name="plan-review", world="review", path="/runs/{awaiting_approval}/plan"),
    Place(
        name="plan-filtered", world="review", path="/runs/{awaiting_approval}/plan?class=removals"
    ),
    Place(name="plan-applied", world="history", path="/runs/{applied}/plan"),
    Place(name="validation", world="review", path="/runs/{awaiting_approval}/validation"),
    Place(name="validation-rejected", world="history", path="/runs/{rejected_input}/validation"),
    Place(name="new-run", world="empty", path="/runs/new"),
    Place(name="new-run-governed", world="empty", path="/runs/new?feed=epa_waste"),
    Place(name="people", world="review", path="/people"),
    Place(name="people-found", world="review", path="/people?q=garcia"),
    Place(name="people-none", world="review", path="/people?q=nobody-of-this-name"),
    Place(name="person", world="review", path="/people/E10100"),
    Place(name="plan-large", world="large", path="/runs/{awaiting_approval}/plan"),
)
