"""An installation as bootstrap wires it, but with a set clock, counted ids and played workers."""

import hashlib
import io
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from shared.adapters.db.connection import PgUnitOfWork
from shared.adapters.lms.retry import Retry
from shared.adapters.lms.settle import SettlePace
from shared.adapters.lms.target import AscipLms, LmsSettings
from shared.adapters.reports import FileReports
from shared.adapters.tabular.reader import ExtractReader
from shared.adapters.vault.folder import FolderVault
from shared.adapters.vault.keyring import Keyring
from shared.domain.action import ActionClass, ActionStatus, HeldReason, Kind
from shared.domain.audit import Actor, ActorType
from shared.domain.canonical import Json
from shared.domain.feeds.governed import FEEDS
from shared.domain.policy import Policy, RemovalPolicy, StaffPolicy
from shared.domain.review import Decision, Release, Review, Select
from shared.domain.run import Run
from shared.pipeline.carry_out import apply_plan
from shared.pipeline.decide import decide
from shared.pipeline.documents import plan_document
from shared.pipeline.land import Order, Sender, land
from shared.pipeline.look import plan_actions, view_plan
from shared.pipeline.tools import Tools
from shared.ports.plans import ActionFilter, StoredAction, StoredPlan
from tests.fakes.clock_and_ids import CountedIds, SetClock
from tests.fakes.database import Database
from tests.fakes.dying import DyingTransactions, WatchedTarget
from tests.fakes.passwords import PlainPasswords
from tests.fakes.people import ROOMY
from tests.fakes.simulator_thread import KEY_ID, SECRET, SimulatorThread
from tests.fakes.staff_extract import StaffExtract
from tests.fakes.workers import Workers

OPERATOR = Actor(ActorType.USER, "olga")
APPROVER = Actor(ActorType.USER, "anna")
SETTLE_WINDOW_S = 0.2


class Installation:
    """The engine over a database, a simulator and a folder; verbs as the command line has them."""

    def __init__(self, database: Database, simulator: SimulatorThread, folder: Path) -> None:
        self.database, self.simulator, self.folder = database, simulator, folder
        self.clock = SetClock()
        self.transactions = DyingTransactions(database.transactions)
        self.target = WatchedTarget(lms_of(simulator))
        policy = Policy(
            base_url=simulator.base_url,
            timezone="America/Los_Angeles",
            staff=StaffPolicy(removal=RemovalPolicy(first_run="allow")),
            limits=ROOMY,
        )
        keyring = Keyring([b"k" * 32])
        self.tools = Tools(
            transactions=self.transactions, target=self.target, reader=ExtractReader(),
            vault=FolderVault(folder, keyring), keyring=keyring, reports=FileReports(),
            passwords=PlainPasswords(),
            clock=self.clock,
            ids=CountedIds(), policy=policy, config_sha256=_hash(policy),
            engine_version="1.2.3", feeds=FEEDS, district="Lincoln USD",
            environment="test", concurrency=8, rate_per_s=8,
        )  # fmt: skip
        self.workers = Workers(self.tools, database)

    def configure(self, *, policy: Policy | None = None, **values: object) -> None:
        """Another configuration, for verbs and workers alike."""
        changed = {**values, "policy": policy, "config_sha256": _hash(policy)} if policy else values
        self.tools = replace(self.tools, **changed)  # type: ignore[arg-type]  # names of its fields
        self.workers.tools = self.tools

    def staff(self, **values: object) -> None:
        """Other `[staff]` settings."""
        staff = replace(self.tools.policy.staff, **values)  # type: ignore[arg-type]  # names of its fields
        self.configure(policy=replace(self.tools.policy, staff=staff))

    def extract(self) -> StaffExtract:
        """What the tenant has now, as an extract."""
        return StaffExtract(self.simulator.state())

    def land(
        self, extract: StaffExtract | bytes, *, mapping: str | None = None, force: bool = False
    ) -> str:
        """Land only; the run's id."""
        content = extract if isinstance(extract, bytes) else extract.csv()
        if mapping is None:
            known = extract if isinstance(extract, StaffExtract) else self.extract()
            mapping = known.mapping_text
        return land(
            self.tools, io.BytesIO(content), Sender(actor=OPERATOR, name="staff.csv"),
            Order(trigger="cli", mapping_text=mapping, force=force),
        )  # fmt: skip

    def plan(
        self, extract: StaffExtract | bytes, *, mapping: str | None = None, force: bool = False
    ) -> Run:
        """Land, and work until nothing is due."""
        run_id = self.land(extract, mapping=mapping, force=force)
        self.workers.until_quiet()
        return self.run(run_id)

    def approve(
        self, run: Run, *releases: Release, select: Select | None = None, digest: str | None = None
    ) -> Run:
        """Approve a run's plan as somebody else than its operator."""
        plan = self.plan_of(run)
        review = Review(
            decision=Decision.APPROVE, plan_digest=digest or plan.digest,
            select=select or Select(), releases=releases,
        )  # fmt: skip
        decide(self.tools, plan.id, review, APPROVER)
        return self.run(run.id)

    def begin(self, run: Run) -> None:
        """Begin to apply, without working on it."""
        apply_plan(self.tools, self.plan_of(run).id, OPERATOR)

    def apply(self, run: Run) -> Run:
        """Apply, and work until nothing is due."""
        self.begin(run)
        self.workers.until_quiet()
        return self.run(run.id)

    def sync(self, extract: StaffExtract | bytes, *, mapping: str | None = None) -> Run:
        """Plan, approve all that isn't held, apply."""
        run = self.plan(extract, mapping=mapping)
        return self.apply(self.approve(run))

    def run(self, run_id: str) -> Run:
        with self.database.transactions.begin() as uow:
            return uow.runs.get(run_id)

    def plan_of(self, run: Run) -> StoredPlan:
        with self.database.transactions.begin() as uow:
            plan = uow.plans.of_run(run.id)
        assert plan, f"{run.id} has no plan: {run.state}, {run.reason}, {run.detail}"
        return plan

    def document(self, run: Run) -> dict[str, Json]:
        """A run's plan as one document."""
        return plan_document(
            view_plan(self.tools, run.id), plan_actions(self.tools, self.plan_of(run).id)
        )

    def actions(
        self, run: Run, *, kinds: Iterable[Kind] = (), statuses: Iterable[ActionStatus] = ()
    ) -> list[StoredAction]:
        """Actions of a run's plan."""
        wanted = ActionFilter(kinds=tuple(kinds), statuses=tuple(statuses))
        with self.database.transactions.begin() as uow:
            return list(uow.plans.actions(self._plan_id(uow, run), wanted))

    def statuses(self, run: Run) -> dict[ActionStatus, int]:
        """Actions by status."""
        with self.database.transactions.begin() as uow:
            return uow.plans.status_counts(self._plan_id(uow, run))

    def held(self, run: Run) -> dict[tuple[ActionClass, HeldReason], int]:
        """Held actions by class and reason."""
        found: dict[tuple[ActionClass, HeldReason], int] = {}
        for stored in self.actions(run):
            if stored.action.hold:
                key = (stored.action.action_class, stored.action.hold)
                found[key] = found.get(key, 0) + 1
        return found

    def close(self) -> None:
        self.target.close()

    @staticmethod
    def _plan_id(uow: PgUnitOfWork, run: Run) -> str:
        plan = uow.plans.of_run(run.id)
        assert plan, f"{run.id} has no plan: {run.state}, {run.reason}, {run.detail}"
        return plan.id


def lms_of(simulator: SimulatorThread, *, secret: str = SECRET, timeout_s: float = 2) -> AscipLms:
    """The adapter, more hasty than in production."""
    settings = LmsSettings(
        base_url=simulator.base_url, key_id=KEY_ID, secret=secret, rate_per_s=0, concurrency=16,
        timeout_s=timeout_s, patience_s=0.3,
    )  # fmt: skip
    return AscipLms(
        settings,
        pace=SettlePace(window_s=SETTLE_WINDOW_S, first_s=0.02, most_s=0.1),
        retry=Retry(attempts=3, base_s=0.01, cap_s=0.05, time_s=5),
    )


def _hash(policy: Policy) -> str:
    """Stands for the configuration's hash: another policy, another hash."""
    return hashlib.sha256(repr(policy).encode()).hexdigest()
