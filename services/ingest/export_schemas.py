"""What an export is ordered with, and what is answered about it."""

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.ingest.queries import ActionFields
from services.ingest.schemas import Answered
from shared.ports.exports import ExportFormat, ExportState


class NewExport(BaseModel):
    """What is wanted as one file."""

    model_config = ConfigDict(extra="forbid")
    format: ExportFormat
    filter: ActionFields = Field(
        default_factory=ActionFields, description="As of `actions`; left out: all."
    )

    @model_validator(mode="after")
    def _whole_archive(self) -> "NewExport":
        if self.format is ExportFormat.ARCHIVE and self.filter.model_fields_set:
            raise ValueError("an archive is exported whole: leave the filter out")
        return self


class ExportDocument(Answered):
    """An export, and its file once it is ready."""

    id: str = Field(examples=["exp_7QK2M0XW3F9A"])
    plan_id: str
    format: ExportFormat
    filters: list[str] = Field(description="Names of the filters that narrow; never their values.")
    state: ExportState
    error: str | None
    actor: str
    created_at: str
    expires_at: str
    file: str | None = Field(description="What its file is called.")
    size_bytes: int | None
    sha256: str | None
    actions: int | None = Field(description="How many are in it; null in one of the archive.")
