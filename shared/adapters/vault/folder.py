"""A vault in the data directory: files 0600 in folders 0700, written whole or not at all."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import BinaryIO

from shared.ports.vault import Deposit

_CHUNK = 1 << 20


class FolderVault:
    """See `shared.ports.vault.Vault`."""

    def __init__(self, data_dir: Path) -> None:
        self._raw = data_dir / "raw"
        self._archive = data_dir / "archive"

    def deposit(self, source: BinaryIO, *, key: str) -> Deposit:
        """Copy a stream in; the file has its final name only when it is whole and on disk."""
        self._raw.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        handle, name = tempfile.mkstemp(dir=self._raw, prefix=".incoming-")
        try:
            with os.fdopen(handle, "wb") as out:
                while chunk := source.read(_CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            final = self._raw / key
            Path(name).replace(final)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return Deposit(location=key, sha256=digest.hexdigest(), size_bytes=size)

    def path(self, deposit_location: str) -> Path:
        """The file itself."""
        return self._raw / deposit_location

    def archive(self, run_id: str) -> Path:
        """The run's folder."""
        folder = self._archive / run_id
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder
