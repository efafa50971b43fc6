"""A vault in the data directory: `raw` holds extracts, `archive` a folder for each run."""

import hashlib
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from shared.adapters.vault.keyring import Keyring
from shared.adapters.vault.sealed import SealingWriter
from shared.adapters.vault.shelves import SealedShelf, place
from shared.adapters.vault.whole import PASSING, PassingFile
from shared.ports.vault import Deposit

_CHUNK = 1 << 20
_RAW, _ARCHIVE = "raw", "archive"
#: A file nothing was added to for so long belongs to a process that was killed.
_ABANDONED_S = 3600.0
#: A deposit is noted in the database right after it is stored; this one never will be.
_UNKNOWN_S = 24 * 3600.0


class SealedIncoming:
    """See `shared.ports.vault.Incoming`."""

    def __init__(self, root: Path, key: str, keyring: Keyring) -> None:
        self._file = PassingFile(place(root / _RAW, key))
        with self._file.guarded():
            self._writer = SealingWriter(self._file.stream, keyring, f"{_RAW}/{key}")
        self._key, self._digest, self.size_bytes = key, hashlib.sha256(), 0

    def write(self, chunk: bytes) -> None:
        """Append."""
        self._digest.update(chunk)
        self.size_bytes += len(chunk)
        with self._file.guarded():
            self._writer.write(chunk)

    def keep(self) -> Deposit:
        """The file gets its final name when it is whole and on disk."""
        with self._file.guarded():
            self._writer.finish()
        self._file.keep()
        return Deposit(
            location=self._key, sha256=self._digest.hexdigest(), size_bytes=self.size_bytes
        )

    def drop(self) -> None:
        """Remove what is there under the passing name."""
        self._file.drop()


class FolderVault:
    """See `shared.ports.vault.Vault`."""

    def __init__(self, data_dir: Path, keyring: Keyring) -> None:
        self._root, self._keyring = data_dir, keyring
        self._raw = SealedShelf(data_dir, _RAW, keyring)

    def incoming(self, key: str) -> SealedIncoming:
        """Begin a file."""
        return SealedIncoming(self._root, key, self._keyring)

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

    def open(self, deposit_location: str) -> BinaryIO:
        """Read a deposit."""
        return self._raw.open(deposit_location)

    def remove(self, deposit_location: str) -> None:
        """Unlink."""
        place(self._root / _RAW, deposit_location).unlink(missing_ok=True)

    def sweep(self, known: Collection[str]) -> int:
        """Remove leftovers."""
        now = time.time()
        left = [
            *_older(self._root.glob(f"{_RAW}/{PASSING}*"), now - _ABANDONED_S),
            *_older(self._root.glob(f"{_ARCHIVE}/**/{PASSING}*"), now - _ABANDONED_S),
            *_older(
                (p for p in self._root.glob(f"{_RAW}/[!.]*") if p.name not in known),
                now - _UNKNOWN_S,
            ),
        ]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def archive(self, run_id: str) -> SealedShelf:
        """The run's folder."""
        return SealedShelf(self._root, f"{_ARCHIVE}/{run_id}", self._keyring)


def holds_files(data_dir: Path) -> bool:
    """Whether there is anything a master key is needed for."""
    return any(path.is_file() for name in (_RAW, _ARCHIVE) for path in (data_dir / name).rglob("*"))


def _older(paths: Iterator[Path], than: float) -> Iterator[Path]:
    for path in paths:
        try:
            if path.stat().st_mtime < than:
                yield path
        except FileNotFoundError:  # renamed or removed a moment ago
            continue
