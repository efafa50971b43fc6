"""Takes the file of a request in: streamed to the vault, sealed, bounded; nothing stays of a broken one."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from shared.http.file_body import FileParts, in_time, parts_of
from shared.http.problem import ProblemError
from shared.http.service import Service
from shared.ports.vault import Deposit, Incoming

#: Looks at the fields that stand before the file, and raises if they aren't in order.
Admit = Callable[[Mapping[str, str]], None]

#: What is handed to the disk in one go.
_BLOCK = 1 << 20


async def receive(
    request: Request, served: Service, name: str | None, admit: Admit | None = None
) -> tuple[Deposit, FileParts]:
    """Take the body in; nothing stays of one that breaks off or is refused.

    ``admit`` sees the fields before the file, and raises before any of its bytes is kept.
    """
    if int(request.headers.get("content-length") or 0) > _limit(served):
        raise ProblemError("too_large")
    parts = parts_of(request, name)
    incoming = await run_in_threadpool(served.tools.vault.incoming, served.tools.ids.new("upl"))
    try:
        await _copy(request, served, parts, incoming, admit or _everybody)
        parts.end()
        deposit = await run_in_threadpool(incoming.keep)
    except BaseException:
        incoming.drop()
        raise
    if not _announced(request, deposit):
        await run_in_threadpool(served.tools.vault.remove, deposit.location)
        raise ProblemError("content_digest_mismatch")
    return deposit, parts


def _everybody(_: Mapping[str, str]) -> None:
    """Nothing is asked of the fields."""


async def _copy(
    request: Request, served: Service, parts: FileParts, incoming: Incoming, admit: Admit
) -> None:
    limit = _limit(served)
    block, received, asked = bytearray(), 0, False
    async for chunk in in_time(request.stream(), served.patience):
        received += len(chunk)
        if received > limit:
            raise ProblemError("too_large")
        for piece in parts.feed(chunk):
            if not asked:
                admit(parts.fields)
                asked = True
            block += piece
        if len(block) >= _BLOCK:
            await run_in_threadpool(incoming.write, bytes(block))
            block.clear()
    if not asked:
        admit(parts.fields)
    if block:
        await run_in_threadpool(incoming.write, bytes(block))


def _limit(served: Service) -> int:
    return served.loaded.settings.server.max_upload_mb << 20


def _announced(request: Request, deposit: Deposit) -> bool:
    """Whether the file is the one that its sender hashed, where they said so."""
    header = request.headers.get("content-digest", "")
    if "sha-256" not in header.lower():
        return True
    found = re.search(r"sha-256=:([A-Za-z0-9+/=]+):", header, re.IGNORECASE)
    try:
        return (
            found is not None and base64.b64decode(found[1], validate=True).hex() == deposit.sha256
        )
    except binascii.Error:
        return False
