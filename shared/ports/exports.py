"""Storage of exports: what of a plan somebody ordered as one file, and where it lies until it expires."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.ports.plans import ActionFilter
from shared.ports.vault import Deposit


class ExportFormat(StrEnum):
    """What an export is."""

    CSV = "csv"  # a ZIP with actions, changes and errors, joined on `action_id`
    NDJSON = "ndjson"  # an action a line, as `GET /plans/{id}/actions` has it
    XLSX = "xlsx"  # the tables of `csv` as sheets of a workbook
    ARCHIVE = "archive"  # all reports of the run as a ZIP, whatever the filter says


class ExportState(StrEnum):
    """How far an export is."""

    ORDERED = "ordered"  # a worker makes it
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export as stored."""

    id: str
    plan_id: str
    run_id: str
    format: ExportFormat
    wanted: ActionFilter
    actor: str
    created_at: datetime
    #: It is gone then, made or not.
    expires_at: datetime
    state: ExportState = ExportState.ORDERED
    #: Of the file, once it is ready.
    made: Deposit | None = None
    #: Actions in it; None in one of an archive.
    actions: int | None = None
    #: Code of why it failed.
    error: str | None = None


class Exports(Protocol):
    """Orders and what came of them."""

    def add(self, export: Export) -> None: ...
    def get(self, export_id: str, *, at: datetime) -> Export:
        """One that has not expired. Raises `NotFound`."""
        ...

    def ready(self, export_id: str, made: Deposit, actions: int | None) -> None:
        """It was made."""
        ...

    def fail(self, export_id: str, code: str) -> None:
        """It can't be made."""
        ...

    def expire(self, *, at: datetime) -> Sequence[str]:
        """Forget what has expired; where its files lie."""
        ...

    def locations(self) -> set[str]:
        """Where files lie that have not expired."""
        ...
