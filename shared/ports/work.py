"""Storage of work items: claims, leases by the database's clock, fencing, and the outbox."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from shared.domain.work import GivenUp, NewWork, WorkItem, WorkKind


class WorkItems(Protocol):
    """The queue's truth."""

    def add(self, run_id: str, items: Iterable[NewWork]) -> int:
        """Make items; their messages go out after this transaction commits."""
        ...

    def claim(self, item_id: int, worker: str) -> WorkItem | None:
        """Own an item that is ready or whose lease has run out; None if there is nothing to own.

        Raises:
            ConfigInvalid: see `require_schema`.
        """
        ...

    def require_schema(self) -> None:
        """Before work that holds no item.

        Raises:
            ConfigInvalid: `schema_differs`: the database is another version's. Nothing may be written.
        """
        ...

    def renew(self, item: WorkItem) -> float:
        """Prolong the lease; first statement of every transaction that records something for it.

        Returns how long it lasts from the beginning of the transaction, in seconds.

        Raises:
            Fenced: a newer epoch owns the item, or the database has become another version's.
        """
        ...

    def finish(self, item: WorkItem) -> None:
        """Done. Raises `Fenced` like `renew`."""
        ...

    def postpone(
        self, item: WorkItem, *, delay_s: float, error: str | None = None, counts: bool = False
    ) -> None:
        """Give the item back, due in ``delay_s``; ``counts`` if the attempt counts against it."""
        ...

    def bring_forward(self, error: str) -> None:
        """Make due at once what was postponed for this reason."""
        ...

    def bury(self, item: WorkItem, error: str) -> None:
        """Give an item up for good."""
        ...

    def open_count(self, run_id: str, *kinds: WorkKind) -> int:
        """Items of these kinds that are neither done nor dead."""
        ...

    def in_hand(self, run_id: str, *kinds: WorkKind) -> int:
        """Items of these kinds that somebody works on now."""
        ...

    def given_up(self, run_id: str) -> Sequence[GivenUp]:
        """Dead items that nobody has led on yet, oldest first."""
        ...

    def drop_open(self, run_id: str) -> None:
        """End what nobody works on, exports aside; what is leased finishes its call and records it."""
        ...

    def take_due(self, limit: int, *, most_out: int) -> Sequence[int]:
        """Outbox: ids whose message is due, marked as sent when this transaction commits.

        No more than make ``most_out`` with those that were sent and that nobody has claimed yet.
        """
        ...

    def tell_unsent(self, reason: str, detail: str) -> None:
        """Have runs whose turn it is, and whose message can't be sent, say why they wait."""
        ...

    def untell_unsent(self, reason: str) -> None:
        """Messages are sent again: nothing waits for that reason any more."""
        ...

    def unanswered(self) -> int:
        """Items whose message was sent and that nobody has claimed."""
        ...

    def ring_again(self, *, unanswered_s: float) -> int:
        """Put back what was leased by the dead or whose message nobody answered for so long; how many."""
        ...
