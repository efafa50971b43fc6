"""Bring reports out of the archive, each time with an audit entry; and ASCIP's reference data."""

import hashlib
from typing import BinaryIO

from shared.domain.audit import Actor, AuditVerb
from shared.domain.errors import NotFound
from shared.domain.run import Run
from shared.pipeline.report import write_reports
from shared.pipeline.tools import Tools, audit
from shared.ports.shelf import MANIFEST, Filed, Shelf
from shared.ports.unit_of_work import UnitOfWork

_CHUNK = 1 << 20


def archived(tools: Tools, run_id: str) -> list[Filed]:
    """The files of a run's archive, its manifest last; none while there are no reports yet.

    Raises:
        NotFound: there is no such run.
        VaultDamaged, ConfigInvalid: see `Vault.open`.
    """
    with tools.transactions.begin() as uow:
        run = uow.runs.get(run_id)
    return _listed(tools, run)


def open_archived(tools: Tools, run_id: str, name: str, actor: Actor) -> BinaryIO:
    """A file of a run's archive, for the caller to close.

    Raises:
        NotFound: there is no such run, or its manifest has no such file.
        VaultDamaged, ConfigInvalid: see `Vault.open`.
    """
    if name not in {filed.name for filed in archived(tools, run_id)}:
        raise NotFound(
            f"The reports of {run_id} have no such file. Its list of files has the names; it is"
            " empty until the run has come to its end.",
        )
    stream = tools.vault.archive(run_id).open(name)
    try:
        with tools.transactions.begin() as uow:
            _note(tools, uow, run_id, actor, file=name)
    except BaseException:
        stream.close()
        raise
    return stream


def export_reports(tools: Tools, plan_or_run_id: str, shelf: Shelf, actor: Actor) -> list[Filed]:
    """Copy a run's archive; of a run that has none yet, write the reports as it stands now.

    Raises:
        NotFound: there is no such plan or run.
        VaultDamaged, ConfigInvalid: see `Vault.open`.
        StorageFull: some files may be there, the manifest is not.
    """
    with tools.transactions.begin() as uow:
        run = _run_of(uow, plan_or_run_id)
        # Noted before anything leaves: rather an entry too many than one too few.
        _note(tools, uow, run.id, actor, file=None)
    with tools.transactions.begin() as uow:
        return fill(tools, uow, run, shelf)


def fill(tools: Tools, uow: UnitOfWork, run: Run, shelf: Shelf) -> list[Filed]:
    """Put a run's archive on a shelf, or its reports as it stands now; errors as in `export_reports`."""
    if not run.archive:
        return write_reports(tools, uow, run, shelf)
    files = _listed(tools, run)
    for filed in files:
        _copy(tools, run, filed.name, shelf)
    return files


def pull_reference(tools: Tools, shelf: Shelf) -> list[Filed]:
    """Groups, buckets, roles and time zones as ASCIP has them now."""
    reference = tools.target.reference()
    return tools.reports.write_reference(
        shelf, reference.to_json(), reference.groups.values(), None
    )


def _listed(tools: Tools, run: Run) -> list[Filed]:
    if not run.archive:
        return []
    with tools.vault.archive(run.id).open(MANIFEST) as stream:
        text = stream.read()
    itself = Filed(name=MANIFEST, size_bytes=len(text), sha256=hashlib.sha256(text).hexdigest())
    return [*tools.reports.read_manifest(text), itself]


def _copy(tools: Tools, run: Run, name: str, shelf: Shelf) -> None:
    with tools.vault.archive(run.id).open(name) as source, shelf.create(name) as out:
        while chunk := source.read(_CHUNK):
            out.write(chunk)


def _run_of(uow: UnitOfWork, plan_or_run_id: str) -> Run:
    if plan_or_run_id.startswith("run_"):
        return uow.runs.get(plan_or_run_id)
    return uow.runs.get(uow.plans.get(plan_or_run_id).run_id)


def _note(tools: Tools, uow: UnitOfWork, run_id: str, actor: Actor, *, file: str | None) -> None:
    audit(
        tools, uow, actor, AuditVerb.REPORT_EXPORTED, of=("run", run_id), run_id=run_id,
        detail={"file": file},
    )  # fmt: skip
