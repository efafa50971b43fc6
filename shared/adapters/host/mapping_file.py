"""The mapping file on the disk: replaced whole, and only if it is still what was looked at."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from shared.domain.errors import ConfigInvalid, Conflict


class HostMappingFile:
    """See `shared.ports.mappings.MappingFile`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def replace(self, expected: str, text: str) -> None:
        """Written beside it under another name, then renamed; the mode stays."""
        path = self._path.resolve()  # a link stays a link
        name = None
        try:
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".mapping-")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(path.stat().st_mode & 0o777)
            if path.read_text(encoding="utf-8", errors="replace") != expected:
                raise Conflict(
                    f"{self._path} has changed meanwhile. It was not written. Look at the change, then"
                    " make the proposals again: ascip-sync mapping suggest --csv FILE",
                    code="mapping_changed",
                )
            Path(name).replace(path)
        except OSError as error:
            raise ConfigInvalid(
                f"The mapping file {self._path} can't be written: {error.strerror}."
                " It stays as it was.",
                code="mapping_unwritable",
            ) from error
        finally:
            if name:
                with suppress(FileNotFoundError):
                    Path(name).unlink()
