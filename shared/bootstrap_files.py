"""The half of bootstrap that needs no server: what reads files. It imports little, so it starts fast."""

from collections.abc import Iterator
from contextlib import contextmanager

from shared.adapters.spool import FileSpool, NoSpool
from shared.adapters.tabular.reader import ExtractReader
from shared.pipeline.inspect import Accepted, SetAside, Spools
from shared.ports.reader import TabularReader


def tabular_reader() -> TabularReader:
    """Reads extracts."""
    return ExtractReader()


@contextmanager
def spools(*, rows: bool) -> Iterator[Spools]:
    """Where the rows of one file wait for its end; without ``rows`` nobody asks for the accepted."""
    with FileSpool[Accepted]() as accepted, FileSpool[SetAside]() as quarantined:
        kept = accepted if rows else NoSpool[Accepted]()
        yield Spools(accepted=kept, quarantined=quarantined)
