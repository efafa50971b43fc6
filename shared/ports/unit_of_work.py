"""A transaction over everything that is stored: committed as one at its edge, or not at all."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from shared.ports.access import Access
from shared.ports.accounts import Accounts
from shared.ports.audit_log import AuditLog
from shared.ports.comments import Comments
from shared.ports.exports import Exports
from shared.ports.extracts import Extracts
from shared.ports.freshness import Freshness
from shared.ports.mappings import Mappings
from shared.ports.notices import Notices
from shared.ports.people import People
from shared.ports.plans import Plans
from shared.ports.presence import Presence
from shared.ports.records import Records
from shared.ports.remediation import Remediation
from shared.ports.reversals import Reversals
from shared.ports.review_facts import ReviewFacts
from shared.ports.run_log import RunLog
from shared.ports.runs import Runs
from shared.ports.schedule import Schedule
from shared.ports.snapshots import Snapshots
from shared.ports.state import State
from shared.ports.sync_switch import SyncSwitch
from shared.ports.tallies import Tallies
from shared.ports.trends import Trends
from shared.ports.views import Views
from shared.ports.work import WorkItems

Found = TypeVar("Found")


class UnitOfWork(Protocol):
    """What a use case reads and writes in its transaction."""

    @property
    def runs(self) -> Runs: ...
    @property
    def mappings(self) -> Mappings: ...
    @property
    def work(self) -> WorkItems: ...
    @property
    def extracts(self) -> Extracts: ...
    @property
    def snapshots(self) -> Snapshots: ...
    @property
    def plans(self) -> Plans: ...
    @property
    def comments(self) -> Comments: ...
    @property
    def freshness(self) -> Freshness: ...
    @property
    def people(self) -> People: ...
    @property
    def presence(self) -> Presence: ...
    @property
    def records(self) -> Records: ...
    @property
    def remediation(self) -> Remediation: ...
    @property
    def review_facts(self) -> ReviewFacts: ...
    @property
    def run_log(self) -> RunLog: ...
    @property
    def exports(self) -> Exports: ...
    @property
    def reversals(self) -> Reversals: ...
    @property
    def audit(self) -> AuditLog: ...
    @property
    def access(self) -> Access: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def schedule(self) -> Schedule: ...
    @property
    def sync_switch(self) -> SyncSwitch: ...
    @property
    def notices(self) -> Notices: ...
    @property
    def state(self) -> State: ...
    @property
    def views(self) -> Views: ...
    @property
    def tallies(self) -> Tallies: ...
    @property
    def trends(self) -> Trends: ...


class Transactions(Protocol):
    """Begins transactions: commit on success, rollback on any exception."""

    def begin(self) -> AbstractContextManager[UnitOfWork]: ...

    def repeat(self, work: Callable[[UnitOfWork], Found]) -> Found:
        """Do ``work`` in one transaction, and again if the database took that back through no fault of ours.

        For what must not be lost, such as outcomes of calls. ``work`` may be done twice in full, when the
        answer to a commit is lost: it finds what it has recorded, and changes nothing outside itself.
        """
        ...

    def takes_nothing(self, error: Exception) -> bool:
        """Whether a transaction failed because nothing can be written now, whoever tries."""
        ...
