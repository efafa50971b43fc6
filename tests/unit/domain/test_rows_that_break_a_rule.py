"""A row at which the engine itself fails costs that row, never the file; and nobody in it is forgotten."""

from collections.abc import Iterator, Mapping

import pytest

from shared.domain.feeds.staff import COLUMNS
from shared.domain.staff import StaffIdentity
from shared.domain.staff_validation import StaffRules, check_file
from shared.ports.reader import SoundRecord

CORE = frozenset(column.name for column in COLUMNS)
PERSON = dict.fromkeys(sorted(CORE), "") | {
    "employee_id": "E1", "first_name": "Ann", "last_name": "Lee", "site_code": "010",
    "work_email": "ann@lincoln.example",
}  # fmt: skip


class Poison(Mapping[str, str]):
    """Values of a row at which whoever looks at the last name fails, once."""

    def __init__(self, values: dict[str, str], error: type[BaseException]) -> None:
        self._values, self._error, self._left = values, error, 1

    def __getitem__(self, name: str) -> str:
        if name == "last_name" and self._left:
            self._left -= 1
            raise self._error
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def rows(error: type[BaseException]) -> list[SoundRecord]:
    """Thirty people; the poison is in rows 3 and 17."""
    made = []
    for number in range(1, 31):
        mail = f"p{number}@lincoln.example"
        values = PERSON | {"employee_id": f"E{number}", "work_email": mail}
        poisoned = number in (3, 17)
        made.append(SoundRecord(number, number + 1, Poison(values, error) if poisoned else values))  # type: ignore[arg-type]  # a mapping, as rules read it
    return made


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyError, RecursionError])
def test_the_row_is_quarantined_and_the_others_are_taken(error: type[Exception]) -> None:
    found = check_file(rows(error), StaffRules(columns=CORE))
    assert len(found.accepted) == 28
    assert [(q.row, q.line, q.identity) for q in found.quarantined] == [
        (3, 4, StaffIdentity()), (17, 18, StaffIdentity()),
    ]  # fmt: skip
    for quarantined in found.quarantined:
        (violation,) = quarantined.violations
        assert (violation.code, violation.column) == ("not_judged", None)
        assert violation.detail == f"the engine failed at it ({error.__name__})"
        assert f"p{quarantined.row}@lincoln.example".encode() in quarantined.raw
    assert found.unidentified == 2, "so that removals wait for a person"
    assert found.counts.rows_in == found.counts.accepted + found.counts.quarantined == 30


def test_a_machine_without_memory_is_not_the_row_s_fault() -> None:
    with pytest.raises(MemoryError):
        check_file(rows(MemoryError), StaffRules(columns=CORE))
