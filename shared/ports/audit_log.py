"""The append-only audit."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from shared.domain.audit import AuditEntry, AuditVerb, ExportedEntry


class AuditLog(Protocol):
    """Entries are written in the transaction of what they speak of; nothing changes them later."""

    def append(self, entries: Iterable[AuditEntry]) -> None: ...
    def entries(
        self, *, run_id: str | None = None, after: int = 0, limit: int | None = None
    ) -> Iterator[ExportedEntry]:
        """Entries in order."""
        ...

    def newest(self, run_id: str, verb: AuditVerb) -> ExportedEntry | None:
        """The last entry about a run with this verb."""
        ...
