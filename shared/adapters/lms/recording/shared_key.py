"""One random key for all processes that record into a folder; who leaves last deletes it."""

import fcntl
import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path

#: Whoever has it and a recording can test guesses, so its name is a warning.
FILE_NAME = "KEY-NEVER-SEND"
_BYTES = 32


class SharedKey:
    """Held from `take` to `leave`. One that a killed process left behind is made anew.

    Written by whoever has the folder for himself, read by those who share it: so nobody's key is
    changed under him, and a recording that begins later has another one.
    """

    def __init__(self, path: Path, handle: int, key: bytes) -> None:
        self._path, self._handle = path, handle
        self.key = key

    @classmethod
    def take(cls, folder: Path) -> "SharedKey":
        """Make or read the key of ``folder``. Raises `OSError`."""
        path = folder / FILE_NAME
        while True:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
            handle = os.open(path, flags, 0o600)
            try:
                key = _shared(handle)
                if len(key) == _BYTES and _is_at(handle, path):
                    return cls(path, handle, key)
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)  # somebody deleted it, or will

    @property
    def name(self) -> str:
        """Tells keys apart: files with the same name have the same pseudonyms."""
        return hashlib.sha256(b"name" + self.key).hexdigest()[:12]

    def leave(self) -> None:
        """Let go of the key, and delete it after the last."""
        with suppress(OSError):
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(self._handle, self._path):
                self._path.unlink()
        os.close(self._handle)


def _shared(handle: int) -> bytes:
    """The key, with the lock that keeps it."""
    with suppress(BlockingIOError):
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.pwrite(handle, secrets.token_bytes(_BYTES), 0)
    fcntl.flock(handle, fcntl.LOCK_SH)
    return os.pread(handle, _BYTES, 0)


def _is_at(handle: int, path: Path) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(there, os.fstat(handle))
