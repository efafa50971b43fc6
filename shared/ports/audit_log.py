"""The append-only audit."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.audit import AuditEntry, AuditVerb, ExportedEntry
from shared.domain.canonical import Json
from shared.ports.views import PageOf

#: Counting goes so far: an apply writes as many entries as it has actions.
MOST_COUNTED = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries to list; empty fields don't narrow."""

    #: As the audit writes them: `user:anna`, `key:key_1`, `system`.
    actors: Sequence[str] = ()
    verbs: Sequence[AuditVerb] = ()
    object_types: Sequence[str] = ()
    object_id: str | None = None
    run_id: str | None = None
    #: From then on, and before then.
    since: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEntry:
    """An entry for people to read."""

    sequence: int
    at: datetime
    actor: str
    verb: AuditVerb
    object_type: str
    object_id: str
    run_id: str | None
    plan_digest: str | None
    #: Pseudonym of the person it is about.
    subject: str | None
    #: Names of fields, codes and counts.
    detail: Mapping[str, Json]
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """Entries, newest first."""

    items: Sequence[ListedEntry]
    has_more: bool
    #: Of all that the filter lets through, `MOST_COUNTED` + 1 for more than that.
    total: int
    #: Of the newest `MOST_COUNTED` that the filter lets through whatever their verb.
    verbs: Mapping[AuditVerb, int]
    #: The place of the newest entry of all, 0 where there is none.
    newest: int


class AuditLog(Protocol):
    """Entries are written in the transaction of what they speak of; nothing changes them later."""

    def append(self, entries: Iterable[AuditEntry]) -> None: ...
    def entries(
        self, *, run_id: str | None = None, after: int = 0, limit: int | None = None
    ) -> Iterator[ExportedEntry]:
        """Entries in order."""
        ...

    def page(self, wanted: AuditFilter, page: PageOf) -> AuditPage:
        """A page, newest first; ``after`` is the sequence of the last one seen."""
        ...

    def part(
        self, wanted: AuditFilter, *, after: int, last: int, limit: int
    ) -> Sequence[ExportedEntry]:
        """What the filter lets through between two places, in order."""
        ...

    def newest(self, run_id: str, verb: AuditVerb) -> ExportedEntry | None:
        """The last entry about a run with this verb."""
        ...
