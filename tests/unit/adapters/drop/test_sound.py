"""Opening what others wrote: only sound files, and only if they stay what they were."""

import fcntl
import hashlib
import io
import os
import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from shared.adapters.drop.sound import Limits, open_sound, open_source
from shared.domain.drop import Expected, Refusal
from shared.domain.errors import Conflict, InputInvalid

CONTENT = b"employee_id,last_name\n1,Garcia\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "staff.csv"
    path.write_bytes(CONTENT)
    return path


def refusal(path: Path, most_bytes: int = 1000) -> str:
    with pytest.raises(InputInvalid) as error, open_source(path, most_bytes):
        pass
    return error.value.code


def test_a_sound_file_is_read_whole(file: Path) -> None:
    with open_source(file, 1000) as source:
        assert source.read() == CONTENT


@pytest.mark.parametrize("most", [5, 1000])
def test_a_file_can_be_read_again_from_its_beginning(file: Path, most: int) -> None:
    expected = Expected(sha256=hashlib.sha256(CONTENT).hexdigest())
    folder = os.open(file.parent, os.O_RDONLY)
    limits = Limits(owners=frozenset({os.geteuid()}), most_bytes=1000)
    with open_sound(folder, file.name, limits, expected) as source:
        assert source.tell() == 0
        source.read(most)
        source.seek(0)
        assert source.read() == CONTENT
        with pytest.raises(io.UnsupportedOperation):
            source.seek(0, os.SEEK_END)
    os.close(folder)


def test_a_link_is_not_followed(file: Path) -> None:
    link = file.with_name("link.csv")
    link.symlink_to(file)
    assert refusal(link) == Refusal.NOT_A_FILE


def test_nothing_but_a_file_is_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.csv")  # opening it would wait for a writer
    (tmp_path / "folder.csv").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.csv"))
    assert refusal(tmp_path / "fifo.csv") == Refusal.NOT_A_FILE
    assert refusal(tmp_path / "socket.csv") == Refusal.NOT_A_FILE
    assert refusal(tmp_path / "folder.csv") == Refusal.FOLDER
    assert refusal(Path("/dev/null")) == Refusal.NOT_A_FILE


def test_a_file_with_a_second_name_is_not_opened(file: Path) -> None:
    file.with_name("second.csv").hardlink_to(file)
    assert refusal(file) == Refusal.HARD_LINK


def test_a_file_may_be_as_large_as_allowed_and_no_larger(file: Path) -> None:
    with open_source(file, len(CONTENT)) as source:
        assert source.read() == CONTENT
    assert refusal(file, len(CONTENT) - 1) == Refusal.TOO_LARGE


def test_an_empty_file_is_refused(file: Path) -> None:
    file.write_bytes(b"")
    assert refusal(file) == Refusal.EMPTY


def test_a_file_of_another_user_is_refused(file: Path) -> None:
    status = file.stat()
    assert Limits(owners=frozenset({status.st_uid}), most_bytes=1000).fault(status) is None
    others = Limits(owners=frozenset({status.st_uid + 1}), most_bytes=1000)
    assert others.fault(status) is Refusal.FOREIGN_OWNER


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), open_source(tmp_path / "none.csv", 1000):
        pass


@pytest.mark.parametrize("change", ["grow", "shrink", "touch"])
def test_a_file_that_changes_while_it_is_read_is_not_used(file: Path, change: str) -> None:
    file.write_bytes(b"x" * 3_000_000)
    with open_source(file, 10_000_000) as source:
        source.read(1)
        if change == "touch":
            os.utime(file, (1, 1))
        else:
            os.truncate(file, 4_000_000 if change == "grow" else 2_000_000)
        with pytest.raises(Conflict) as error:
            source.read()
    assert error.value.code == "unsettled"


@pytest.mark.skipif(not hasattr(fcntl, "F_SETLEASE"), reason="only Linux tells who writes")
def test_a_file_that_somebody_still_writes_is_not_used(file: Path) -> None:
    with file.open("ab"), pytest.raises(Conflict) as error, open_source(file, 1000):
        pass
    assert error.value.code == "unsettled"
    with open_source(file, 1000) as source:
        assert source.read() == CONTENT


def test_somebody_else_may_read_it_meanwhile(file: Path) -> None:
    with file.open("rb"), open_source(file, 1000) as source:
        assert source.read() == CONTENT


def test_no_descriptor_is_left_open(file: Path) -> None:
    before = len(list(Path("/dev/fd").iterdir()))
    file.with_name("second.csv").hardlink_to(file)
    refusal(file)
    file.with_name("second.csv").unlink()
    with open_source(file, 1000) as source:
        source.read()
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_the_content_has_the_sha256_it_should_have(tmp_path: Path, file: Path) -> None:
    handle = os.open(tmp_path, os.O_RDONLY)
    limits = Limits(owners=frozenset({os.geteuid()}), most_bytes=1000)
    expected = Expected(sha256=hashlib.sha256(CONTENT).hexdigest())
    try:
        with open_sound(handle, file.name, limits, expected) as source:
            assert source.read() == CONTENT
        with (
            open_sound(handle, file.name, limits, Expected(sha256="0" * 64)) as source,
            pytest.raises(InputInvalid) as error,
        ):
            source.read()
        assert error.value.code == Refusal.CHECKSUM_WRONG
    finally:
        os.close(handle)


def test_a_link_that_takes_the_file_s_place_between_look_and_open_is_not_followed(
    file: Path, tmp_path: Path
) -> None:
    """Swapped all the time: whatever is read is the file, whenever it is refused it was the link."""
    (tmp_path / "secret").write_text("secret")
    link, spare, stop = tmp_path / "link", tmp_path / "spare", threading.Event()

    def swap() -> None:
        while not stop.is_set():
            link.symlink_to(tmp_path / "secret")
            link.replace(file)
            spare.write_bytes(CONTENT)
            spare.replace(file)

    swapper = threading.Thread(target=swap)
    swapper.start()
    read = set()
    try:
        for _ in range(3000):
            with suppress(InputInvalid, Conflict), open_source(file, 1000) as source:
                read.add(source.read())
    finally:
        stop.set()
        swapper.join()
    assert read == {CONTENT}
