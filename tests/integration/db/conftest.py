"""Runs and plans that stand in a database without anybody having worked for them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from shared.adapters.db.connection import PgUnitOfWork
from shared.domain.action import Action, ActionStatus, Change, HeldReason, Kind, classify
from shared.domain.adoption import Adoption
from shared.domain.canonical import sha256
from shared.domain.plan import Plan, digest
from shared.domain.removal import Removals
from shared.domain.run import Run, RunMode, RunState, TargetName, Upload
from shared.domain.work import NewWork, WorkKind
from tests.fakes.database import Database

SHA = "0" * 64


def add_run(database: Database, run_id: str, state: RunState = RunState.APPLYING) -> str:
    """A run as it was landed, but in another state."""
    upload = Upload(
        id=f"upl_{run_id}", feed="staff", name="s.csv", sha256=sha256(run_id.encode()),
        size_bytes=1, location="x", actor="user:olga",
    )  # fmt: skip
    run = Run(
        id=run_id, feed="staff", target=TargetName.ASCIP, upload_id=upload.id, mode=RunMode.PLAN,
        force=False, trigger="cli", actor="user:olga", state=state, engine_version="1",
        mapping_sha256=SHA, config_sha256=SHA,
    )  # fmt: skip
    with database.transactions.begin() as uow:
        uow.runs.add_upload(upload)
        uow.runs.add(run)
    return run_id


def some_actions(count: int) -> list[Action]:
    """Adds, each tenth held, with text that canonical JSON has to be careful with."""
    made = []
    for number in range(count):
        changes = (
            Change(path="email", before=None, after=f"zoë{number}@example.org"),
            Change(path="last_name", before=None, after="O\u2028'B\"ri\\en\t\x7f €𝄞"),
            Change(path="buckets.9", before=None, after=51, after_name="Lehrer für ö"),
        )
        made.append(
            Action(
                kind=Kind.ADD, action_class=classify(Kind.ADD), person_key=f"E{number:05d}",
                ascip_id=None, changes=changes, hold=HeldReason.GATE if number % 10 == 9 else None,
                reason=f"row {number}", source_row=number, email_masked="z***@example.org",
                site="010",
            )
        )  # fmt: skip
    return made


def make_plan(actions: list[Action]) -> Plan:
    """A plan of these actions with its true digest."""
    header = {"format_version": "1.0", "feed": "staff", "gates": [], "as_of": "2026-11-20"}
    removals = Removals()
    return Plan(
        header=header, actions=tuple(actions), gates=(), dispositions={}, held_rows=(),
        digest=digest(header, (a.hash for a in actions)), matched={}, removals=removals, shielded=0,
        adoption=Adoption(),
    )  # fmt: skip


class GaveUpError(Exception):
    """Ends a transaction."""


@contextmanager
def rolled_back(database: Database) -> Iterator[PgUnitOfWork]:
    """A transaction that ends in an exception."""
    with suppress(GaveUpError), database.transactions.begin() as uow:
        yield uow
        raise GaveUpError


@pytest.fixture
def run_id(database: Database) -> str:
    """A run that is applying."""
    return add_run(database, "run_1")


@pytest.fixture
def item_id(database: Database, run_id: str) -> int:
    """A work item of the run."""
    with database.transactions.begin() as uow:
        uow.work.add(run_id, [NewWork(kind=WorkKind.APPLY, chunk={})])
    return int(database.value("SELECT id FROM work_item"))


@pytest.fixture
def save_plan(database: Database) -> Callable[..., Plan]:
    """Stores a plan of some actions for a run, as `pln_` + the run's id, approved unless told."""

    def save(
        run_id: str, count: int = 20, *, approved: bool = True, actions: list[Action] | None = None
    ) -> Plan:
        plan = make_plan(actions or some_actions(count))
        with database.transactions.begin() as uow:
            uow.snapshots.start(f"snp_{run_id}", run_id, "ascip")
            uow.plans.save(
                plan, plan_id=f"pln_{run_id}", run_id=run_id, snapshot_id=f"snp_{run_id}",
                ttl_h=72, facts={},
            )  # fmt: skip
        if approved:
            database.change(
                "INSERT INTO review (id, plan_id, plan_digest, decision, body, actor)"
                " VALUES (:id, :plan, :digest, 'approve', '{}', 'user:anna')",
                id=f"rev_{run_id}", plan=f"pln_{run_id}", digest=plan.digest,
            )  # fmt: skip
        return plan

    return save


@pytest.fixture
def statuses(database: Database) -> Callable[[str], dict[str, ActionStatus]]:
    """Status of every action of a plan, by action id."""

    def read(plan_id: str) -> dict[str, ActionStatus]:
        rows = database.rows("SELECT id, status FROM action WHERE plan_id = :plan", plan=plan_id)
        return {row.id: ActionStatus(row.status) for row in rows}

    return read
