"""A watcher that dies at any moment: the next one makes one run of each file, never none, never two."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest

from shared.adapters.drop.folder import PosixDropFolder
from shared.domain.drop import ANYTHING, Expected, Found, Place
from shared.domain.run import RunState
from tests.fakes.dying import Killed, Moment
from tests.integration.watcher.conftest import MOST_BYTES, STABLE_S, Drops
from tests.integration.watcher.test_take_in import sha256_of

#: Asking whether the database is there, whether the run was made, which file came last, and making it.
TRANSACTIONS = 4


class DyingFolder(PosixDropFolder):
    """Dies before or after its n-th change of the folder."""

    def __init__(self, path: Path, at: int, *, after: bool) -> None:
        super().__init__(path, most_bytes=MOST_BYTES)
        self.at, self.after, self.changes = at, after, 0

    def move(self, found: Found, to: Place, name: str, *, reason: str | None = None) -> None:
        with self._dying():
            super().move(found, to, name, reason=reason)

    def remove(self, found: Found) -> None:
        with self._dying():
            super().remove(found)

    @contextmanager
    def _dying(self) -> Iterator[None]:
        self.changes += 1
        if self.changes == self.at and not self.after:
            raise Killed
        yield
        if self.changes == self.at:
            raise Killed


class BusyFolder(PosixDropFolder):
    """Its sender goes on writing while the file is read, once."""

    written = False

    @contextmanager
    def open(self, found: Found, expected: Expected = ANYTHING) -> Iterator[BinaryIO]:
        with super().open(found, expected) as source:
            if found.place is Place.TAKING and not self.written:
                self.written = True
                with (self._path / "taking" / found.name).open("ab") as out:
                    out.write(b"\n")
            yield source


def dies(drops: Drops) -> bool:
    """Let a file settle and be taken; whether the watcher died over it."""
    try:
        drops.settle()
    except Killed:
        return True
    return False


def assert_taken_once(drops: Drops) -> None:
    (run,) = drops.runs()
    assert drops.names() == drops.names(Place.TAKING) == drops.names(Place.REFUSED) == []
    assert drops.names(Place.PROCESSED) == [f"{run.id}--staff.csv"]
    drops.engine.workers.until_quiet()
    assert drops.engine.run(run.id).state is RunState.NO_CHANGES


@pytest.mark.parametrize("moment", list(Moment))
@pytest.mark.parametrize("number", range(1, TRANSACTIONS + 1))
def test_dying_around_a_commit_neither_loses_a_file_nor_takes_it_twice(
    drops: Drops, number: int, moment: Moment
) -> None:
    drops.put()
    drops.engine.transactions.arm(number, moment)
    assert dies(drops)
    drops.start()
    drops.settle()
    assert_taken_once(drops)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(1, 5))
def test_dying_around_a_change_of_the_folder_neither_loses_a_file_nor_takes_it_twice(
    drops: Drops, at: int, after: bool
) -> None:
    """The `.done` goes, the file is claimed, the checksum goes, the file is kept."""
    sha256_of(drops.put())
    drops.put("staff.csv.done", b"")
    drops.close()
    drops.start(DyingFolder(drops.path, at, after=after))
    assert dies(drops)
    drops.start()
    drops.settle()
    for left in drops.path.glob("*.sha256"):
        left.unlink()  # the file is taken; what is left of its companion hurts nobody
    assert_taken_once(drops)


@pytest.mark.parametrize("at", [2, 3])
def test_a_checksum_is_still_compared_after_a_crash(drops: Drops, at: int) -> None:
    sha256_of(drops.put(), "0" * 64)
    drops.close()
    drops.start(DyingFolder(drops.path, at, after=False))
    assert dies(drops)
    drops.start()
    drops.settle()
    assert drops.runs() == []
    assert len(drops.names(Place.REFUSED)) == 2


def test_a_lost_answer_to_the_commit_makes_no_second_run(drops: Drops) -> None:
    """The same process goes on: the commit took place, but it was told otherwise."""
    drops.put()
    drops.engine.transactions.arm(TRANSACTIONS, Moment.AFTER)
    assert dies(drops)
    drops.sweep(STABLE_S)
    assert_taken_once(drops)


def test_a_file_that_changes_while_it_is_read_is_waited_for(drops: Drops) -> None:
    drops.put()
    drops.close()
    drops.start(BusyFolder(drops.path, most_bytes=MOST_BYTES))
    assert drops.settle() == []
    assert drops.runs() == []
    assert drops.sweep() == drops.sweep(STABLE_S - 0.25) == []
    drops.sweep(0.25)
    assert_taken_once(drops)


def test_a_file_whose_sender_is_still_connected_is_waited_for(drops: Drops) -> None:
    file = drops.put()
    with file.open("ab"):
        assert drops.settle() == drops.settle() == []
        assert drops.names() == ["staff.csv"]
    assert len(drops.settle()) == 1
    assert_taken_once(drops)


def test_a_file_that_may_not_be_moved_is_told_once_and_tried_again(drops: Drops) -> None:
    class Stubborn(PosixDropFolder):
        stuck = True

        def move(self, found: Found, to: Place, name: str, *, reason: str | None = None) -> None:
            if self.stuck:
                raise PermissionError
            super().move(found, to, name, reason=reason)

    drops.put()
    drops.close()
    folder = Stubborn(drops.path, most_bytes=MOST_BYTES)
    drops.start(folder)
    (noted,) = drops.settle()
    assert (noted.what, noted.reason) == ("left", "out_of_reach")
    assert drops.settle() == []
    folder.stuck = False
    assert len(drops.settle()) == 1
    assert_taken_once(drops)
