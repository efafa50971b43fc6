"""The vault in the data directory: whole or absent, private, and never in clear."""

import io
import os
import time
from pathlib import Path

import pytest

from shared.adapters.vault.folder import FolderVault, holds_files
from shared.adapters.vault.keyring import Keyring
from shared.adapters.vault.shelves import FolderShelf
from shared.domain.errors import StorageFull, VaultDamaged
from shared.ports.shelf import Shelf
from shared.ports.vault import Vault
from tests.fakes.full_disk import room_for

KEYRING = Keyring([b"k" * 32])
CONTENT = b"E1,Ann,Lee,ann.canary@lincoln.example\n" * 50_000  # about 1.9 MB
HOUR = 3600.0


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return FolderVault(tmp_path / "data", KEYRING)


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_a_deposit_can_be_read_again_and_again(vault: Vault) -> None:
    deposit = vault.deposit(io.BytesIO(CONTENT), key="upl_1")
    assert (deposit.location, deposit.size_bytes) == ("upl_1", len(CONTENT))
    for _ in range(2):
        with vault.open("upl_1") as stream:
            assert stream.read() == CONTENT


def test_nothing_of_it_is_in_clear_and_nobody_else_may_look(vault: Vault, tmp_path: Path) -> None:
    vault.deposit(io.BytesIO(CONTENT), key="upl_1")
    with vault.archive("run_1").create("exceptions/held.csv") as out:
        out.write(CONTENT)
    assert files(tmp_path) == ["data/archive/run_1/exceptions/held.csv", "data/raw/upl_1"]
    for path in (tmp_path / "data").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
        assert path.is_dir() or b"canary" not in path.read_bytes()


def test_an_upload_that_is_cut_leaves_nothing(vault: Vault, tmp_path: Path) -> None:
    incoming = vault.incoming("upl_1")
    incoming.write(CONTENT)
    assert incoming.size_bytes == len(CONTENT)
    incoming.drop()
    incoming.drop()
    assert files(tmp_path) == []


def test_dropping_what_was_kept_does_no_harm(vault: Vault) -> None:
    incoming = vault.incoming("upl_1")
    incoming.write(b"x")
    incoming.keep()
    incoming.drop()
    with vault.open("upl_1") as stream:
        assert stream.read() == b"x"


def test_a_source_that_ends_in_an_error_leaves_nothing(vault: Vault, tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise ConnectionError
            return super().read(size)

    with pytest.raises(ConnectionError):
        vault.deposit(Broken(b"half"), key="upl_1")
    assert files(tmp_path) == []


@pytest.mark.parametrize("room", [0, 10, 100, 300_000, len(CONTENT)])
def test_a_full_disk_is_said_and_leaves_nothing(vault: Vault, tmp_path: Path, room: int) -> None:
    with room_for(room), pytest.raises(StorageFull, match="Nothing of it was stored") as caught:
        vault.deposit(io.BytesIO(CONTENT), key="upl_1")
    assert caught.value.code == "storage_full"
    assert files(tmp_path) == []


def test_a_disk_that_is_full_when_the_file_is_kept_is_said_too(
    vault: Vault, tmp_path: Path
) -> None:
    incoming = vault.incoming("upl_1")
    incoming.write(b"fits into the buffer")
    with room_for(50), pytest.raises(StorageFull):
        incoming.keep()
    incoming.drop()
    assert files(tmp_path) == []


@pytest.mark.parametrize("sealed", [True, False])
def test_a_shelf_that_runs_full_keeps_the_older_file(
    vault: Vault, tmp_path: Path, *, sealed: bool
) -> None:
    shelf: Shelf = vault.archive("run_1") if sealed else FolderShelf(tmp_path / "out")
    with shelf.create("actions.csv") as out:
        out.write(b"older")
    before = {path: (tmp_path / path).read_bytes() for path in files(tmp_path)}
    with room_for(1000), pytest.raises(StorageFull), shelf.create("actions.csv") as out:
        out.write(CONTENT)
    with pytest.raises(ConnectionError):
        _break_off(shelf)
    assert {path: (tmp_path / path).read_bytes() for path in files(tmp_path)} == before


def _break_off(shelf: Shelf) -> None:
    with shelf.create("actions.csv") as out:
        out.write(b"half of it")
        raise ConnectionError


def test_a_deposit_that_is_gone_or_exchanged_is_damage(vault: Vault, tmp_path: Path) -> None:
    with pytest.raises(VaultDamaged, match="raw/upl_1 is gone"):
        vault.open("upl_1")
    vault.deposit(io.BytesIO(b"one"), key="upl_1")
    vault.deposit(io.BytesIO(b"two"), key="upl_2")
    raw = tmp_path / "data" / "raw"
    (raw / "upl_2").replace(raw / "upl_1")
    with pytest.raises(VaultDamaged):
        vault.open("upl_1")


def test_a_link_is_not_followed(vault: Vault, tmp_path: Path) -> None:
    vault.deposit(io.BytesIO(b"one"), key="upl_1")
    raw = tmp_path / "data" / "raw"
    (raw / "upl_1").replace(tmp_path / "elsewhere")
    (raw / "upl_1").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        vault.open("upl_1")


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../b", ".hidden", "", "a/b/c", "a\n"])
def test_no_name_leads_out_of_the_vault(vault: Vault, tmp_path: Path, name: str) -> None:
    for use in (vault.open, vault.remove, vault.incoming, vault.archive("run_1").open):
        with pytest.raises(ValueError, match="not a name"):
            use(name)
    with pytest.raises(ValueError, match="not a name"), FolderShelf(tmp_path).create(name):
        pass


def test_leftovers_are_swept_when_they_are_old_enough(vault: Vault, tmp_path: Path) -> None:
    data = tmp_path / "data"
    left = vault.incoming("upl_1")
    left.write(CONTENT)
    (passing,) = (data / "raw").iterdir()
    for key in ("upl_2", "upl_3"):
        vault.deposit(io.BytesIO(b"x"), key=key)
    with vault.archive("run_1").create("report.html"):
        pass
    half = data / "archive" / "run_1" / passing.name
    half.write_bytes(b"")

    def age(path: Path, seconds: float) -> None:
        os.utime(path, (time.time() - seconds,) * 2)

    for path in (passing, half):
        age(path, HOUR - 60)
    for name in ("upl_2", "upl_3"):
        age(data / "raw" / name, 24 * HOUR - 60)
    age(data / "archive" / "run_1" / "report.html", 1000 * HOUR)
    assert vault.sweep({"upl_2"}) == 0
    for path in (passing, half):
        age(path, HOUR + 60)
    for name in ("upl_2", "upl_3"):
        age(data / "raw" / name, 24 * HOUR + 60)
    assert vault.sweep({"upl_2"}) == 3
    assert files(data) == ["archive/run_1/report.html", "raw/upl_2"]
    left.drop()


def test_an_empty_data_directory_can_be_swept(vault: Vault) -> None:
    assert vault.sweep(set()) == 0


def test_whether_a_master_key_is_needed_is_seen_from_the_files(
    vault: Vault, tmp_path: Path
) -> None:
    assert not holds_files(tmp_path / "data")
    deposit = vault.deposit(io.BytesIO(b"x"), key="upl_1")
    assert holds_files(tmp_path / "data")
    vault.remove(deposit.location)
    vault.remove(deposit.location)
    assert not holds_files(tmp_path / "data")
