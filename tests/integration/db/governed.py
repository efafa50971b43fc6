"""A small governed feed, and runs of it whose plans stand approved in the database."""

from collections.abc import Mapping

from shared.adapters.db.connection import PgUnitOfWork
from shared.domain.action import Action, ordered
from shared.domain.canonical import Json
from shared.domain.feeds.feed import RECORD_STATUS, Classification, Feed, Field, FieldKind
from shared.domain.record import GovernedRecord, RecordVersion
from shared.domain.record_diff import kind_of, propose
from shared.domain.work import NewWork, WorkKind
from shared.ports.plans import StoredAction
from tests.fakes.database import Database
from tests.integration.db.conftest import add_run, make_plan

BOTTLES = Feed(
    name="bottles",
    title="Bottles",
    classification=Classification.OSHA_INVENTORY,
    fields=(
        Field(name="number", meaning="Number", required=True),
        Field(name="label", meaning="Label"),
        Field(name="amount", meaning="Amount", kind=FieldKind.INTEGER),
        Field(name="bought_on", meaning="Bought", kind=FieldKind.DATE),
        RECORD_STATUS,
    ),
    source_id=("number",),
    rules=(),
    dated_by="bought_on",
    retention_days=365,
    state={"hazcom_verified": False},
)


def bottle(row: int, number: str, **more: Json) -> GovernedRecord:
    """A row that was taken."""
    return GovernedRecord(
        row=row, line=row + 1, source_id=number, payload={"number": number, **more}
    )


def in_force(uow: PgUnitOfWork, feed: str, *source_ids: str) -> list[RecordVersion]:
    """The versions of these records that are in force, in order of source id."""
    return [v for v in uow.records.as_of(feed, None) if v.source_id in source_ids]


class Shelf:
    """Runs of `BOTTLES`."""

    def __init__(self, database: Database, feed: Feed = BOTTLES) -> None:
        self.database, self.feed = database, feed

    def plan(self, run_id: str, *records: GovernedRecord, approved: bool = True) -> list[Action]:
        """A run with these rows and the plan that follows from them."""
        add_run(self.database, run_id)
        with self.database.transactions.begin() as uow:
            uow.records.stage(run_id, records)
            actions = proposed(uow, run_id, self.feed)
            plan = make_plan(actions)
            uow.snapshots.start(f"snp_{run_id}", run_id, "records")
            uow.plans.save(
                plan, plan_id=f"pln_{run_id}", run_id=run_id, snapshot_id=f"snp_{run_id}",
                ttl_h=72, facts={},
            )  # fmt: skip
            uow.work.add(run_id, [NewWork(kind=WorkKind.APPLY, chunk={})])
        if approved:
            self.database.change(
                "INSERT INTO review (id, plan_id, plan_digest, decision, body, actor)"
                " VALUES (:id, :plan, :digest, 'approve', '{}', 'user:anna')",
                id=f"rev_{run_id}", plan=f"pln_{run_id}", digest=plan.digest,
            )  # fmt: skip
        return actions

    def item(self, run_id: str) -> int:
        """The run's work item."""
        query = "SELECT max(id) FROM work_item WHERE run_id = :run"
        return int(self.database.value(query, run=run_id))

    def apply(self, run_id: str) -> list[StoredAction]:
        """Carry out a run's plan in one chunk."""
        with self.database.transactions.begin() as uow:
            return uow.records.apply(f"pln_{run_id}", 0, 9_999, self.item(run_id), self.feed)

    def store(self, run_id: str, *records: GovernedRecord) -> list[StoredAction]:
        """A run from its rows to their versions."""
        self.plan(run_id, *records)
        return self.apply(run_id)

    def history(self, source_id: str) -> list[Mapping[str, Json]]:
        """Payloads of all versions, oldest first."""
        with self.database.transactions.begin() as uow:
            return [v.payload for v in uow.records.versions(self.feed.name, source_id)]


def proposed(uow: PgUnitOfWork, run_id: str, feed: Feed) -> list[Action]:
    """What the rows of a run ask for, in the order of a plan."""
    return ordered(
        propose(each, kind)
        for each in uow.records.compared(run_id, feed.name)
        if (kind := kind_of(each.payload, each.current)) is not None
    )
