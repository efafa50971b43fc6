"""An installation with the laboratory's feed, and what people do about its quarantined records."""

import io

from shared.domain.audit import Actor, ActorType
from shared.domain.record import RecordVersion
from shared.domain.remediation import QuarantineRecord, QuarantineState, ResubmissionOutcome
from shared.domain.run import Run
from shared.pipeline.land import Order, Sender, land
from shared.pipeline.resubmit import resubmit_file
from shared.ports.remediation import QuarantineFilter
from shared.ports.views import PageOf
from tests.fakes.installation import OPERATOR, Installation
from tests.fakes.lab_feed import LAB

KIM = Actor(ActorType.USER, "kim")
LEE = Actor(ActorType.USER, "lee")
HEADER = "Tag,Name,Count,Room\n"


class Lab:
    """Verbs of the command line, over `LAB`."""

    def __init__(self, engine: Installation) -> None:
        engine.configure(feeds={LAB.name: LAB})
        self.engine = engine

    def plan(self, rows: str, *, header: str = HEADER, force: bool = False) -> Run:
        """Land rows below the header as the operator, and work until nothing is due."""
        sender = Sender(actor=OPERATOR, name="lab.csv", feed=LAB.name)
        order = Order(trigger="cli", force=force)
        run_id = land(self.engine.tools, io.BytesIO((header + rows).encode()), sender, order)
        self.engine.workers.until_quiet()
        return self.engine.run(run_id)

    def sync(self, rows: str) -> Run:
        """Also approve and apply."""
        return self.apply(self.plan(rows))

    def apply(self, run: Run) -> Run:
        return self.engine.apply(self.engine.approve(run))

    def resubmit(self, rows: str, *ids: str, actor: Actor = KIM) -> Run:
        """Send a mended file in, and work until nothing is due."""
        source = io.BytesIO((HEADER + rows).encode())
        run_id = resubmit_file(self.engine.tools, ids, source, Sender(actor=actor, name="f.csv"))
        self.engine.workers.until_quiet()
        return self.engine.run(run_id)

    def records(self, **wanted: object) -> list[QuarantineRecord]:
        """Records in the order of the list."""
        narrowed = QuarantineFilter(**wanted)  # type: ignore[arg-type]  # names of its fields
        with self.engine.transactions.begin() as uow:
            today = self.engine.tools.today()
            return list(uow.remediation.page(narrowed, PageOf(), today).items)

    def record(self, tag: str) -> QuarantineRecord:
        """The newest of a tag."""
        (found,) = self.records(source_ids=[tag])
        return found

    def get(self, record_id: str) -> QuarantineRecord:
        with self.engine.transactions.begin() as uow:
            return uow.remediation.get(record_id)

    def states(self) -> dict[str | None, QuarantineState]:
        """Of the newest record of each source id."""
        return {record.source_id: record.state for record in self.records()}

    def timeline(self, record_id: str) -> list[str]:
        with self.engine.transactions.begin() as uow:
            return [each.event.value for each in uow.remediation.timeline(record_id)]

    def outcomes(self, run: Run) -> dict[str, ResubmissionOutcome | None]:
        """Record → what a run came to for it."""
        with self.engine.transactions.begin() as uow:
            return {r.quarantine_id: r.outcome for r in uow.remediation.resubmissions(run.id)}

    def versions(self, tag: str) -> list[RecordVersion]:
        with self.engine.transactions.begin() as uow:
            return uow.records.versions(LAB.name, tag)
