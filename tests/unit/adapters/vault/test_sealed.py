"""The encrypted file: what goes in comes out, and nothing that was done to it goes unnoticed."""

import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.vault.keyring import Keyring, id_of
from shared.adapters.vault.sealed import (
    CHUNK_BYTES,
    HEADER_BYTES,
    TAG_BYTES,
    SealingWriter,
    open_sealed,
)
from shared.domain.errors import ConfigInvalid, VaultDamaged

OLD, NEW = b"o" * 32, b"n" * 32
SEALED_CHUNK = CHUNK_BYTES + TAG_BYTES
#: Three chunks, the last one short.
CONTENT = os.urandom(2 * CHUNK_BYTES + 1000)


def sealed(content: bytes, name: str = "raw/upl_1", *masters: bytes) -> bytes:
    out = io.BytesIO()
    writer = SealingWriter(out, Keyring(masters or (OLD,)), name)
    writer.write(content)
    writer.finish()
    return out.getvalue()


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., bytes]:
    """Read bytes as an encrypted file."""

    def read(data: bytes, name: str = "raw/upl_1", *masters: bytes) -> bytes:
        path = tmp_path / "file"
        path.write_bytes(data)
        with (
            path.open("rb", buffering=0) as file,
            open_sealed(file, Keyring(masters or (OLD,)), name) as stream,
        ):
            return stream.read()

    return read


@pytest.mark.parametrize(
    "size",
    [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 1],
)
def test_what_goes_in_comes_out(opened: Callable[..., bytes], size: int) -> None:
    content = os.urandom(size)
    data = sealed(content)
    assert opened(data) == content
    chunks = max(1, -(-size // CHUNK_BYTES))
    assert len(data) == HEADER_BYTES + size + chunks * TAG_BYTES
    if size > 16:
        assert content[:16] not in data


@given(parts=st.lists(st.binary(max_size=300), max_size=8), large=st.integers(0, 7))
def test_it_does_not_matter_in_which_pieces_it_is_written(parts: list[bytes], large: int) -> None:
    pieces = [part * (2000 if number == large else 1) for number, part in enumerate(parts)]
    with tempfile.TemporaryFile() as file:
        writer = SealingWriter(file, Keyring([OLD]), "x")
        for piece in pieces:
            writer.write(piece)
        writer.finish()
        file.seek(0)
        with open_sealed(file, Keyring([OLD]), "x") as stream:
            assert stream.read() == b"".join(pieces)


@pytest.mark.parametrize("read", [1, 1000, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1])
def test_a_read_gives_as_much_as_was_asked_for(tmp_path: Path, read: int) -> None:
    content = CONTENT[: 2 * CHUNK_BYTES + 1] if read > 1 else CONTENT[:100]
    path = tmp_path / "file"
    path.write_bytes(sealed(content))
    with path.open("rb") as file, open_sealed(file, Keyring([OLD]), "raw/upl_1") as stream:
        parts = list(iter(lambda: stream.read(read), b""))
    assert b"".join(parts) == content
    assert {len(part) for part in parts[:-1]} <= {read}


def test_the_same_content_gives_another_file_each_time() -> None:
    assert sealed(b"same")[:HEADER_BYTES] != sealed(b"same")[:HEADER_BYTES]


@pytest.mark.parametrize(
    "at",
    [0, 7, 8, 16, 20, 32, 79, HEADER_BYTES, HEADER_BYTES + SEALED_CHUNK - 1, -1],
    ids=lambda at: f"byte {at}",
)
def test_a_changed_byte_is_noticed(opened: Callable[..., bytes], at: int) -> None:
    data = bytearray(sealed(CONTENT))
    data[at] ^= 1
    with pytest.raises((VaultDamaged, ConfigInvalid)) as caught:
        opened(bytes(data))
    assert caught.value.code == ("master_key_missing" if at == 8 else "vault_damaged")


@pytest.mark.parametrize(
    "length",
    [
        0, 1, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 5, HEADER_BYTES + SEALED_CHUNK - 1,
        HEADER_BYTES + SEALED_CHUNK, HEADER_BYTES + 2 * SEALED_CHUNK,
        len(CONTENT) + HEADER_BYTES + 3 * TAG_BYTES - 1,
    ],
)  # fmt: skip
def test_a_file_that_was_cut_is_an_error_and_never_short(
    opened: Callable[..., bytes], length: int
) -> None:
    with pytest.raises(VaultDamaged):
        opened(sealed(CONTENT)[:length])


def test_a_file_of_whole_chunks_that_lost_its_last_one_is_noticed(
    opened: Callable[..., bytes],
) -> None:
    data = sealed(CONTENT[: 2 * CHUNK_BYTES])
    with pytest.raises(VaultDamaged):
        opened(data[: HEADER_BYTES + SEALED_CHUNK])


def test_what_was_added_at_the_end_is_noticed(opened: Callable[..., bytes]) -> None:
    for more in (b"x", b"x" * TAG_BYTES, sealed(b"more")[HEADER_BYTES:]):
        with pytest.raises(VaultDamaged):
            opened(sealed(CONTENT) + more)


def test_chunks_that_were_swapped_repeated_or_left_out_are_noticed(
    opened: Callable[..., bytes],
) -> None:
    data = sealed(CONTENT)
    head, body = data[:HEADER_BYTES], data[HEADER_BYTES:]
    one, two = body[:SEALED_CHUNK], body[SEALED_CHUNK : 2 * SEALED_CHUNK]
    three = body[2 * SEALED_CHUNK :]
    assert opened(head + one + two + three) == CONTENT
    for chunks in ([two, one, three], [one, one, three], [one, three], [two, three], [three]):
        with pytest.raises(VaultDamaged):
            opened(head + b"".join(chunks))


def test_chunks_of_another_file_do_not_fit(opened: Callable[..., bytes]) -> None:
    mine, other = sealed(CONTENT), sealed(CONTENT)
    with pytest.raises(VaultDamaged):
        opened(mine[:HEADER_BYTES] + other[HEADER_BYTES:])


def test_a_file_opens_under_its_own_name_only(opened: Callable[..., bytes]) -> None:
    data = sealed(b"of one", "raw/upl_1")
    for name in ("raw/upl_2", "archive/run_1/report.html", ""):
        with pytest.raises(VaultDamaged, match="another name"):
            opened(data, name)


def test_a_file_that_was_not_finished_does_not_open(opened: Callable[..., bytes]) -> None:
    out = io.BytesIO()
    SealingWriter(out, Keyring([OLD]), "raw/upl_1").write(CONTENT)
    with pytest.raises(VaultDamaged):
        opened(out.getvalue())


def test_a_file_in_clear_is_not_taken_for_an_encrypted_one(opened: Callable[..., bytes]) -> None:
    with pytest.raises(VaultDamaged):
        opened(b"employee_id,first_name\n" * 100)


def test_old_files_open_after_a_rotation_and_new_ones_go_under_the_new_key(
    opened: Callable[..., bytes],
) -> None:
    before = sealed(b"before", "a", OLD)
    after = sealed(b"after", "a", NEW, OLD)
    assert opened(before, "a", NEW, OLD) == b"before"
    assert opened(after, "a", NEW) == b"after"
    with pytest.raises(ConfigInvalid) as caught:
        opened(before, "a", NEW)
    assert caught.value.code == "master_key_missing"
    assert id_of(OLD).hex() in str(caught.value)
    assert "Nothing was planned" in str(caught.value)
