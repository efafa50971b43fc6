"""Pauses of all syncing, one after the other."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.sync_switch import SyncPause


class SyncSwitch(Protocol):
    """At most one pause holds; what holds is judged by the database's clock."""

    def paused(self, *, lock: bool = False) -> SyncPause | None:
        """The pause that holds.

        With ``lock`` nobody ends or replaces it before this transaction has ended: what is put off
        because of it is seen by whoever ends it.
        """
        ...

    def pause(self, *, by: str, reason: str, until: datetime | None) -> bool:
        """Begin a pause in place of the one that holds; False if ``until`` is past: take it all back then."""
        ...

    def end(self, *, by: str) -> bool:
        """End the pause that holds; whether there was one."""
        ...

    def history(self, limit: int) -> Sequence[SyncPause]:
        """Pauses, newest first."""
        ...
