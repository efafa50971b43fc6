"""`archive verify`."""

import json
from pathlib import Path

from services.cli.exits import Exit
from services.cli.session import open_session
from shared import bootstrap_files
from shared.domain.errors import NotFound
from shared.pipeline.verify_archive import ArchiveVerdict, verify_archive, verify_run


def verify(config: Path | None, archive: str, *, as_json: bool) -> int:
    """Say of every file that fails why; what is at a path wins over a run of that name."""
    path = Path(archive)
    if path.exists():
        with bootstrap_files.filled_at(path) as filled:
            found = verify_archive(bootstrap_files.reports(), filled)
    elif archive.startswith("run_"):
        with open_session(config) as session:
            found = verify_run(session.tools, archive)
    else:
        raise NotFound(f"There is no file or folder {archive}, and it is no run's id.")
    print(json.dumps(_document(found)) if as_json else "\n".join(_lines(archive, found)))
    return Exit.UNEXPECTED if found.faults else Exit.DONE


def _document(found: ArchiveVerdict) -> dict[str, object]:
    return {
        "verified": not found.faults,
        "files": found.files,
        "manifest_sha256": found.manifest_sha256,
        "against_audit": found.against_audit,
        "faults": [
            {"name": f.name, "fault": f.fault.value, "detail": f.detail} for f in found.faults
        ],
    }


def _lines(archive: str, found: ArchiveVerdict) -> list[str]:
    lines = [f"{f.name}: {f.fault.value}: {f.detail}" for f in found.faults]
    if found.faults:
        files = len({fault.name for fault in found.faults})
        lines.append(
            f"{archive} does not verify: {files} of its files are not as the run left them."
        )
    else:
        lines.append(f"All {found.files:,} files of {archive} are as its manifest says.")
    compared = (
        "It was compared with the audit."
        if found.against_audit
        else "It was not compared with the audit: there it stands with run.archived."
    )
    return [*lines, f"The manifest has SHA-256 {found.manifest_sha256}. {compared}"]
