"""The first page: how everything stands, the last runs, the file, ASCIP as last seen, quarantine.

Reads what is stored; nothing is called, so that the page is as quick when ASCIP is down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shared.domain.action import ActionStatus, Kind
from shared.domain.feeds.feed import Feed
from shared.domain.feeds.staff import FEED as STAFF
from shared.domain.run import RunState, TargetName
from shared.pipeline.overdue import last_arrival, overdue
from shared.pipeline.run_list import MOST_PAST, RunLine, lines_in
from shared.pipeline.standing import OPEN_STATES, Facts, OpenRun, Standing, standings
from shared.pipeline.tools import Tools
from shared.ports.trends import OF_EXTRACT, Contact, OpenRecords, PastRun
from shared.ports.unit_of_work import UnitOfWork
from shared.ports.views import PageOf, RunFilter, RunView

#: Runs that are listed by name.
_MOST_RECENT = 6
#: Runs that wait or go on; more than a few feeds don't have.
_MOST_OPEN = 20
_IN_SYNC = (RunState.APPLIED, RunState.NO_CHANGES)
_APPLIED = (RunState.APPLIED, RunState.APPLIED_WITH_ERRORS)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastApplied:
    """The newest staff run that wrote."""

    run: PastRun
    kinds: Mapping[tuple[Kind, ActionStatus], int]

    def done(self, *kinds: Kind) -> int:
        """Actions of these kinds that succeeded."""
        return sum(self.kinds.get((kind, ActionStatus.SUCCEEDED), 0) for kind in kinds)

    @property
    def failed(self) -> int:
        """Actions that ended otherwise than well."""
        bad = (ActionStatus.FAILED, ActionStatus.CONFLICT, ActionStatus.UNKNOWN)
        return sum(count for (_, status), count in self.kinds.items() if status in bad)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """The staff file that came last."""

    received_at: datetime
    #: When one was due that has not come.
    missed: datetime | None
    #: Of the newest extract that was read, and of the one before.
    rows: int | None
    rows_before: int | None
    #: The run that read it, and rows of it that were not taken.
    run_id: str = ""
    quarantined: int = 0

    @property
    def change_percent(self) -> float | None:
        """How many more rows than the time before."""
        if self.rows is None or not self.rows_before:
            return None
        return 100 * (self.rows - self.rows_before) / self.rows_before


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityQueue:
    """Quarantined records that wait, of the feeds under one authority."""

    authority: str
    records: int = 0
    overdue: int = 0
    oldest: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything on the first page."""

    #: Most urgent first; never empty.
    standings: Sequence[Standing]
    #: Runs of staff extracts, oldest first.
    past: Sequence[PastRun]
    last_applied: LastApplied | None
    source: SourceFile | None
    contact: Contact
    quarantine: Sequence[AuthorityQueue]
    #: The same records by the day since when they wait.
    waiting: Sequence[OpenRecords]
    #: Of all feeds and modes, newest first.
    recent: Sequence[RunLine]


def overview(tools: Tools) -> Overview:
    """Read it; a dozen statements, none over actions but those of the run that was applied last."""
    with tools.transactions.begin() as uow:
        past = uow.trends.runs(STAFF, OF_EXTRACT, most=MOST_PAST)
        recent = lines_in(uow, RunFilter(), PageOf(limit=_MOST_RECENT)).items
        missed, contact = overdue(tools, uow), uow.trends.contact(TargetName.ASCIP)
        arrived, waiting = last_arrival(uow, STAFF), uow.trends.open_records(tools.today())
        facts = Facts(
            open=_open(uow), begun=bool(recent), newest=past[-1] if past else None,
            in_sync=uow.trends.last(STAFF, _IN_SYNC), last_file_at=arrived, missed=missed,
            contact=contact, pause=uow.sync_switch.paused(),
        )  # fmt: skip
        return Overview(
            standings=standings(facts), past=past, last_applied=_last_applied(uow), contact=contact,
            source=_source(arrived, missed, past), recent=recent,
            quarantine=by_authority(tools.feeds, waiting), waiting=waiting,
        )  # fmt: skip


def newest_staff_file(tools: Tools) -> SourceFile | None:
    """The staff file that was read last; rows of it that were not taken are in no feed's queue."""
    with tools.transactions.begin() as uow:
        past = uow.trends.runs(STAFF, OF_EXTRACT, most=MOST_PAST)
        return _source(last_arrival(uow, STAFF), None, past)


def by_authority(feeds: Mapping[str, Feed], waiting: Sequence[OpenRecords]) -> list[AuthorityQueue]:
    """One for each authority that any feed has rules of, with nothing open too."""
    of_feed = {name: feed.authority for name, feed in feeds.items()}
    queues = []
    for authority in sorted(set(of_feed.values())):
        names = sorted(name for name, its in of_feed.items() if its == authority)
        those = [each for each in waiting if each.feed in names]
        queues.append(
            AuthorityQueue(
                authority=authority, records=sum(each.records for each in those),
                overdue=sum(each.overdue for each in those),
                oldest=min((each.opened_on for each in those), default=None),
            )
        )  # fmt: skip
    return queues


def _open(uow: UnitOfWork) -> list[OpenRun]:
    views = uow.views.runs(RunFilter(states=OPEN_STATES), PageOf(limit=_MOST_OPEN)).items
    return [_with_plan(uow, view) for view in views]


def _with_plan(uow: UnitOfWork, view: RunView) -> OpenRun:
    """Only of those that wait for an approver: what else they wait for is in the run."""
    waits = view.run.state in (RunState.HELD, RunState.AWAITING_APPROVAL)
    plan = uow.plans.of_run(view.run.id) if waits else None
    if plan is None:
        return OpenRun(run=view.run)
    return OpenRun(
        run=view.run, tripped=[gate for gate in plan.gates if gate.tripped],
        planned={kind: int(str(plan.summary.get(kind, 0))) for kind in Kind},
        held=int(str(plan.summary["held"])),
    )  # fmt: skip


def _last_applied(uow: UnitOfWork) -> LastApplied | None:
    run = uow.trends.last(STAFF, _APPLIED)
    if run is None or run.plan_id is None:
        return None
    return LastApplied(run=run, kinds=uow.plans.kind_counts(run.plan_id))


def _source(
    arrived: datetime | None, missed: datetime | None, past: Sequence[PastRun]
) -> SourceFile | None:
    if arrived is None:
        return None
    read = [(run.id, run.rows) for run in past if run.rows]
    if not read:
        return SourceFile(received_at=arrived, missed=missed, rows=None, rows_before=None)
    run_id, newest = read[-1]
    return SourceFile(
        received_at=arrived, missed=missed, rows=newest.rows_in, run_id=run_id,
        quarantined=newest.quarantined, rows_before=read[-2][1].rows_in if len(read) > 1 else None,
    )  # fmt: skip
