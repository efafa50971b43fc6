"""Rows of a governed file that repeat a source id: the same again, or something else under one id."""

from dataclasses import dataclass
from typing import NamedTuple

from shared.domain.record import GovernedRecord, payload_hash
from shared.domain.violation import Violation

CONFLICT = Violation("conflict", None, "the source id stands in rows with different values")


class Late(NamedTuple):
    """A row that repeats a source id."""

    line: int
    source_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clashes:
    """Source ids that stand in rows with different values: none of these rows is taken."""

    ids: frozenset[str]
    #: Rows behind the first ones, in file order.
    late: tuple[Late, ...]
    violation: Violation = CONFLICT

    @property
    def withdrawn(self) -> int:
        """First rows, which were taken at first."""
        return len(self.ids)

    def concern(self, source_id: str | None) -> bool:
        """Whether rows of this source id contradict each other."""
        return source_id in self.ids

    def told(self, violations: tuple[Violation, ...], _: str | None) -> tuple[Violation, ...]:
        """A refused row is compared with none: its own violations."""
        return violations


class Repeats:
    """Watches the records of a file; memory grows with their number."""

    def __init__(self) -> None:
        """Nothing seen."""
        self._seen: dict[str, bytes] = {}
        self._late: list[Late] = []
        self._clashing: set[str] = set()
        self._refused: set[str] = set()

    def refuse(self, source_id: str | None) -> None:
        """Note the source id of a row that isn't taken: none beside it is, either."""
        if source_id is not None:
            self._refused.add(source_id)

    def is_first(self, record: GovernedRecord) -> bool:
        """Whether it is the first of its source id; the others are counted."""
        digest = bytes.fromhex(payload_hash(record.payload))
        first = self._seen.setdefault(record.source_id, digest)
        if first is digest:
            return True
        self._late.append(Late(record.line, record.source_id))
        if first != digest:
            self._clashing.add(record.source_id)
        return False

    def clashes(self) -> Clashes:
        """What the end of the file shows."""
        clashing = self._clashing | (self._refused & self._seen.keys())
        late = tuple(again for again in self._late if again.source_id in clashing)
        return Clashes(ids=frozenset(clashing), late=late)
