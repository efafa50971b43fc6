"""The sync switch: somebody has paused syncing for the whole installation. Pure."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.domain.audit import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPause:
    """A pause as stored."""

    #: Who paused, as the audit has actors.
    paused_by: str
    reason: str
    paused_at: datetime
    #: When it ends by itself, None if somebody has to end it.
    until: datetime | None
    #: Until then by the database's clock, None without an `until`.
    left_s: float | None
    #: None while it holds, or where it ended by itself.
    ended_by: str | None = None
    #: None while it holds.
    ended_at: datetime | None = None

    @property
    def by(self) -> str:
        """Who paused, by name."""
        return Actor.parse(self.paused_by).name

    def until_words(self, timezone: str) -> str:
        """As people read it: `until 2026-11-23 06:00 PST`, or who ends it."""
        if self.until is None:
            return "until somebody resumes it"
        return f"until {self.until.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M %Z}"
