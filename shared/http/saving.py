"""Files that are sent to be saved, never to be shown by a browser."""

from collections.abc import Iterator
from typing import BinaryIO

from fastapi.responses import StreamingResponse

_BLOCK = 1 << 18


def sent_to_be_saved(stream: BinaryIO, name: str) -> StreamingResponse:
    """A file as it is read; closed when it was sent."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(
        _blocks(stream), media_type="application/octet-stream", headers=headers
    )


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        while block := stream.read(_BLOCK):
            yield block
