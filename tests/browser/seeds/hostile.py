"""An installation in which everything that somebody can write tries to be more than text."""

import io
import json

from shared.domain.access import Scope
from shared.domain.audit import SYSTEM
from shared.domain.feeds.osha_inventory import OSHA_INVENTORY
from shared.domain.review import Decision, Review
from shared.domain.run import RunState
from shared.pipeline import remediate
from shared.pipeline.access import NewKey, create_key
from shared.pipeline.comment import comment_on_plan
from shared.pipeline.decide import decide
from shared.pipeline.land import Order, Sender, land
from shared.pipeline.reference import read_reference
from shared.pipeline.sync_switch import pause_syncing
from shared.ports.remediation import QuarantineFilter
from shared.ports.views import PageOf
from tests.browser.seeds.records import KIM, chemical, table
from tests.fakes.installation import APPROVER, OPERATOR, Installation

#: Short enough for a name.
TAG = "<img src=x onerror=alert(1)>"
QUOTED = '"><b id=pwn onclick=alert(1)>x</b>'
TEXT = f"{QUOTED}{TAG}<script>alert(2)</script>{{{{7*7}}}}javascript:alert(3)</title></textarea>"
_FILE = f"{QUOTED}{TAG}.csv"


def hostile(engine: Installation) -> None:
    """A run with errors, one that waits, records in quarantine, a pause, a key."""
    state = engine.simulator.state()
    for group in state["groups"][-2:]:
        group["name"] = f"{TAG}{group['name']}"[:100]
    engine.simulator.put_state(state)
    read_reference(engine.tools, OPERATOR)
    _applied_with_errors(engine)
    _waiting(engine)
    _records(engine)
    wanted = NewKey(name=TEXT[:250], user_name=None, scopes=(Scope.RUNS_READ,))
    create_key(engine.tools, wanted, SYSTEM)
    with engine.tools.transactions.begin() as uow:
        pause_syncing(engine.tools, uow, OPERATOR, reason=TEXT, until=None)


def _land(engine: Installation, content: bytes, mapping: str | None, feed: str = "staff") -> str:
    sender = Sender(actor=OPERATOR, name=_FILE, feed=feed)
    order = Order(trigger="cli", mapping_text=mapping) if mapping else Order(trigger="drop")
    run_id = land(engine.tools, io.BytesIO(content), sender, order)
    engine.workers.until_quiet()
    return run_id


def _applied_with_errors(engine: Installation) -> None:
    extract = engine.extract()
    chosen = extract.ids[:6]
    for employee_id in chosen:
        extract.row(employee_id)["last_name"] = TAG
    run = engine.run(_land(engine, extract.csv(), extract.mapping_text))
    review = Review(decision=Decision.APPROVE, plan_digest=engine.plan_of(run).digest, comment=TEXT)
    decide(engine.tools, engine.plan_of(run).id, review, APPROVER)
    refused = engine.simulator.person(chosen[0])["id"]
    engine.simulator.edit(chosen[1], lastName=QUOTED)
    engine.simulator.faults({
        "fault": "canned", "method": "PUT", "path": f"/people/{refused}$", "status": 422,
        "body": {"error": {"code": "too_long", "message": TEXT}},
    })  # fmt: skip
    run = engine.apply(run)
    engine.simulator.faults()
    assert run.state is RunState.APPLIED_WITH_ERRORS, f"{run.state} {run.reason} {run.detail}"


def _waiting(engine: Installation) -> None:
    extract = engine.extract()
    ids = extract.ids
    extract.add(1)
    extract.rows[-1] |= {"first_name": TAG, "last_name": QUOTED}
    for column, employee_id in zip(extract.rows[0], ids[10:], strict=False):
        if column != "employee_id":
            extract.row(employee_id)[column] = TAG
    extract.row(ids[30])["work_email"] = f"{QUOTED}@lincoln.example"
    extract.row(ids[31])["employee_id"] = TAG
    mapping = json.loads(extract.mapping_text)
    mapping["groups"]["sites"][TAG] = next(iter(mapping["groups"]["sites"].values()))
    run = engine.run(_land(engine, extract.csv(), json.dumps(mapping)))
    assert run.state in {RunState.AWAITING_APPROVAL, RunState.HELD}, f"{run.state} {run.reason}"
    comment_on_plan(engine.tools, engine.plan_of(run).id, TEXT, OPERATOR)


def _records(engine: Installation) -> None:
    rows = [
        chemical("101", {"chemical_name": TAG, "hazard_codes": "H225;H999", "location": QUOTED}),
        chemical("102", {"sds_url": "javascript:alert(1)", "chemical_name": TAG}),
        chemical("103", {"unit": TAG, "quantity": TAG, "cas_number": QUOTED}),
        chemical("104", {"inventory_id": TAG, "quantity": "0"}),
        chemical("105", {"chemical_name": f"Acetone {TAG}"}),
    ]
    run = engine.run(_land(engine, table(rows), None, OSHA_INVENTORY.name))
    engine.apply(engine.approve(run))
    with engine.transactions.begin() as uow:
        page = uow.remediation.page(QuarantineFilter(), PageOf(), engine.tools.today())
    open_ = [record for record in page.items if record.feed == OSHA_INVENTORY.name]
    assert len(open_) > 2, page
    for record in open_:
        remediate.comment(engine.tools, record.id, TEXT, KIM)
    remediate.close(engine.tools, open_[0].id, TEXT, KIM)
