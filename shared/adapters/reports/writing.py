"""Files written whole or not at all: a temporary file beside the target, fsync, rename. Mode 0600."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

from shared.adapters.reports.cells import CsvRows

#: A file that a crash left half written; the manifest leaves it out.
PART = ".part"


def make_private(folder: Path) -> Path:
    """Create a folder and what is missing above it with mode 0700; an existing one is left as it is."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
    return folder


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """Open ``path`` for writing; it appears, or is replaced, only when the block ends well."""
    # mkstemp makes the file with mode 0600, and never follows a link.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=PART)
    part = Path(name)
    try:
        # A file name with bytes that are no UTF-8 must not cost the report: they are shown escaped.
        with open(handle, "w", encoding="utf-8", errors="backslashreplace", newline="") as raw:  # noqa: PTH123  # a descriptor
            stream = cast("TextIO", raw)
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


@contextmanager
def csv_file(path: Path, columns: Sequence[str]) -> Iterator[CsvRows]:
    """Open a CSV file with its header written."""
    with whole_file(path) as stream:
        yield CsvRows(stream, columns)


def write_text(path: Path, text: str) -> Path:
    """Write a text file as it is."""
    with whole_file(path) as stream:
        stream.write(text)
    return path


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
