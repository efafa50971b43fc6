"""Holds a sound record back until the next one is sound too: a torn one must not go out."""

from shared.adapters.tabular.damage import Damage
from shared.adapters.tabular.faults import Fault
from shared.ports.reader import BlankRecord, DamagedRecord, SoundRecord

Record = SoundRecord | DamagedRecord | BlankRecord

#: Multi-line records in a row that stay doubtful until a sound single line follows.
_MULTI_LINE = 4
#: Most records held back, so that a long damaged region is not kept in memory.
_MOST = 64

_TORN = Fault("torn_record", "an unpaired quote stands on the next lines")


class HeldBack:
    """Records read and not given out yet, in file order."""

    def __init__(self, damage: Damage) -> None:
        """Hold nothing yet."""
        self._damage = damage
        self._records: list[Record] = []
        #: Row → last physical line of the held sound records.
        self._sound: dict[int, int] = {}
        #: Whether the last sound record reached over several lines.
        self.multi_line = False

    def __bool__(self) -> bool:
        """Whether anything is held."""
        return bool(self._records)

    def release(self) -> list[Record]:
        """Give out everything."""
        records, self._records = self._records, []
        self._sound.clear()
        self.multi_line = False
        return records

    def sound(self, record: SoundRecord, last_line: int) -> list[Record]:
        """Hold a sound record; returns what it proves sound before it."""
        self.multi_line = last_line != record.line
        out = [] if self.multi_line else self.release()
        self._records.append(record)
        self._sound[record.row] = last_line
        while len(self._sound) > _MULTI_LINE:
            out += self._oldest()
        return out

    def other(self, record: Record) -> list[Record]:
        """Hold damage or a blank behind what is held; returns what is held too long."""
        if not self._sound:
            return [record]
        self._records.append(record)
        return self._oldest() if len(self._records) > _MOST else []

    def tear(self) -> list[Record]:
        """An unpaired quote follows: give out everything, what read soundly as torn."""
        spans = dict(self._sound)
        return [
            self._damage.of_record(record, spans[record.row], _TORN)
            if isinstance(record, SoundRecord)
            else record
            for record in self.release()
        ]

    def _oldest(self) -> list[Record]:
        """Give out the oldest sound record and what follows it up to the next."""
        at = 1
        while at < len(self._records) and not isinstance(self._records[at], SoundRecord):
            at += 1
        out, self._records = self._records[:at], self._records[at:]
        for record in out:
            self._sound.pop(record.row, None)
        return out
