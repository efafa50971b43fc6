"""Bodies of `/removals` and `/shadow`."""

from typing import Any

from pydantic import Field

from services.ingest.schemas import Answered, Listed
from shared.domain.absence import Because
from shared.domain.action import ActionStatus, Kind


class RemovalDocument(Answered):
    """A removal with its evidence."""

    id: str = Field(examples=["rem_41"])
    person: dict[str, Any]
    kind: Kind
    groups: int = Field(description="Groups they were taken out of; 0 of a deactivation.")
    status: ActionStatus
    applied_at: str | None
    because: Because | None
    end_date: str | None
    absent_since: str | None
    grace_days: int | None
    leaves_on: str | None
    last_seen: dict[str, Any] | None = Field(description="Null for who never was in an extract.")
    found_in: dict[str, Any]
    plan_id: str
    approved_by: str
    approved_at: str
    comment: str
    released_by: str | None
    release_reason: str | None


class RemovalList(Listed):
    """Removals, newest first."""

    data: list[RemovalDocument]


class ShadowDocument(Answered):
    """What would have happened."""

    days: int
    verdict: list[str]
    extracts: list[dict[str, Any]] = Field(description="Each by itself, oldest first.")
    not_planned: int
    removed: int = Field(description="People whom some plan would have removed.")
    removals_held: int = Field(
        description="Those of them whom no plan would have removed unreleased."
    )
    returned: list[dict[str, Any]] = Field(description="Those of them in a later extract.")
    newest: dict[str, Any]
