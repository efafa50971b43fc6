"""Encrypted files: AES-256-GCM in chunks that can't be swapped, left out or cut off unnoticed.

The STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizár, CRYPTO 2015) as age uses it; the
layout is in docs/decisions/0007-encrypted-files.md.
"""

import io
import os
import secrets
import struct
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.adapters.vault.keyring import KEY_BYTES, Keyring, derived
from shared.domain.errors import VaultDamaged

#: The last byte is the version.
MAGIC = b"ASCIPSF\x01"
CHUNK_BYTES = 256 << 10
TAG_BYTES = 16
_PURPOSE = b"file-key-wrap"
#: Magic, id of the master key, size of a chunk.
_START = struct.Struct(">8s8sI")
#: Nonce and file key, encrypted under a key of the master key.
_WRAPPED = struct.Struct(f">12s{KEY_BYTES + TAG_BYTES}s")
HEADER_BYTES = _START.size + _WRAPPED.size


class SealingWriter:
    """Encrypts what is written; without `finish` the file never opens."""

    def __init__(self, out: BinaryIO, keyring: Keyring, name: str) -> None:
        """``name`` is where the file will be found: it opens under no other."""
        key_id, master = keyring.newest
        start = _START.pack(MAGIC, key_id, CHUNK_BYTES)
        file_key, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(12)
        wrapped = _wrapper(master).encrypt(nonce, file_key, start + name.encode())
        out.write(start + _WRAPPED.pack(nonce, wrapped))
        self._out, self._aead = out, AESGCM(file_key)
        self._parts: list[bytes] = []
        self._held = self._chunks = 0

    def write(self, data: bytes, /) -> None:
        """Take any number of bytes; a full chunk is held until it is known not to be the last."""
        self._parts.append(bytes(data))  # no copy, unless the caller may change it
        self._held += len(data)
        if self._held > CHUNK_BYTES:
            rest = memoryview(b"".join(self._parts))
            while len(rest) > CHUNK_BYTES:
                self._seal(rest[:CHUNK_BYTES], last=False)
                rest = rest[CHUNK_BYTES:]
            self._parts, self._held = [bytes(rest)], len(rest)

    def finish(self) -> None:
        """Write the last chunk, marked as such."""
        self._seal(b"".join(self._parts), last=True)

    def _seal(self, chunk: bytes | memoryview, *, last: bool) -> None:
        self._out.write(self._aead.encrypt(_nonce(self._chunks, last=last), chunk, None))
        self._chunks += 1


def open_sealed(file: BinaryIO, keyring: Keyring, name: str) -> BinaryIO:
    """The content of an open file; closing it closes the file.

    Raises:
        VaultDamaged: it is not what was written under ``name``. Also by a later read, when a later
            part is cut or changed: what was read before is right, but not all.
        ConfigInvalid: `master_key_missing`.
    """
    head = file.read(HEADER_BYTES)
    if len(head) < HEADER_BYTES or not head.startswith(MAGIC):
        raise damaged(name, "doesn't begin as it should")
    start, (nonce, wrapped) = head[: _START.size], _WRAPPED.unpack_from(head, _START.size)
    _, key_id, chunk_bytes = _START.unpack(start)
    master = keyring.required(key_id, f"The stored file {name} is encrypted")
    try:
        file_key = _wrapper(master).decrypt(nonce, wrapped, start + name.encode())
    except InvalidTag as error:
        raise damaged(name, "was changed, or written under another name") from error
    return io.BufferedReader(_Unsealed(file, AESGCM(file_key), chunk_bytes, name), CHUNK_BYTES)


class _Unsealed(io.RawIOBase):
    """Decrypts chunk by chunk; not seekable."""

    def __init__(self, file: BinaryIO, aead: AESGCM, chunk_bytes: int, name: str) -> None:
        self._file, self._aead, self._name = file, aead, name
        self._sealed_bytes = chunk_bytes + TAG_BYTES
        self._size = os.fstat(file.fileno()).st_size
        self._chunks, self._read = 0, HEADER_BYTES
        self._plain = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        """Always."""
        return True

    # A buffer has no type of its own before Python 3.12.
    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Fill as much as one chunk gives."""
        if not self._plain and not self._ended:
            self._plain = memoryview(self._next())
        target = memoryview(buffer)
        part = self._plain[: len(target)]
        target[: len(part)] = part
        self._plain = self._plain[len(part) :]
        return len(part)

    def close(self) -> None:
        """Close the file too."""
        self._file.close()
        super().close()

    def _next(self) -> bytes:
        sealed = self._file.read(self._sealed_bytes)
        self._read += len(sealed)
        self._ended = self._read >= self._size
        nonce = _nonce(self._chunks, last=self._ended)
        self._chunks += 1
        try:
            return self._aead.decrypt(nonce, sealed, None)
        except InvalidTag as error:
            raise damaged(self._name, "was cut short or changed") from error


def _wrapper(master: bytes) -> AESGCM:
    return AESGCM(derived(master, _PURPOSE))


def _nonce(chunk: int, *, last: bool) -> bytes:
    """Never used twice: the key is the file's own, and each chunk has its number."""
    return chunk.to_bytes(11, "big") + bytes([last])


def damaged(name: str, what: str) -> VaultDamaged:
    """What to say of a stored file that can't be used."""
    return VaultDamaged(
        f"The stored file {name} {what}. Nothing of it is used, nothing was planned from it."
        " Bring it back from the backup, or send a newer extract."
    )
