"""Master keys: made once, never anew while something is under the old one."""

import base64
from pathlib import Path

import pytest

from shared.adapters.vault.keyring import Keyring, id_of, own_master
from shared.domain.errors import ConfigInvalid

OLD, NEW = b"o" * 32, b"n" * 32


def test_a_key_is_made_at_first_start_private_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    made = own_master(path, in_use=False)
    assert len(made) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert own_master(path, in_use=True) == made
    assert [p.name for p in tmp_path.iterdir()] == ["master.key"]


def test_no_key_is_made_where_files_are_under_one_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        own_master(tmp_path / "master.key", in_use=True)
    assert caught.value.code == "master_key_missing"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "short", base64.b64encode(b"x" * 31).decode(), "é" * 44])
def test_a_file_without_a_key_is_refused_and_not_shown(tmp_path: Path, text: str) -> None:
    path = tmp_path / "master.key"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigInvalid) as caught:
        own_master(path, in_use=False)
    assert caught.value.code == "master_key_invalid"
    assert not text or text not in str(caught.value)


def test_a_person_s_secret_counts_with_the_key_it_names_before_and_after_a_rotation() -> None:
    before = Keyring([OLD]).bound(b"secret", id_of(OLD))
    assert before not in (b"secret", Keyring([NEW]).bound(b"secret", id_of(NEW)))
    assert Keyring([NEW, OLD]).bound(b"secret", id_of(OLD)) == before
    with pytest.raises(ConfigInvalid, match=id_of(OLD).hex()):
        Keyring([NEW]).bound(b"secret", id_of(OLD))


def test_a_secret_from_before_secrets_were_bound_counts_as_it_is() -> None:
    assert Keyring([OLD]).bound(b"secret", None) == b"secret"


def test_a_key_that_was_made_before_a_rotation_is_still_found() -> None:
    stored = Keyring([OLD]).lookups("a key")[0]
    assert stored in Keyring([NEW, OLD]).lookups("a key")
    assert stored not in Keyring([NEW]).lookups("a key")
