"""An installation with a run in every final state, as weeks of use leave it behind."""

from services.simulator.extract_row import COLUMNS
from shared.domain.review import Decision, Review
from shared.domain.run import Run, RunState
from shared.pipeline.carry_out import cancel
from shared.pipeline.decide import decide
from tests.browser.seeds.plans import small, welcome
from tests.browser.seeds.records import records
from tests.fakes.installation import APPROVER, OPERATOR, Installation
from tests.fakes.reversing import take_back
from tests.fakes.staff_extract import StaffExtract

PEOPLE = 120
_TOO_LONG = {"error": {"code": "too_long", "message": "lastName is longer than 50 characters"}}


def history(engine: Installation) -> None:
    """One run after the other; the last one waits for approval."""
    extract = small(engine.extract())
    applied = engine.sync(extract)
    _expect(applied, RunState.APPLIED)
    _expect(engine.plan(extract), RunState.SKIPPED_UNCHANGED)
    _expect(engine.plan(extract, force=True), RunState.NO_CHANGES)
    _expect(engine.plan(extract.csv(COLUMNS[1:])), RunState.REJECTED_INPUT)
    _expect(_unreadable(engine, extract), RunState.FAILED)
    _expect(_with_errors(engine, extract), RunState.APPLIED_WITH_ERRORS)
    _expect(_canceled(engine, extract), RunState.CANCELED)
    _expect(_discarded(engine, extract), RunState.DISCARDED)
    back = take_back(engine, applied, mapping=extract.mapping_text)
    _expect(engine.apply(engine.approve(back)), RunState.APPLIED)
    records(engine)
    welcome(extract, 2)
    waiting = engine.plan(extract)
    extract.rename(extract.ids[40:43])
    _expect(engine.plan(extract), RunState.AWAITING_APPROVAL)
    _expect(engine.run(waiting.id), RunState.STALE)


def errors(engine: Installation) -> None:
    """The last run was applied with a failure and a conflict."""
    _expect(_with_errors(engine, engine.extract()), RunState.APPLIED_WITH_ERRORS)


def canceled(engine: Installation) -> None:
    """The last run was canceled on its way."""
    _expect(_canceled(engine, engine.extract()), RunState.CANCELED)


def _expect(run: Run, state: RunState) -> None:
    assert run.state is state, f"{run.id} is {run.state}, not {state}: {run.reason}, {run.detail}"


def _unreadable(engine: Installation, extract: StaffExtract) -> Run:
    engine.simulator.faults({"fault": "empty_list", "path": "/people$"})
    run = engine.plan(extract, force=True)
    engine.simulator.faults()
    return run


def _with_errors(engine: Installation, extract: StaffExtract) -> Run:
    """One person's change is refused, another one was changed by somebody else meanwhile."""
    chosen = extract.ids[20:65]
    extract.rename(chosen)
    run = engine.approve(engine.plan(extract))
    refused = engine.simulator.person(chosen[3])["id"]
    engine.simulator.edit(chosen[7], lastName="Other")
    engine.simulator.faults({
        "fault": "canned", "method": "PUT", "path": f"/people/{refused}$", "status": 422,
        "body": _TOO_LONG,
    })  # fmt: skip
    run = engine.apply(run)
    engine.simulator.faults()
    return run


def _canceled(engine: Installation, extract: StaffExtract) -> Run:
    extract.rename(extract.ids[80:84])
    extract.move(extract.ids[90:92])
    run = engine.approve(engine.plan(extract))
    engine.begin(run)
    engine.workers.round()
    cancel(engine.tools, run.id, OPERATOR)
    engine.workers.until_quiet()
    return engine.run(run.id)


def _discarded(engine: Installation, extract: StaffExtract) -> Run:
    run = engine.plan(extract)
    plan = engine.plan_of(run)
    review = Review(decision=Decision.DISCARD, plan_digest=plan.digest, comment="Wrong week.")
    decide(engine.tools, plan.id, review, APPROVER)
    return engine.run(run.id)
