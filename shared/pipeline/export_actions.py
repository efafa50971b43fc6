"""What of a plan somebody wants as one file: at once on the command line, ordered in the API."""

import json
from collections.abc import Iterable
from dataclasses import fields
from datetime import timedelta
from typing import BinaryIO

from shared.domain.audit import Actor, AuditVerb
from shared.domain.canonical import Json
from shared.domain.errors import Conflict, EngineError
from shared.domain.work import MAX_ATTEMPTS, NewWork, WorkItem, WorkKind
from shared.pipeline.documents import action_document, moment
from shared.pipeline.export import fill
from shared.pipeline.tools import Tools, audit
from shared.ports.exports import Export, ExportFormat, ExportState
from shared.ports.plans import ActionFilter, StoredAction
from shared.ports.shelf import Sink
from shared.ports.unit_of_work import UnitOfWork

#: An export is full of personal data: whoever ordered it has a day to fetch it.
KEPT = timedelta(hours=24)
_RETRY_S = 5.0


def export_actions(
    tools: Tools, plan_id: str, wanted: ActionFilter, form: ExportFormat, out: Sink, *, actor: Actor
) -> int:
    """Write a plan's actions; how many.

    Raises:
        NotFound: there is no such plan.
    """
    with tools.transactions.begin() as uow:
        # Noted before anything leaves: rather an entry too many than one too few.
        plan_id, run_id = _plan_of(uow, plan_id)
        _note(tools, uow, (plan_id, run_id), wanted, form, actor=actor)
    with tools.transactions.begin() as uow:
        return _write(tools, form, uow.plans.actions(plan_id, wanted), out)


def order_export(
    tools: Tools, uow: UnitOfWork, plan_id: str, wanted: ActionFilter, form: ExportFormat, *,
    actor: Actor,
) -> Export:  # fmt: skip
    """Have an export made by a worker. Raises `NotFound`."""
    plan_id, run_id = _plan_of(uow, plan_id)
    now = tools.clock.now()
    export = Export(
        id=tools.ids.new("exp"), plan_id=plan_id, run_id=run_id, format=form, wanted=wanted,
        actor=str(actor), created_at=now, expires_at=now + KEPT,
    )  # fmt: skip
    uow.exports.add(export)
    _note(tools, uow, (plan_id, run_id), wanted, form, actor=actor, export_id=export.id)
    uow.work.add(run_id, [NewWork(kind=WorkKind.EXPORT, chunk={"export_id": export.id})])
    return export


def make_export(tools: Tools, item: WorkItem) -> None:
    """A worker's step: the file, encrypted in the vault until it expires."""
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        export = uow.exports.get(str(item.chunk["export_id"]), at=tools.clock.now())
    # What an attempt that was overtaken leaves behind is nobody's, and swept away.
    incoming = tools.vault.incoming(f"{export.id}.{item.epoch}")
    try:
        with tools.transactions.begin() as uow:
            count = _fill(tools, uow, export, incoming)
            made = incoming.keep()
            uow.work.renew(item)
            uow.exports.ready(export.id, made, count)
            uow.work.finish(item)
    except BaseException:
        incoming.drop()
        raise


def settle_export(uow: UnitOfWork, item: WorkItem, error: EngineError, *, final: bool) -> None:
    """Try again, or say that it failed; its run has nothing to do with it."""
    if not final and item.attempt < MAX_ATTEMPTS:
        uow.work.postpone(item, delay_s=_RETRY_S * item.attempt, error=error.code, counts=True)
        return
    uow.exports.fail(str(item.chunk["export_id"]), error.code)
    uow.work.bury(item, error.code)


def expire_exports(tools: Tools, uow: UnitOfWork) -> list[str]:
    """Forget what has expired; its files are to be removed after the commit."""
    return list(uow.exports.expire(at=tools.clock.now()))


def view_export(tools: Tools, export_id: str) -> Export:
    """How far an export is. Raises `NotFound`, also when it has expired."""
    with tools.transactions.begin() as uow:
        return uow.exports.get(export_id, at=tools.clock.now())


def open_export(tools: Tools, export_id: str, actor: Actor) -> tuple[Export, BinaryIO]:
    """The file of an export, for the caller to close; audited.

    Raises:
        NotFound: there is none, or it has expired.
        Conflict: `export_not_ready`.
        VaultDamaged, ConfigInvalid: see `Vault.open`.
    """
    export = view_export(tools, export_id)
    if export.made is None:
        raise Conflict(
            f"Export {export.id} is {export.state.value}: there is no file. Nothing was written.",
            code="export_not_ready",
        )
    stream = tools.vault.open(export.made.location)
    try:
        with tools.transactions.begin() as uow:
            audit(
                tools, uow, actor, AuditVerb.REPORT_EXPORTED, of=("run", export.run_id),
                run_id=export.run_id, detail={"file": file_name(export)},
            )  # fmt: skip
    except BaseException:
        stream.close()
        raise
    return export, stream


def file_name(export: Export) -> str:
    """What to call the file of an export."""
    packed = export.format in (ExportFormat.CSV, ExportFormat.ARCHIVE)
    return f"{export.id}.{'zip' if packed else export.format.value}"


def export_document(export: Export) -> dict[str, Json]:
    """An export as programs read it; never what was searched for."""
    ready = export.state is ExportState.READY
    return {
        "id": export.id, "plan_id": export.plan_id, "format": export.format.value,
        "filters": _named(export.wanted), "state": export.state.value, "error": export.error,
        "actor": export.actor, "created_at": moment(export.created_at),
        "expires_at": moment(export.expires_at), "file": file_name(export) if ready else None,
        "size_bytes": export.made.size_bytes if export.made else None,
        "sha256": export.made.sha256 if export.made else None, "actions": export.actions,
    }  # fmt: skip


def _plan_of(uow: UnitOfWork, plan_id: str) -> tuple[str, str]:
    plan = uow.plans.get(plan_id)
    return plan.id, plan.run_id


def _fill(tools: Tools, uow: UnitOfWork, export: Export, out: Sink) -> int | None:
    if export.format is not ExportFormat.ARCHIVE:
        return _write(tools, export.format, uow.plans.actions(export.plan_id, export.wanted), out)
    with tools.reports.zip_shelf(out) as shelf:
        fill(tools, uow, uow.runs.get(export.run_id), shelf)
    return None


def _write(tools: Tools, form: ExportFormat, actions: Iterable[StoredAction], out: Sink) -> int:
    match form:
        case ExportFormat.NDJSON:
            count = 0
            for count, stored in enumerate(actions, start=1):  # noqa: B007  # how many there were
                line = json.dumps(action_document(stored), ensure_ascii=False)
                out.write(line.encode("utf-8", "backslashreplace") + b"\n")
            return count
        case _:
            return tools.reports.write_actions(out, actions, sheets=form is ExportFormat.XLSX)


def _named(wanted: ActionFilter) -> list[str]:
    """Names of the filters that narrow; what they let through may be personal."""
    return [field.name for field in fields(wanted) if getattr(wanted, field.name)]


def _note(
    tools: Tools, uow: UnitOfWork, of: tuple[str, str], wanted: ActionFilter, form: ExportFormat, *,
    actor: Actor, export_id: str | None = None,
) -> None:  # fmt: skip
    plan_id, run_id = of
    audit(
        tools, uow, actor, AuditVerb.PLAN_EXPORTED, of=("plan", plan_id), run_id=run_id,
        detail={"format": form.value, "filters": _named(wanted), "export": export_id},
    )  # fmt: skip
