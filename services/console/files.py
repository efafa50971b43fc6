"""Style, scripts and pictures of ours, each under an address with the hash of its content."""

import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter, Response

from shared.http.problem import ProblemError

router = APIRouter()

_FOLDER = Path(__file__).parent / "static"
_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}
_SERVED = {".css", ".js", ".svg"}


def _read() -> Mapping[str, bytes]:
    files = (path for path in _FOLDER.rglob("*") if path.suffix in _SERVED)
    return {path.relative_to(_FOLDER).as_posix(): path.read_bytes() for path in files}


_FILES = _read()
_ADDRESSES = {
    name: f"/static/{hashlib.sha256(content).hexdigest()[:12]}/{name}"
    for name, content in _FILES.items()
}


def address(name: str) -> str:
    """Where a file is: other content has another address, so that browsers may keep it for good."""
    return _ADDRESSES[name]


@router.get("/static/{version}/{name:path}")
async def read(version: str, name: str) -> Response:  # noqa: ARG001  # an old page may ask for an old one
    """One of the files, as it is now."""
    if name not in _FILES:
        raise ProblemError("not_found")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(_FILES[name], media_type=kind, headers=_FOREVER)
