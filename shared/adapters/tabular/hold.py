"""Holds the last records back: what follows may show that they were pieces of a longer one."""

from collections import deque
from collections.abc import Iterator

from shared.adapters.tabular.damage import Damage
from shared.adapters.tabular.faults import Fault
from shared.adapters.tabular.shapes import Shapes
from shared.ports.reader import BlankRecord, DamagedRecord, SoundRecord

Record = SoundRecord | DamagedRecord | BlankRecord

#: Records held back.
_MOST = 64
#: Multi-line records in a row that one unpaired quote may have made.
_MULTI_LINE = 4
#: Records below an unclosed quote that may be text of its field.
_PASTED = 8
_TORN = Fault("torn_record", "an unpaired quote or a piece of a record stands on the next lines")


class HeldBack:
    """Records read and not given out yet, in file order."""

    def __init__(self, damage: Damage, shapes: Shapes) -> None:
        """Hold nothing yet; ``shapes``: of the kept columns."""
        self._damage = damage
        self._shapes = shapes
        self._records: deque[Record] = deque()
        #: Row → last physical line of the multi-line ones among them.
        self._multi_line: dict[int, int] = {}
        #: Rows of damaged ones that begin with an unclosed quote, and of those that begin like a record.
        self._opened: set[int] = set()
        self._begun: set[int] = set()

    def add(
        self,
        record: Record,
        *,
        last_line: int | None = None,
        opened: bool = False,
        begun: bool = False,
    ) -> Iterator[Record]:
        """Hold a record; gives out what has been held long enough.

        Args:
            record: what comes next in the file.
            last_line: of a sound record of several lines.
            opened: it is damage that begins with an unclosed quote.
            begun: it is damage that begins like a record.
        """
        self._records.append(record)
        if last_line is not None:
            self._multi_line[record.row] = last_line
        if opened:
            self._opened.add(record.row)
        if begun:
            self._begun.add(record.row)
        if len(self._records) > _MOST:
            oldest = self._records.popleft()
            self._multi_line.pop(oldest.row, None)
            self._opened.discard(oldest.row)
            self._begun.discard(oldest.row)
            yield oldest

    def add_lines(self, records: list[Record]) -> Iterator[Record]:
        """Hold sound records of one line each; gives out what has been held long enough."""
        if len(records) >= _MOST:
            yield from self.release()
            yield from records[:-_MOST]
            records = records[-_MOST:]
        for record in records:
            yield from self.add(record)

    def release(self) -> list[Record]:
        """Give out everything."""
        records = list(self._records)
        self._records.clear()
        self._multi_line.clear()
        self._opened.clear()
        self._begun.clear()
        return records

    def tear(self, *, closes: bool) -> None:
        """A piece of a record follows: what may be another piece of it is torn.

        Args:
            closes: the piece ends a quoted field, which then began in a record above.
        """
        if not self._tear_pasted() and closes:
            self._tear_opener()

    def _tear_pasted(self) -> bool:
        """What reads like records between an unclosed quote and the rest of its field."""
        for back in range(1, min(_PASTED + 1, len(self._records)) + 1):
            record = self._records[-back]
            if isinstance(record, DamagedRecord):
                if record.row not in self._opened:
                    return False
                for at in range(1, back):
                    self._torn(-at)
                return True
        return False

    def _tear_opener(self) -> None:
        """Everything back to the record whose field it was."""
        multi_line = 0
        for back in range(1, len(self._records) + 1):
            record = self._records[-back]
            if record.row in self._begun:
                return
            if not isinstance(record, SoundRecord):
                continue
            begins = self._shapes.begins_row(list(record.values.values()))
            lines = self._multi_line.get(record.row)
            self._torn(-back)
            multi_line += lines is not None
            if begins or (begins is None and (lines is None or multi_line == _MULTI_LINE)):
                return

    def _torn(self, at: int) -> None:
        record = self._records[at]
        if isinstance(record, SoundRecord):
            last_line = self._multi_line.pop(record.row, record.line)
            self._records[at] = self._damage.of_record(record, last_line, _TORN)
            self._begun.add(record.row)
