"""`manifest.json`: the SHA-256 of every file of an archive and of the run's inputs."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from operator import attrgetter

from shared.adapters.reports.writing import Filing
from shared.domain.errors import InputInvalid
from shared.ports.shelf import MANIFEST, Filed, Shelf


def write_manifest(shelf: Shelf, files: Iterable[Filed], inputs: Mapping[str, str]) -> Filed:
    """List what was written; to be called last."""
    manifest = {
        "version": 1,
        "files": [asdict(filed) for filed in sorted(files, key=attrgetter("name"))],
        "inputs": dict(sorted(inputs.items())),
    }
    filing = Filing(shelf)
    filing.put(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=2) + "\n")
    return filing.written[0]


def read_manifest(text: bytes) -> list[Filed]:
    """Read what `write_manifest` wrote.

    Raises:
        InputInvalid: it is something else.
    """
    try:
        return [_filed(entry) for entry in json.loads(text)["files"]]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputInvalid(
            f"{MANIFEST} is not the list of files of an archive. Nothing was changed.",
            code="not_an_archive",
        ) from error


def _filed(entry: Mapping[str, object]) -> Filed:
    match entry:
        case {"name": str(name), "size_bytes": int(size), "sha256": str(sha256)}:
            return Filed(name=name, size_bytes=size, sha256=sha256)
        case _:
            raise ValueError("not a file")
