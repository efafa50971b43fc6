"""Query parameters of lists: which part, and which items."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from services.ingest.schemas import Name, Words
from shared.domain.action import ActionClass, ActionStatus, HeldReason, Kind, Mark
from shared.domain.record import RecordStatus
from shared.domain.remediation import QuarantineState
from shared.domain.run import RunState
from shared.pipeline.look import searched
from shared.ports.plans import ActionFilter
from shared.ports.presence import RemovalFilter
from shared.ports.remediation import QuarantineFilter, QuarantineSort
from shared.ports.views import ActionSort, GroupBy, PageOf, RecordFilter

GroupKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]


class _Query(BaseModel):
    """Which part of a list."""

    model_config = ConfigDict(extra="forbid")
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    starting_after: Annotated[
        str | None, StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9_]*$")
    ] = Field(None, description="The `next` of the page before.")

    @property
    def page(self) -> PageOf:
        """In the engine's words."""
        return PageOf(after=self.starting_after, limit=self.limit)


class RunQuery(_Query):
    """Which runs; a parameter may come again, and then either fits."""

    state: list[RunState] = []
    feed: list[Name] = []
    trigger: list[Name] = []


RunOrPlan = Annotated[str, StringConstraints(pattern=r"^(run|pln)_[A-Za-z0-9_]{1,60}$")]


class CompareQuery(_Query):
    """Which two runs; each by its id or its plan's."""

    a: RunOrPlan
    b: RunOrPlan


class ActionFields(BaseModel):
    """Which actions; of several values of a field either fits."""

    model_config = ConfigDict(extra="forbid")
    kind: list[Kind] = []
    action_class: list[ActionClass] = Field([], alias="class")
    status: list[ActionStatus] = []
    hold: list[HeldReason] = []
    mark: list[Mark] = []
    site: list[Name] = []
    group: list[Annotated[int, Field(ge=1, lt=2**63)]] = []
    field: list[Name] = []
    person: list[Name] = []
    change: list[GroupKey] = Field([], description="Keys of identical changes, from `groups`.")
    q: Words = Field("", description="Part of an employee id, masked email or name; or `row:N`.")

    @property
    def wanted(self) -> ActionFilter:
        """In the engine's words."""
        narrowed = ActionFilter(
            kinds=self.kind, classes=self.action_class, statuses=self.status, holds=self.hold,
            marks=self.mark, sites=self.site, groups=self.group, fields=self.field, people=self.person,
            changes=self.change,
        )  # fmt: skip
        return searched(narrowed, self.q) if self.q else narrowed


class ActionQuery(ActionFields, _Query):
    """Which actions, in which order."""

    sort: ActionSort = ActionSort.POSITION


class GroupQuery(ActionQuery):
    """Which actions, in groups by what."""

    starting_after: Name | None = Field(None, description="The `next` of the page before.")
    by: GroupBy = GroupBy.CHANGE


class QuarantineQuery(_Query):
    """Which records; a parameter may come again, and then either fits."""

    feed: list[Name] = []
    state: list[QuarantineState] = []
    code: list[Name] = []
    owner: list[Name] = []
    source_id: list[Name] = []
    unassigned: bool = Field(default=False, description="Only records that nobody owns.")
    overdue: bool = Field(default=False, description="Only records past their due date.")
    superseded: bool = Field(
        default=False, description="Also records that a newer one took the place of."
    )
    sort: QuarantineSort = QuarantineSort.ATTENTION

    @property
    def wanted(self) -> QuarantineFilter:
        """In the engine's words."""
        return QuarantineFilter(
            feeds=self.feed, states=self.state, codes=self.code, owners=self.owner,
            source_ids=self.source_id, unassigned=self.unassigned, overdue=self.overdue,
            superseded=self.superseded,
        )  # fmt: skip


class RowQuery(_Query):
    """Which rows; a parameter may come again, and then either fits."""

    starting_after: Annotated[str | None, StringConstraints(pattern=r"^[0-9]{1,9}$")] = None
    outcome: list[Name] = []
    code: list[Name] = []
    person: list[Name] = []


class TimelineQuery(_Query):
    """Which part."""

    starting_after: Annotated[str | None, StringConstraints(pattern=r"^[0-9]{1,18}$")] = None


class ReferenceQuery(_Query):
    """Which part."""

    starting_after: Annotated[str | None, StringConstraints(pattern=r"^[0-9]{1,18}$")] = None


class RecordQuery(_Query):
    """Which records; a status may come again, and then either fits."""

    starting_after: Annotated[
        str | None, StringConstraints(max_length=2000, pattern=r"^[^\x00]*$")
    ] = None
    as_of: AwareDatetime | None = Field(None, description="As they were then; left out: now.")
    status: list[RecordStatus] = []

    def wanted(self, feed: str) -> RecordFilter:
        """In the engine's words."""
        return RecordFilter(feed=feed, at=self.as_of, statuses=self.status)


class RemovalQuery(_Query):
    """Which removals."""

    person: Words = Field("", description="An employee id, or `ascip:` and an id; in any case.")
    since: date | None = Field(None, description="Applied on that day or later.")

    @property
    def wanted(self) -> RemovalFilter:
        """In the engine's words."""
        return RemovalFilter(person=self.person, since=self.since)


class ShadowQuery(BaseModel):
    """How far to look back."""

    model_config = ConfigDict(extra="forbid")
    days: Annotated[int, Field(ge=1, le=366)] = 14
