"""`manifest.json`: the SHA-256 of every file of an archive and of the run's inputs."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from shared.adapters.reports.writing import PART, make_private, write_text

NAME = "manifest.json"


def write_manifest(folder: Path, inputs: Mapping[str, str]) -> Path:
    """Hash what stands in the folder now, except the manifest itself; to be called last."""
    manifest = {
        "version": 1,
        "files": [_entry(folder, path) for path in sorted(_files(folder), key=str)],
        "inputs": dict(sorted(inputs.items())),
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    return write_text(make_private(folder) / NAME, text)


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        half_written = path.name.startswith(".") and path.suffix == PART
        # A link could point anywhere: what it leads to is no file of this archive.
        if path.is_symlink() or not path.is_file() or half_written or path == folder / NAME:
            continue
        yield path.relative_to(folder)


def _entry(folder: Path, name: Path) -> dict[str, str | int]:
    with (folder / name).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
    return {"name": name.as_posix(), "sha256": digest, "size_bytes": size}
