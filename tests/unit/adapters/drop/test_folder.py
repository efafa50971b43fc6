"""The drop folder: whose it is, what lies in it, and that no link leads out of it."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.adapters.drop.folder import PosixDropFolder
from shared.domain.drop import Found, Place
from shared.domain.errors import ConfigInvalid, Conflict


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "drop").mkdir(mode=0o770)
    return tmp_path / "drop"


@pytest.fixture
def folder(path: Path) -> Iterator[PosixDropFolder]:
    with PosixDropFolder(path, most_bytes=1000) as opened:
        yield opened


def only(folder: PosixDropFolder, place: Place = Place.FOLDER) -> Found:
    (found,) = folder.look()[place]
    return found


def code_of(folder: PosixDropFolder) -> str:
    with pytest.raises(ConfigInvalid) as error:
        folder.look()
    assert "Nothing was taken; what lies there stays." in str(error.value)
    return error.value.code


def test_its_own_folders_are_made_private_and_are_no_arrivals(
    path: Path, folder: PosixDropFolder
) -> None:
    assert {place: len(found) for place, found in folder.look().items()} == dict.fromkeys(Place, 0)
    for name in ("taking", "processed", "refused"):
        assert stat.S_IMODE((path / name).stat().st_mode) == 0o700


def test_a_folder_that_somebody_opened_is_closed_again(path: Path, folder: PosixDropFolder) -> None:
    (path / "processed").mkdir(mode=0o777)
    (path / "processed").chmod(0o777)
    folder.look()
    assert stat.S_IMODE((path / "processed").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("mode", "taken"), [(0o777, False), (0o703, False), (0o775, True), (0o1777, True)]
)
def test_nothing_is_taken_where_everybody_may_write(
    path: Path, folder: PosixDropFolder, mode: int, taken: bool
) -> None:
    path.chmod(mode)
    if taken:
        folder.look()
    else:
        assert code_of(folder) == "drop_folder_unsafe"
        path.chmod(0o770)
        folder.look()


@pytest.mark.parametrize("name", ["taking", "processed", "refused"])
@pytest.mark.parametrize("kind", ["link", "file"])
def test_what_stands_in_the_place_of_its_folders_is_not_used(
    path: Path, folder: PosixDropFolder, name: str, kind: str, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    if kind == "link":
        (path / name).symlink_to(tmp_path / "elsewhere")
    else:
        (path / name).touch()
    assert code_of(folder) == "drop_folder_unusable"
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_folder_that_is_not_there_is_used_once_it_is(path: Path, folder: PosixDropFolder) -> None:
    path.rmdir()
    assert code_of(folder) == "drop_folder_unusable"
    path.mkdir()
    folder.look()


def test_two_watchers_don_t_work_on_one_folder(path: Path, folder: PosixDropFolder) -> None:
    folder.look()
    with PosixDropFolder(path, most_bytes=1000) as second:
        with pytest.raises(Conflict) as error:
            second.look()
        assert error.value.code == "already_watched"
        folder.__exit__(None, None, None)
        second.look()


@pytest.mark.parametrize(
    "name", [b"-rf", b"a\nb.csv", b"\xff\xfe.csv", b"..csv", b"CON", b"x" * 255]
)
def test_any_name_is_listed_opened_and_moved(
    path: Path, folder: PosixDropFolder, name: bytes
) -> None:
    Path(os.fsdecode(os.fsencode(path) + b"/" + name)).write_bytes(b"content")
    found = only(folder)
    assert os.fsencode(found.name) == name
    with folder.open(found) as source:
        assert source.read() == b"content"
    folder.move(found, Place.REFUSED, "drop_1--x", reason="Said so.\n")
    assert (path / "refused" / "drop_1--x").read_bytes() == b"content"
    assert (path / "refused" / "drop_1--x.reason.txt").read_text() == "Said so.\n"
    assert folder.look()[Place.FOLDER] == []


def test_a_link_is_moved_itself(path: Path, folder: PosixDropFolder, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (path / "link.csv").symlink_to(tmp_path / "secret")
    folder.move(only(folder), Place.REFUSED, "drop_1--link.csv", reason="A link.\n")
    assert (path / "refused" / "drop_1--link.csv").is_symlink()
    assert (tmp_path / "secret").read_text() == "secret"
    assert stat.S_IMODE((path / "refused" / "drop_1--link.csv.reason.txt").stat().st_mode) == 0o600


def test_a_file_is_the_same_after_a_move_but_for_its_time_of_change(
    path: Path, folder: PosixDropFolder
) -> None:
    (path / "staff.csv").write_text("x")
    before = only(folder)
    folder.move(before, Place.TAKING, "run_1--staff.csv")
    after = only(folder, Place.TAKING)
    assert (after.sign, after.identity) == (before.sign, before.identity)
    assert after.changed_ns >= before.changed_ns


def test_no_reason_is_left_beside_a_file_that_could_not_be_moved(
    path: Path, folder: PosixDropFolder
) -> None:
    (path / "staff.csv").write_text("x")
    found = only(folder)
    (path / "staff.csv").unlink()
    with pytest.raises(FileNotFoundError):
        folder.move(found, Place.REFUSED, "drop_1--staff.csv", reason="No.\n")
    assert folder.look()[Place.REFUSED] == []


def test_removing_what_is_gone_does_no_harm(path: Path, folder: PosixDropFolder) -> None:
    (path / "staff.csv").write_text("x")
    found = only(folder)
    folder.remove(found)
    folder.remove(found)
    assert folder.look()[Place.FOLDER] == []
