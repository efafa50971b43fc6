"""`audit list`, `audit export`, `audit verify`."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from services.cli.exits import Exit
from services.cli.session import open_session
from shared.domain.audit import ExportedEntry, verify
from shared.domain.errors import InputInvalid
from shared.pipeline.look import audit_entries


def list_entries(config: Path | None, *, run: str | None, limit: int, as_json: bool) -> int:
    """Entries in order."""
    with open_session(config) as session:
        for exported in audit_entries(session.tools, run, limit):
            if as_json:
                print(exported.line(), end="")
                continue
            entry = json.loads(exported.entry)
            who = entry["actor"]["name"]
            what = f"{entry['object']['type']} {entry['object']['id']}"
            detail = ", ".join(
                f"{k}={v}" for k, v in entry["detail"].items() if v not in (None, [], {})
            )
            print(
                f"#{exported.sequence} {entry['at']} {who} {entry['verb']} {what}  {detail[:120]}"
            )
    return Exit.DONE


def export(config: Path | None, out: Path) -> int:
    """The whole audit as NDJSON, one entry a line, readable by its owner only."""
    count = 0
    handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open_session(config) as session, os.fdopen(handle, "w", encoding="utf-8") as file:
        for exported in audit_entries(session.tools, None, None):
            file.write(exported.line())
            count += 1
    print(f"Wrote {count:,} entries to {out}. Check them anywhere: ascip-sync audit verify {out}")
    return Exit.DONE


def verify_file(file: Path) -> int:
    """Recompute an export, without the database."""
    count = 0

    def entries() -> Iterator[ExportedEntry]:
        nonlocal count
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                count += 1
                yield _read(line, count)

    faults = list(verify(entries()))
    for fault in faults[:20]:
        print(
            f"Entry {fault.position}: {fault.what} does not fit:"
            f" expected {fault.expected}, computed {fault.computed}"
        )
    if faults:
        print(
            f"{len(faults)} of {count:,} entries do not verify. Keep the database as it is and investigate."
        )
        return Exit.UNEXPECTED
    print(f"All {count:,} entries verify: every hash recomputed from its entry.")
    return Exit.DONE


def _read(line: str, number: int) -> ExportedEntry:
    try:
        return ExportedEntry.of_line(line)
    except ValueError as error:
        raise InputInvalid(
            f"Line {number} is not a line of an audit export. Nothing was changed.",
            code="not_an_export",
        ) from error
