"""A vault in the data directory: files 0600 in folders 0700, written whole or not at all."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import BinaryIO

from shared.ports.vault import Deposit

_CHUNK = 1 << 20


class FolderIncoming:
    """See `shared.ports.vault.Incoming`."""

    def __init__(self, folder: Path, key: str) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=".incoming-")
        self._out, self._name = os.fdopen(handle, "wb"), Path(name)
        self._key, self._digest, self.size_bytes = key, hashlib.sha256(), 0

    def write(self, chunk: bytes) -> None:
        """Append."""
        self._digest.update(chunk)
        self.size_bytes += len(chunk)
        self._out.write(chunk)

    def keep(self) -> Deposit:
        """The file gets its final name when it is whole and on disk."""
        self._out.flush()
        os.fsync(self._out.fileno())
        self._out.close()
        self._name.replace(self._name.with_name(self._key))
        return Deposit(
            location=self._key, sha256=self._digest.hexdigest(), size_bytes=self.size_bytes
        )

    def drop(self) -> None:
        """Remove what is there under the passing name."""
        self._out.close()
        self._name.unlink(missing_ok=True)


class FolderVault:
    """See `shared.ports.vault.Vault`."""

    def __init__(self, data_dir: Path) -> None:
        self._raw = data_dir / "raw"
        self._archive = data_dir / "archive"

    def incoming(self, key: str) -> FolderIncoming:
        """Begin a file."""
        return FolderIncoming(self._raw, key)

    def deposit(self, source: BinaryIO, *, key: str) -> Deposit:
        """Copy a stream in."""
        incoming = self.incoming(key)
        try:
            while chunk := source.read(_CHUNK):
                incoming.write(chunk)
            return incoming.keep()
        except BaseException:
            incoming.drop()
            raise

    def remove(self, deposit_location: str) -> None:
        """Unlink."""
        (self._raw / deposit_location).unlink(missing_ok=True)

    def path(self, deposit_location: str) -> Path:
        """The file itself."""
        return self._raw / deposit_location

    def archive(self, run_id: str) -> Path:
        """The run's folder."""
        folder = self._archive / run_id
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder
