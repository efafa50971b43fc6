"""The verb `inspect` called in this process: its lines of JSON, its report."""

import contextlib
import io
import json
from pathlib import Path
from typing import Any

from services.cli.verbs_inspect import Wish, inspect_files


def wish(*files: Path | str, **options: str | Path | None) -> Wish:
    """A command line."""
    given: dict[str, Any] = dict.fromkeys(
        ("columns", "feed", "delimiter", "quote", "encoding", "config")
    )
    return Wish(files=tuple(map(str, files)), **{**given, **options})


def inspected(*files: Path | str, **options: str | Path | None) -> list[dict[str, Any]]:
    """What `inspect --json` says of each file."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert inspect_files(wish(*files, **options), as_json=True) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]


def reported(*files: Path | str, **options: str | Path | None) -> str:
    """What `inspect` says to people."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert inspect_files(wish(*files, **options), as_json=False) == 0
    return out.getvalue()
