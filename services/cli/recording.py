"""`--record DIR`: exchanges with ASCIP go to a folder, redacted; the command says how many."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.domain.errors import Conflict

_CHUNK_BYTES = 1 << 20


@contextmanager
def recording(folder: Path) -> Iterator[None]:
    """Make ``folder``, and say at the end what was recorded there in the block.

    Raises:
        OSError: nobody could write there.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
    before = _files(folder)
    try:
        yield
    finally:
        new = _files(folder) - before
        count = sum(max(0, _lines(file) - 1) for file in new)  # the first line is a header
        if count:
            _say(f"ok  recorded {count:,} exchanges with ASCIP in {folder}")
        else:
            _say("!   nothing was recorded: ASCIP was not called, or a log says why")


def out_of_reach() -> Conflict:
    """Why a command can't have the calls of its run recorded."""
    return Conflict(
        "--record can't reach the workers that call ASCIP: they are already running, started by"
        " `ascip-sync up` or on a server. Nothing was started. Stop `up`, or set ascip.record"
        " in their configuration and start them again.",
        code="record_out_of_reach",
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _files(folder: Path) -> set[Path]:
    return set(folder.glob("*.ndjson"))


def _lines(file: Path) -> int:
    with file.open("rb") as stream:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(_CHUNK_BYTES), b""))
