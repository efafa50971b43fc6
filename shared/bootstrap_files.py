"""The half of bootstrap that needs no server: what reads files. It imports little, so it starts fast."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.adapters.spool import FileSpool, NoSpool
from shared.adapters.tabular.reader import ExtractReader
from shared.pipeline.inspect import Accepted, SetAside, Spools
from shared.ports.reader import TabularReader
from shared.ports.reports import Reports
from shared.ports.shelf import Filled, Shelf, Sink


def tabular_reader() -> TabularReader:
    """Reads extracts."""
    return ExtractReader()


@contextmanager
def spools(*, rows: bool) -> Iterator[Spools]:
    """Where the rows of one file wait for its end; without ``rows`` nobody asks for the accepted."""
    with FileSpool[Accepted]() as accepted, FileSpool[SetAside]() as quarantined:
        kept = accepted if rows else NoSpool[Accepted]()
        yield Spools(accepted=kept, quarantined=quarantined)


def reports() -> Reports:
    """Writes reports, and reads their lists."""
    from shared.adapters.reports import FileReports  # noqa: PLC0415  # Jinja takes its time

    return FileReports()


@contextmanager
def zip_shelf(path: Path) -> Iterator[Shelf]:
    """Files that become one ZIP file."""
    with file_at(path) as out, reports().zip_shelf(out) as shelf:
        yield shelf


@contextmanager
def file_at(path: Path) -> Iterator[Sink]:
    """Write a file, for its owner only; it appears, or is replaced, only when the block ends well."""
    from shared.adapters.vault.whole import whole_file  # noqa: PLC0415  # as above

    with whole_file(path) as out:
        yield out


@contextmanager
def filled_at(path: Path) -> Iterator[Filled]:
    """An exported archive, as a ZIP file or a folder.

    Raises:
        InputInvalid: it is neither.
    """
    from shared.adapters.reports.archive_file import ZipArchive  # noqa: PLC0415  # as above
    from shared.adapters.vault.shelves import FolderShelf  # noqa: PLC0415  # as above

    if path.is_dir():
        yield FolderShelf(path)
        return
    with path.open("rb") as file:
        yield ZipArchive(file)
