"""Rows that wait on disk: all of them, in order, without a file anybody else could open."""

import tracemalloc
from pathlib import Path

import pytest

from shared.adapters.spool import _BATCH, IN_MEMORY_BYTES, FileSpool
from shared.domain.errors import StorageFull

Item = tuple[int, dict[str, str], str | None]


def item(number: int, text: str = "Zo\u00eb") -> Item:
    return (number, {"id": f"E{number}", "name": text}, None if number % 2 else "x")


@pytest.mark.parametrize("count", [0, 1, _BATCH - 1, _BATCH, _BATCH + 1, 5 * _BATCH])
def test_what_goes_in_comes_out_as_often_as_wanted(count: int) -> None:
    items = list(map(item, range(count)))
    with FileSpool[Item]() as spool:
        for each in items:
            spool.add(each)
        assert list(spool) == items
        assert list(spool) == items


def test_many_rows_cost_disk_and_not_memory() -> None:
    tracemalloc.start()
    with FileSpool[Item]() as spool:
        for number in range(100_000):
            spool.add(item(number, f"{number:0200}"))
        assert sum(1 for _ in spool) == 100_000
        peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * IN_MEMORY_BYTES


def test_its_file_has_no_name() -> None:
    with FileSpool[Item]() as spool:
        for number in range(IN_MEMORY_BYTES // 200):
            spool.add(item(number, f"{number:0200}"))
        assert isinstance(spool._file.name, int)


def test_a_full_disk_is_said_with_what_to_do() -> None:
    with FileSpool[Item]() as spool:
        spool._file.close()
        spool._file = Path("/dev/full").open("wb", buffering=0)  # type: ignore[assignment]  # noqa: SIM115
        spool.add(item(0))
        with pytest.raises(StorageFull, match="TMPDIR"):
            list(spool)
