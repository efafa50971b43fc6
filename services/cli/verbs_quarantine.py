"""`quarantine`: what people do about quarantined records of governed feeds."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from services.cli import render_quarantine as render
from services.cli.exits import Exit, exit_of_run
from services.cli.session import Session, open_session, say
from services.cli.verbs_plan import open_file, print_run
from services.cli.watch import wait_for
from shared.domain.access import Scope
from shared.domain.audit import Actor
from shared.domain.errors import NotFound
from shared.domain.remediation import QuarantineRecord, QuarantineState
from shared.domain.run import Run
from shared.pipeline import notify as telling
from shared.pipeline import remediate
from shared.pipeline.documents import page_document, run_document
from shared.pipeline.land import Sender
from shared.pipeline.look import view_run
from shared.pipeline.look_at_quarantine import (
    list_quarantine,
    look_up,
    resubmissions,
    view_record,
    violation_codes,
)
from shared.pipeline.quarantine_documents import (
    code_document,
    quarantine_document,
    record_view_document,
    resubmission_documents,
    told_documents,
)
from shared.pipeline.resubmit import resubmit_file
from shared.ports.remediation import QuarantineFilter
from shared.ports.views import PageOf


def wanted(
    *,
    feeds: Sequence[str] | None,
    states: Sequence[str] | None,
    codes: Sequence[str] | None,
    owners: Sequence[str] | None,
    source_ids: Sequence[str] | None,
    overdue: bool,
    superseded: bool,
) -> QuarantineFilter:
    """What the command line asks for. Raises `NotFound` for a state that isn't one."""
    for state in states or ():
        if state not in list(QuarantineState):
            known = ", ".join(QuarantineState)
            raise NotFound(f"{state!r} is not a state; known: {known}.")
    return QuarantineFilter(
        feeds=feeds or (), states=[QuarantineState(state) for state in states or ()],
        codes=codes or (), owners=owners or (), source_ids=source_ids or (), overdue=overdue,
        superseded=superseded,
    )  # fmt: skip


def page(after: str | None, limit: int) -> PageOf:
    """Which part of the list."""
    return PageOf(after=after, limit=limit)


def list_(config: Path | None, narrowed: QuarantineFilter, part: PageOf, *, as_json: bool) -> int:
    """Records in the order in which they want somebody."""
    with open_session(config) as session:
        tools = session.tools
        found = list_quarantine(tools, narrowed, part)
        if as_json:
            document = page_document(found, lambda record: quarantine_document(tools, record))
            print(json.dumps(document))
        else:
            render.print_list(found, tools.today())
    return Exit.DONE


def show(config: Path | None, record_id: str, *, as_json: bool) -> int:
    """One record with everything beside it."""
    with open_session(config) as session:
        document = record_view_document(session.tools, view_record(session.tools, record_id))
    if as_json:
        print(json.dumps(document))
    else:
        render.print_record(document)
    return Exit.DONE


def codes(config: Path | None, *, as_json: bool) -> int:
    """The catalogue."""
    with open_session(config) as session:
        documents = [code_document(view) for view in violation_codes(session.tools)]
    if as_json:
        print(json.dumps(documents))
    else:
        render.print_codes(documents)
    return Exit.DONE


def assign(config: Path | None, ids: list[str], owner: str, *, as_json: bool) -> int:
    """Give records to somebody."""
    with open_session(config) as session:
        records = remediate.assign(session.tools, ids, owner, _actor(session))
        return _changed(session, records, as_json=as_json)


def comment(config: Path | None, record_id: str, text: str, *, as_json: bool) -> int:
    """Write something down."""
    with open_session(config) as session:
        record = remediate.comment(session.tools, record_id, text, _actor(session))
        return _changed(session, [record], as_json=as_json)


def notify(config: Path | None, ids: list[str], to: str | None, *, as_json: bool) -> int:
    """Tell whoever is responsible; a mail that isn't sent is said, and changes nothing else."""
    with open_session(config) as session:
        told = telling.notify(session.tools, ids, _actor(session), to=to)
    for each in told if not as_json else ():
        records = f"{len(each.ids)} record{'' if len(each.ids) == 1 else 's'}"
        if each.failure is None:
            print(f"ok  {each.to} was told of {records}")
        else:
            say(f"!   {each.to} was not told: {each.failure}. Noted all the same: {records}")
    if as_json:
        print(json.dumps(told_documents(told)))
    return Exit.DONE


def resubmit(config: Path | None, ids: list[str], csv: Path, *, as_json: bool) -> int:
    """Land a mended file, wait for its plan, say what came of each record."""
    with open_session(config, working=True) as session, ExitStack() as stack:
        name = "stdin.csv" if str(csv) == "-" else csv.name
        sender = Sender(actor=_actor(session), name=name)
        run_id = resubmit_file(session.tools, ids, open_file(stack, csv), sender)
        say(f"ok  landed {name} as {run_id}")
        return _of_run(session, wait_for(session, run_id).run, as_json=as_json)


def attest(config: Path | None, record_id: str, code: str, reason: str, *, as_json: bool) -> int:
    """Confirm a record; with the last confirmation a run is planned."""
    with open_session(config, working=True) as session:
        record = remediate.attest(session.tools, record_id, code, reason, _actor(session))
        if record.resubmitted_run is None:
            return _changed(session, [record], as_json=as_json)
        say(f"ok  {code} is confirmed; {record.resubmitted_run} brings the record in")
        run = wait_for(session, record.resubmitted_run).run
        return _of_run(session, run, as_json=as_json)


def close(config: Path | None, record_id: str, reason: str, *, as_json: bool) -> int:
    """Close a record for good."""
    with open_session(config) as session:
        record = remediate.close(session.tools, record_id, reason, _actor(session))
        return _changed(session, [record], as_json=as_json)


def _actor(session: Session) -> Actor:
    return session.act(Scope.QUARANTINE_WRITE)


def _changed(session: Session, records: Sequence[QuarantineRecord], *, as_json: bool) -> int:
    if as_json:
        print(json.dumps([quarantine_document(session.tools, record) for record in records]))
    for record in records if not as_json else ():
        owner = f", owner {record.owner}" if record.owner else ""
        print(f"ok  {record.id} is {record.state.value}{owner}")
    return Exit.DONE


def _of_run(session: Session, run: Run, *, as_json: bool) -> int:
    """The run, and what came of each record it was meant to mend."""
    named = resubmissions(session.tools, run.id)
    if as_json:
        document = run_document(view_run(session.tools, run.id))
        print(json.dumps(document | {"records": resubmission_documents(named)}))
    else:
        print_run(session, run, run.file_name or "")
        records = look_up(session.tools, [each.quarantine_id for each in named])
        render.print_outcomes(named, records)
    return exit_of_run(run.state, run.reason, held=False, wanted_apply=False)
