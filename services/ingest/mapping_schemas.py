"""What `/mappings` answers."""

from typing import Any

from pydantic import Field

from services.ingest.schemas import Answered


class CheckedMapping(Answered):
    """What holds a mapping back, and what of the newest extract it covers."""

    version: int
    sha256: str
    sound: bool = Field(description="Whether a run can use all of it, under a number of its own.")
    ascip_read_at: str | None = Field(description="When its reference data was read; null: never.")
    same_number: list[str]
    drift: list[dict[str, Any]]
    extract: dict[str, Any] | None
    coverage: list[dict[str, Any]] | None
    unused: list[str]
    unread_buckets: list[str]
    open_runs: list[str] = Field(description="Runs whose plans another version makes stale.")


class SuggestedMeanings(Answered):
    """A file of proposals as `ascip-sync mapping accept` takes it."""

    mapping: dict[str, Any]
    unmapped: int = Field(description="Values that nothing stands for, proposed here or not.")
    proposals: list[dict[str, Any]]


class ReplacedMapping(Answered):
    """The version that took the place of another."""

    version: int
    sha256: str
    etag: str
    before: dict[str, Any]
    differences: list[str]
    stale_runs: list[str]
