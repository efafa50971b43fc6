"""Is an archive what the run left? Every file against the manifest, the manifest against the audit."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.domain.archive import ArchiveFault, FaultyFile
from shared.domain.audit import AuditVerb, ExportedEntry, verify
from shared.domain.errors import InputInvalid, VaultDamaged
from shared.pipeline.tools import Tools
from shared.ports.reports import Reports
from shared.ports.shelf import AUDIT, MANIFEST, Filed, Filled

_CHUNK = 1 << 20
#: A manifest of ours has thirty lines.
_MOST_MANIFEST = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveVerdict:
    """What verifying came to."""

    #: Of the manifest as it is: what to compare with the audit where there is no database.
    manifest_sha256: str
    files: int
    faults: Sequence[FaultyFile]
    #: Whether the manifest was compared with what the audit has of it.
    against_audit: bool = False


def verify_archive(
    reports: Reports, archive: Filled, *, manifest_sha256: str | None = None
) -> ArchiveVerdict:
    """Read every file once; ``manifest_sha256`` is what the audit has, if it was asked.

    Raises:
        InputInvalid: there is no manifest that could be read.
        ConfigInvalid: `master_key_missing`.
    """
    text = _manifest(archive)
    listed = {filed.name: filed for filed in reports.read_manifest(text)}
    there = Counter(archive.names())
    found = hashlib.sha256(text).hexdigest()
    faults = []
    if manifest_sha256 not in (None, found):
        faults.append(_fault(MANIFEST, ArchiveFault.AUDIT, "the audit has another SHA-256 of it"))
    for name, filed in sorted(listed.items()):
        faults += _of_file(archive, filed) if there[name] else [_missing(name)]
    for name, times in sorted(there.items()):
        if times > (name in listed or name == MANIFEST):
            faults.append(_fault(name, ArchiveFault.UNKNOWN, "the manifest doesn't name it"))
    return ArchiveVerdict(
        manifest_sha256=found, files=len(listed), faults=faults,
        against_audit=manifest_sha256 is not None,
    )  # fmt: skip


def verify_run(tools: Tools, run_id: str) -> ArchiveVerdict:
    """Verify the archive of a run where it lies.

    Raises:
        NotFound: there is no such run.
        InputInvalid: it has no archive yet, or its manifest can't be read.
        ConfigInvalid: `master_key_missing`.
    """
    with tools.transactions.begin() as uow:
        run = uow.runs.get(run_id)
        noted = uow.audit.newest(run.id, AuditVerb.RUN_ARCHIVED)
    if not run.archive:
        raise InputInvalid(
            f"Run {run.id} has no archive yet: it is {run.state.value}. Nothing was changed.",
            code="not_archived",
        )
    # Runs that an older release archived have no such entry.
    said = json.loads(noted.entry)["detail"]["manifest_sha256"] if noted else None
    return verify_archive(tools.reports, tools.vault.archive(run.id), manifest_sha256=said)


def _manifest(archive: Filled) -> bytes:
    try:
        with archive.open(MANIFEST) as stream:
            text = stream.read(_MOST_MANIFEST)
    except VaultDamaged as error:
        raise InputInvalid(
            f"There is no {MANIFEST} that could be read, so nothing can be verified. Nothing was changed.",
            code="not_an_archive",
        ) from error
    return text


def _of_file(archive: Filled, filed: Filed) -> Iterator[FaultyFile]:
    digest, size = hashlib.sha256(), 0
    try:
        with archive.open(filed.name) as stream:
            # No more than is wanted: a small entry of a ZIP can hold terabytes.
            while size <= filed.size_bytes and (chunk := stream.read(_CHUNK)):
                digest.update(chunk)
                size += len(chunk)
    except (VaultDamaged, ValueError, OSError):
        yield _fault(filed.name, ArchiveFault.UNREADABLE, "it is damaged, or not a file of ours")
        return
    if (size, digest.hexdigest()) != (filed.size_bytes, filed.sha256):
        yield _fault(filed.name, ArchiveFault.CHANGED, "its size or SHA-256 is another")
    elif filed.name == AUDIT:
        yield from _of_audit(archive)


def _of_audit(archive: Filled) -> Iterator[FaultyFile]:
    """Who changed an entry and its hash in the manifest must have computed the entry's own hash too."""
    with archive.open(AUDIT) as stream:
        try:
            for fault in verify(ExportedEntry.of_line(line.decode()) for line in stream):
                detail = f"entry {fault.position}: {fault.what} does not fit"
                yield _fault(AUDIT, ArchiveFault.AUDIT, detail)
        except ValueError:
            yield _fault(AUDIT, ArchiveFault.AUDIT, "a line of it is no entry of the audit")


def _missing(name: str) -> FaultyFile:
    return _fault(name, ArchiveFault.MISSING, "the manifest names it, it is not there")


def _fault(name: str, fault: ArchiveFault, detail: str) -> FaultyFile:
    return FaultyFile(name=name, fault=fault, detail=detail)
