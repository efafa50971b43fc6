"""Engines and the unit of work over one PostgreSQL connection."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine

from shared.adapters.db.access import PgAccess
from shared.adapters.db.accounts import PgAccounts
from shared.adapters.db.audit_log import PgAuditLog
from shared.adapters.db.comments import PgComments
from shared.adapters.db.exports import PgExports
from shared.adapters.db.extracts import PgExtracts
from shared.adapters.db.freshness import PgFreshness
from shared.adapters.db.lifelines import lifelines
from shared.adapters.db.mappings import PgMappings
from shared.adapters.db.notices import PgNotices
from shared.adapters.db.people import PgPeople
from shared.adapters.db.plans import PgPlans
from shared.adapters.db.presence import PgPresence
from shared.adapters.db.records import PgRecords
from shared.adapters.db.remediation import PgRemediation
from shared.adapters.db.repeat import repeated, takes_nothing
from shared.adapters.db.reversals import PgReversals
from shared.adapters.db.review_facts import PgReviewFacts
from shared.adapters.db.run_log import PgRunLog
from shared.adapters.db.runs import PgRuns
from shared.adapters.db.schedule import PgSchedule
from shared.adapters.db.snapshots import PgSnapshots
from shared.adapters.db.state import PgState
from shared.adapters.db.sync_switch import PgSyncSwitch
from shared.adapters.db.tallies import PgTallies
from shared.adapters.db.trends import PgTrends
from shared.adapters.db.views import PgViews
from shared.adapters.db.work import PgWorkItems
from shared.domain.errors import AuditUnavailable

Found = TypeVar("Found")


def make_engine(url: str, connections: int = 6) -> Engine:
    """An engine for a libpq URL; nothing is connected yet.

    A lost connection is found before use, so that a restart of PostgreSQL costs one retry. Values of
    a statement that failed are personal data: no error holds them.
    """
    driver_url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    return create_engine(
        driver_url,
        pool_pre_ping=True,
        pool_size=2,
        max_overflow=connections - 2,
        isolation_level="READ COMMITTED",
        hide_parameters=True,
        connect_args=lifelines(driver_url),
    )


class PgUnitOfWork:
    """The repositories, all on one connection and so in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @cached_property
    def runs(self) -> PgRuns:
        """Runs, uploads, locks."""
        return PgRuns(self._connection)

    @cached_property
    def mappings(self) -> PgMappings:
        """Versions of the mapping."""
        return PgMappings(self._connection)

    @cached_property
    def work(self) -> PgWorkItems:
        """Work items and the outbox."""
        return PgWorkItems(self._connection)

    @cached_property
    def extracts(self) -> PgExtracts:
        """Records, quarantine, links."""
        return PgExtracts(self._connection)

    @cached_property
    def remediation(self) -> PgRemediation:
        """Quarantined records of governed feeds."""
        return PgRemediation(self._connection)

    @cached_property
    def snapshots(self) -> PgSnapshots:
        """What was read from the target."""
        return PgSnapshots(self._connection)

    @cached_property
    def plans(self) -> PgPlans:
        """Plans, actions, reviews."""
        return PgPlans(self._connection)

    @cached_property
    def comments(self) -> PgComments:
        """What people write about plans."""
        return PgComments(self._connection)

    @cached_property
    def freshness(self) -> PgFreshness:
        """Whether plans still fit."""
        return PgFreshness(self._connection)

    @cached_property
    def people(self) -> PgPeople:
        """One person across runs."""
        return PgPeople(self._connection)

    @cached_property
    def presence(self) -> PgPresence:
        """Who is there, who has left."""
        return PgPresence(self._connection)

    @cached_property
    def records(self) -> PgRecords:
        """Rows of governed feeds, and the record store."""
        return PgRecords(self._connection)

    @cached_property
    def review_facts(self) -> PgReviewFacts:
        """What is shown to whom decides."""
        return PgReviewFacts(self._connection)

    @cached_property
    def run_log(self) -> PgRunLog:
        """What workers logged."""
        return PgRunLog(self._connection)

    @cached_property
    def exports(self) -> PgExports:
        """Exports that were ordered."""
        return PgExports(self._connection)

    @cached_property
    def reversals(self) -> PgReversals:
        """Runs that take others back."""
        return PgReversals(self._connection)

    @cached_property
    def audit(self) -> PgAuditLog:
        """The audit."""
        return PgAuditLog(self._connection)

    @cached_property
    def access(self) -> PgAccess:
        """Users, keys, answered requests."""
        return PgAccess(self._connection)

    @cached_property
    def accounts(self) -> PgAccounts:
        """Local accounts and sessions."""
        return PgAccounts(self._connection)

    @cached_property
    def schedule(self) -> PgSchedule:
        """Slots of scheduled jobs."""
        return PgSchedule(self._connection)

    @cached_property
    def sync_switch(self) -> PgSyncSwitch:
        """Pauses of all syncing."""
        return PgSyncSwitch(self._connection)

    @cached_property
    def notices(self) -> PgNotices:
        """What somebody should hear of by mail."""
        return PgNotices(self._connection)

    @cached_property
    def state(self) -> PgState:
        """Figures over everything that is stored."""
        return PgState(self._connection)

    @cached_property
    def views(self) -> PgViews:
        """Lists for people."""
        return PgViews(self._connection)

    @cached_property
    def tallies(self) -> PgTallies:
        """Sums for metrics."""
        return PgTallies(self._connection)

    @cached_property
    def trends(self) -> PgTrends:
        """The last runs in figures."""
        return PgTrends(self._connection)


class PgTransactions:
    """Begins units of work."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def begin(self) -> Iterator[PgUnitOfWork]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        try:
            with self._engine.begin() as connection:
                yield PgUnitOfWork(connection)
        except Exception as error:
            if isinstance(error, AuditUnavailable) or self.takes_nothing(error):
                self._engine.dispose()  # a session that can only read stays so when others can write again
            raise

    def repeat(self, work: Callable[[PgUnitOfWork], Found]) -> Found:
        """See `repeated`."""
        return repeated(self.begin, work)

    def takes_nothing(self, error: Exception) -> bool:
        """See `repeat.takes_nothing`."""
        return takes_nothing(error)
