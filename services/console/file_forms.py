"""A form with a file: seen to be one of ours before a byte of the file is kept."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from services.console.forms import FORM_ID, Sent, require_ours, require_own_origin
from services.console.signed_in import Visitor
from shared.http.receive import receive
from shared.http.service import Service
from shared.ports.access import RequestKey
from shared.ports.vault import Deposit


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """A file that came with a form."""

    deposit: Deposit
    name: str
    sent: Sent

    def key(self, visitor: Visitor, *about: str) -> RequestKey:
        """What makes a second sending the same request: the form, the file, and what it is ``about``."""
        body = "\n".join([self.deposit.sha256, *about]).encode()
        return RequestKey(
            principal=str(visitor.actor), path=self.sent.path, key=self.sent.one(FORM_ID),
            body_sha256=hashlib.sha256(body).hexdigest(),
        )  # fmt: skip


async def receive_form(request: Request, served: Service, visitor: Visitor) -> SentFile | None:
    """Take the form in; None if no file was chosen.

    Raises:
        ProblemError: it comes from another site, has no session's word, or is no whole form.
    """
    require_own_origin(request)
    path, fields = request.url.path, dict[str, list[str]]()

    def admit(before_the_file: Mapping[str, str]) -> None:
        fields.update({name: [value] for name, value in before_the_file.items()})
        require_ours(Sent(path=path, fields=fields, body_sha256=""), visitor)

    deposit, parts = await receive(request, served, None, admit)
    if not deposit.size_bytes:
        await run_in_threadpool(served.tools.vault.remove, deposit.location)
        return None
    sent = Sent(path=path, fields=fields, body_sha256=deposit.sha256)
    return SentFile(deposit=deposit, name=parts.name, sent=sent)
