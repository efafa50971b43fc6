"""One installation for the machine: the real pipeline over PostgreSQL, the simulator in process.

What costs time and is no part of what is judged is left out: reports, sockets, waiting.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from shared.adapters.db.connection import PgTransactions, PgUnitOfWork
from shared.adapters.reports import FileReports
from shared.adapters.tabular.reader import ExtractReader
from shared.adapters.vault.folder import FolderVault
from shared.adapters.vault.keyring import Keyring
from shared.domain.feeds.governed import FEEDS
from shared.domain.mapping import parse_mapping
from shared.domain.policy import ApprovalPolicy, Policy, RemovalLimit, RemovalPolicy, StaffPolicy
from shared.domain.review import Review
from shared.domain.run import Run, RunMode
from shared.domain.work import WorkItem
from shared.pipeline.carry_out import apply_plan, cancel, pause_by
from shared.pipeline.decide import decide
from shared.pipeline.land import Order, Sender, land
from shared.pipeline.tools import Tools
from shared.pipeline.work_on import work_on
from shared.ports.plans import ActionFilter, StoredAction, StoredPlan
from shared.ports.shelf import Filed
from shared.ports.target import Attempt, CallCount, Outcome, Target
from shared.ports.unit_of_work import Transactions, UnitOfWork
from tests.fakes.clock_and_ids import CountedIds, SetClock
from tests.fakes.database import Database
from tests.fakes.dying import DyingTransactions, Killed, WatchedTarget
from tests.fakes.installation import APPROVER, OPERATOR
from tests.fakes.lms_in_process import BASE_URL, LmsInProcess, adapter_over
from tests.fakes.passwords import PlainPasswords
from tests.fakes.people import ROOMY
from tests.fakes.workers import Workers
from tests.integration.machine.hr import File, MappingFile
from tests.integration.machine.tenant import the_dump
from tests.integration.machine.witness import Witness

Hook = Callable[[], None]
#: Told what is about to be called, and what says whether that may be sent.
Look = Callable[[Sequence[Attempt], Callable[[], bool]], None]
#: Removals from here on are held by a gate.
REMOVALS_HELD_FROM = 2


class QuickDatabase(Database):
    """Asks nothing of the server but what the engine asks; emptied instead of made anew."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.engine.dispose()
        driver_url = url.replace("postgresql://", "postgresql+psycopg://", 1)
        self.engine = create_engine(
            driver_url, hide_parameters=True,
            connect_args={"options": "-c synchronous_commit=off"},
        )  # fmt: skip
        self.transactions = PgTransactions(self.engine)
        names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        kept = {"alembic_version"}
        self._tables = [r.tablename for r in self.rows(names) if r.tablename not in kept]
        self._seeded = {name: self.rows(f"SELECT 1 FROM {name} LIMIT 1") for name in self._tables}  # noqa: S608

    def empty(self) -> None:
        """As it was migrated; triggers that keep what must not be deleted are asleep meanwhile."""
        emptied = [name for name in self._tables if not self._seeded[name]]
        with self.engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for name in emptied:
                connection.execute(text(f"DELETE FROM {name}"))  # noqa: S608
            connection.execute(text("UPDATE target SET run_id = NULL, locked_at = NULL"))


class NoReports(FileReports):
    """Writes the manifest alone: what reports say is judged elsewhere."""

    def write_run(self, *_: object, **__: object) -> list[Filed]:
        return []

    def write_reference(self, *_: object, **__: object) -> list[Filed]:
        return []


class FrozenTransactions(DyingTransactions):
    """Transactions before one of which a worker sleeps, long enough to be taken for dead."""

    def __init__(self, real: Transactions) -> None:
        super().__init__(real)
        self._sleep: tuple[int, Hook] | None = None

    def freeze(self, number: int, meanwhile: Hook) -> None:
        """Before the transaction with this number from now on."""
        self.begun, self._sleep = 0, (number, meanwhile)

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        if self._sleep and self._sleep[0] == self.begun + 1:
            meanwhile, self._sleep = self._sleep[1], None
            meanwhile()
        with super().begin() as uow:
            yield uow

    def calm(self) -> None:
        """Nothing more happens."""
        self._at = self._sleep = None


class JudgedTarget(WatchedTarget):
    """Lets someone look before each chunk of calls; counts no calls."""

    def __init__(self, real: Target, look: Look) -> None:
        super().__init__(real)
        self._look = look

    def apply(self, attempts: Sequence[Attempt], *, may_send: Callable[[], bool]) -> list[Outcome]:
        self._look(attempts, may_send)
        return super().apply(attempts, may_send=may_send)

    def take_calls(self) -> list[CallCount]:
        return []


class Crew(Workers):
    """Workers that say what they have in hand, and are looked at after each piece of work."""

    def __init__(self, district: "District") -> None:
        super().__init__(district.working_tools, district.database)
        self._district = district
        self.items: list[WorkItem] = []
        self._checked: list[Any] = []

    @property
    def item(self) -> WorkItem | None:
        return self.items[-1] if self.items else None

    def deliver(self, item_id: int) -> None:
        """One message."""
        depth = len(self.items)
        claimed: WorkItem | None = None
        try:
            self.worked.append(work_on(self.tools, item_id, "worker", on_claim=self._claim))
        except Killed:
            self.deaths += 1
            self._district.lms.dead = False
            self.expire_leases()
        except Exception as error:  # noqa: BLE001  # as a worker's log would
            self.errors.append(error)
        if len(self.items) > depth:
            claimed = self.items[depth]
        del self.items[depth:]
        self._district.witness.at_work = self.item.run_id if self.item else None
        if claimed:
            self._district.worked_on(claimed)

    def check_books(self) -> None:
        """Where anything has moved since."""
        states = self._district.database.rows("SELECT id, state, ended_at, books FROM run")
        if states != self._checked:
            super().check_books()
            self._checked = states

    def _claim(self, item: WorkItem) -> None:
        self.items.append(item)
        self._district.witness.at_work = item.run_id


class District:
    """The installation, and verbs on it; what it does is told to ``worked_on``."""

    def __init__(
        self, database: QuickDatabase, folder: Path, *, over_limits: bool, at_once: int
    ) -> None:
        database.empty()
        self.database = database
        dump = the_dump()
        self.witness = Witness({})
        self.lms = LmsInProcess(dump, self.witness)
        self.witness.people = self.lms.state.people
        self.clock = SetClock()
        self.transactions = FrozenTransactions(database.transactions)
        self.worked_on: Callable[[WorkItem], None] = lambda _: None
        self._look: Look = lambda *_: None
        policy = Policy(
            base_url=BASE_URL,
            timezone="America/Los_Angeles",
            staff=StaffPolicy(removal=RemovalPolicy(first_run="allow")),
            limits=replace(
                ROOMY, removals=RemovalLimit(small_count=REMOVALS_HELD_FROM, site_min=10**9)
            ),
            approval=ApprovalPolicy(mode="over_limits" if over_limits else "always"),
        )
        keyring = Keyring([b"k" * 32])
        self.target = self._adapter()
        self.tools = Tools(
            transactions=database.transactions, target=self.target, reader=ExtractReader(),
            vault=FolderVault(folder, keyring), keyring=keyring, reports=NoReports(),
            passwords=PlainPasswords(),
            clock=self.clock, ids=CountedIds(), policy=policy, config_sha256="c0" * 32,
            engine_version="1.2.3", feeds=FEEDS, district="Lincoln USD", environment="test",
            concurrency=at_once, rate_per_s=at_once,
        )  # fmt: skip
        self.crew = Crew(self)

    @property
    def working_tools(self) -> Tools:
        """As workers have them: with transactions in which they die."""
        return replace(self.tools, transactions=self.transactions)

    def watch(self, worked_on: Callable[[WorkItem], None], look: Look) -> None:
        """Who judges what is done."""
        self.worked_on, self._look = worked_on, look

    def _adapter(self) -> JudgedTarget:
        return JudgedTarget(adapter_over(self.lms), self._seen)

    def _seen(self, attempts: Sequence[Attempt], may_send: Callable[[], bool]) -> None:
        self._look(attempts, may_send)

    def restart(self) -> None:
        """The processes end, in mid-work, and come again."""
        self.target.close()
        self.target = self._adapter()
        self.tools = replace(self.tools, target=self.target)
        self.crew.tools = self.working_tools
        self.crew.expire_leases()

    def close(self) -> None:
        self.target.close()

    def calm(self) -> None:
        """Whatever was to go wrong and has not, doesn't."""
        self.lms.heal()
        self.transactions.calm()
        self.target.before = self.target.after = None

    def land(self, file: File, *, force: bool, apply: bool) -> str:
        order = Order(
            trigger="cli", mapping_text=file.mapping.text, force=force,
            mode=RunMode.PLAN_AND_APPLY if apply else RunMode.PLAN,
        )  # fmt: skip
        return land(
            self.tools, io.BytesIO(file.content), Sender(actor=OPERATOR, name="staff.csv"), order
        )

    def decide(self, plan: StoredPlan, review: Review) -> None:
        decide(self.tools, plan.id, review, APPROVER)

    def begin(self, plan: StoredPlan, mapping: MappingFile) -> None:
        """Apply, resume or retry, with the mapping file as it is now."""
        now = parse_mapping(mapping.text).sha256
        apply_plan(self.tools, plan.id, OPERATOR, mapping=lambda: now)

    def pause(self, run_id: str) -> None:
        pause_by(self.tools, run_id, OPERATOR)

    def cancel(self, run_id: str) -> None:
        cancel(self.tools, run_id, OPERATOR)

    def forge(self, run_id: str) -> None:
        """Items that name the actions of a run's plan, as nobody but the engine should make them."""
        self.database.change(
            "INSERT INTO work_item (run_id, kind, chunk) SELECT p.run_id, 'apply', jsonb_build_object("
            "'plan_id', p.id, 'kind', a.kind, 'ids', jsonb_agg(a.id))"
            " FROM plan AS p JOIN action AS a ON a.plan_id = p.id WHERE p.run_id = :run"
            " GROUP BY p.run_id, p.id, a.kind, a.group_id", run=run_id,
        )  # fmt: skip

    def go_on(self, hours: int) -> None:
        """Time passes, for the engine and for what the database keeps times of."""
        self.clock.go_on(hours=hours)
        self.database.change(
            "UPDATE plan SET expires_at = expires_at - make_interval(hours => :h)", h=hours
        )
        self.crew.time_passes()

    def run(self, run_id: str) -> Run:
        with self._begin() as uow:
            return uow.runs.get(run_id)

    def plan_of(self, run_id: str) -> StoredPlan | None:
        with self._begin() as uow:
            return uow.plans.of_run(run_id)

    def actions(self, plan_id: str) -> list[StoredAction]:
        with self._begin() as uow:
            return list(uow.plans.actions(plan_id, ActionFilter()))

    def held_rows(self, run_id: str) -> set[str]:
        """Employee ids of rows that a plan holds."""
        query = "SELECT source_id FROM record WHERE run_id = :run AND disposition = 'held'"
        return {row.source_id for row in self.database.rows(query, run=run_id)}

    def audited(self, run_id: str) -> dict[str, str]:
        """How the audit says that actions have ended, last."""
        query = (
            "SELECT object_id, CAST(entry AS jsonb)->'detail'->>'status' AS status FROM audit_entry"
            " WHERE run_id = :run AND verb = 'action.finished' ORDER BY sequence"
        )
        return {row.object_id: row.status for row in self.database.rows(query, run=run_id)}

    def _begin(self) -> AbstractContextManager[PgUnitOfWork]:
        return self.database.transactions.begin()
