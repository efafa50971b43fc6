"""A feed's declared source: a path, opened with the checks of the drop folder."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from shared.domain.errors import InputInvalid
from shared.ports.drop import OpenSource


class FileSource:
    """See `shared.ports.source.Source`."""

    def __init__(self, path: Path, open_source: OpenSource) -> None:
        self._path, self._open = path, open_source

    @property
    def name(self) -> str:
        """The file's name."""
        return self._path.name

    def modified_at(self) -> datetime:
        """By the file system's clock; of a link the link's own."""
        with self._missing():
            return datetime.fromtimestamp(self._path.lstat().st_mtime, UTC)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open it."""
        with ExitStack() as stack:
            with self._missing():
                stream = stack.enter_context(self._open(self._path))
            yield stream

    @contextmanager
    def _missing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            code = "source_missing" if isinstance(error, FileNotFoundError) else "source_unreadable"
            raise InputInvalid(
                f"The source {self._path} can't be read: {error.strerror}. Nothing was planned.",
                code=code,
            ) from error
