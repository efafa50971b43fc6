"""Governed feeds with quarantined records in each of their states."""

import csv
import io
from collections.abc import Mapping, Sequence

from shared.domain.audit import Actor, ActorType
from shared.domain.feeds.epa_waste import EPA_WASTE
from shared.domain.feeds.osha_inventory import OSHA_INVENTORY
from shared.domain.run import Run
from shared.pipeline import remediate
from shared.pipeline.land import Order, Sender, land
from shared.pipeline.notify import notify
from shared.pipeline.resubmit import resubmit_file
from shared.ports.remediation import QuarantineFilter
from shared.ports.views import PageOf
from tests.fakes.installation import OPERATOR, Installation
from tests.fakes.waste_lines import SOUND as SOUND_WASTE

KIM = Actor(ActorType.USER, "kim")
_ACETONE = {
    "inventory_id": "INV-000101", "chemical_name": "Acetone", "cas_number": "67-64-1",
    "location": "Science / 101 / cabinet 2", "quantity": "2.5", "unit": "L",
    "hazard_codes": "H225;H319;H336", "signal_word": "Danger", "pictograms": "GHS02;GHS07",
    "sds_url": "https://sds.example.com/acetone.pdf", "sds_revised_on": "2025-01-31",
}  # fmt: skip
#: What is wrong with each chemical, by the end of its id; the first one and the waste are sound.
CHEMICALS: Mapping[str, Mapping[str, str]] = {
    "101": {},
    "102": {"hazard_codes": "H225;H999"},
    "103": {"sds_url": "", "chemical_name": "Bleach"},
    "104": {"sds_url": "", "chemical_name": "Toluene"},
    "105": {"cas_number": "67-64-2"},
    "106": {"signal_word": "Warning"},
    "107": {"quantity": "0"},
    "108": {"location": ""},
}
WASTE: Sequence[Mapping[str, str]] = ({}, {"generator_id": "CAL0000"}, {"quantity": "-3"})


def chemical(number: str, changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """A row of the inventory; sound but for the changes."""
    return {**_ACETONE, "inventory_id": f"INV-000{number}", **(changes or {})}


def table(rows: Sequence[Mapping[str, str]]) -> bytes:
    """A file of these rows."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()


def records(engine: Installation) -> None:
    """New, assigned, waiting, resubmitted, resolved, regressed and closed ones."""
    inventory = [chemical(number, changes) for number, changes in CHEMICALS.items()]
    _sync(engine, OSHA_INVENTORY.name, inventory)
    waste = [
        {**SOUND_WASTE, "waste_line_number": str(at), **changes}
        for at, changes in enumerate(WASTE, 1)
    ]
    _sync(engine, EPA_WASTE.name, waste)
    remediate.assign(engine.tools, [_record(engine, "103")], "kim", KIM)
    remediate.comment(engine.tools, _record(engine, "103"), "Asked the storeroom.", KIM)
    notify(engine.tools, [_record(engine, "104")], KIM, to="lab.manager@lincoln.example")
    remediate.close(engine.tools, _record(engine, "108"), "Was thrown away in May.", KIM)
    _apply(engine, _resubmit(engine, "105", {}))
    _resubmit(engine, "107", {"quantity": "-1"})
    _resubmit(engine, "102", {})


def _sync(engine: Installation, feed: str, rows: Sequence[Mapping[str, str]]) -> None:
    sender = Sender(actor=OPERATOR, name=f"{feed}.csv", feed=feed)
    run_id = land(engine.tools, io.BytesIO(table(rows)), sender, Order(trigger="drop"))
    engine.workers.until_quiet()
    _apply(engine, engine.run(run_id))


def _apply(engine: Installation, run: Run) -> None:
    engine.apply(engine.approve(run))


def _resubmit(engine: Installation, number: str, changes: Mapping[str, str]) -> Run:
    source = io.BytesIO(table([chemical(number, changes)]))
    sender = Sender(actor=KIM, name="mended.csv")
    run_id = resubmit_file(engine.tools, [_record(engine, number)], source, sender)
    engine.workers.until_quiet()
    return engine.run(run_id)


def _record(engine: Installation, number: str) -> str:
    """The newest quarantined record of a chemical."""
    wanted = QuarantineFilter(source_ids=[f"INV-000{number}"])
    with engine.transactions.begin() as uow:
        today = engine.tools.today()
        return next(iter(uow.remediation.page(wanted, PageOf(), today).items)).id
