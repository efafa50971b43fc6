"""A file that comes by a form: judged by its header once it is whole, then a run of it is ordered."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.console.forms import FORM_ID, Fault, Sent, require_csrf
from services.console.signed_in import Visitor
from shared.domain.feeds.staff import FEED as STAFF
from shared.domain.run import RunMode
from shared.http.file_body import DEFAULT_NAME, FileParts
from shared.http.problem import ProblemError
from shared.http.service import Service
from shared.pipeline.check_header import HeaderCheck, HeaderVerdict, check_stored
from shared.pipeline.feed_reading import FeedReading, reading_of
from shared.pipeline.land import Order, Sender, forget_copy, keep_upload, order_run
from shared.pipeline.once import once
from shared.ports.access import Answer
from shared.ports.unit_of_work import UnitOfWork
from shared.ports.vault import Deposit

TRIGGER = "console"
_MODES = frozenset({RunMode.PLAN, RunMode.PLAN_AND_APPLY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why no run was ordered; nothing of the file was kept."""

    faults: list[Fault]
    check: HeaderCheck | None = None


def reading(served: Service, feed: str) -> FeedReading:
    """How files of a feed are read now. Raises like `reading_of`."""
    return reading_of(served.tools, feed, served.loaded.mapping_text_for(feed))


def admission(served: Service, visitor: Visitor, path: str) -> Callable[[Mapping[str, str]], None]:
    """Looks at the fields of the form, before a byte of its file is kept."""

    def admit(fields: Mapping[str, str]) -> None:
        require_csrf(_sent(path, fields), visitor)
        if not fields.get(FORM_ID):
            raise ProblemError("idempotency_key_missing")
        if fields.get("mode", RunMode.PLAN) not in _MODES:
            raise ProblemError("invalid_request")
        served.tools.require_feed(fields.get("feed", STAFF))

    return admit


def order(
    served: Service, visitor: Visitor, path: str, deposit: Deposit, parts: FileParts
) -> str | Refused:
    """The address of the new run, or of the one that this very form has ordered before."""
    vault, kept = served.tools.vault, False
    try:
        if refused := _refused(served, deposit, parts):
            return refused
        answer, again = _ordered(served, visitor, path, deposit, parts)
        kept = not again
        return answer.location or "/runs"
    finally:
        if not kept:
            vault.remove(deposit.location)


def _refused(served: Service, deposit: Deposit, parts: FileParts) -> Refused | None:
    if not deposit.size_bytes:
        words = "The file is empty. Export it again." if parts.name else "Choose a file."
        return Refused(faults=[Fault("file", words)])
    feed = parts.fields.get("feed", STAFF)
    check = check_stored(served.tools, deposit.location, reading(served, feed))
    if check.verdict is not HeaderVerdict.REFUSED:
        return None
    return Refused(faults=[Fault("file", str(check.refused))], check=check)


def _ordered(
    served: Service, visitor: Visitor, path: str, deposit: Deposit, parts: FileParts
) -> tuple[Answer, bool]:
    fields, tools = parts.fields, served.tools
    sender = Sender(
        actor=visitor.actor, name=parts.name or DEFAULT_NAME, feed=fields.get("feed", STAFF)
    )
    wanted = Order(
        trigger=TRIGGER, mapping_text=served.loaded.mapping_text_for(sender.feed),
        mode=RunMode(fields.get("mode", RunMode.PLAN)), force="force" in fields,
    )  # fmt: skip
    landed = []

    def work(uow: UnitOfWork) -> Answer:
        landed.append(upload := keep_upload(tools, uow, deposit, sender))
        run = order_run(tools, uow, upload, sender, wanted)
        return Answer(status=303, body={}, location=f"/runs/{run.id}")

    key = _sent(path, fields, deposit.sha256).key(visitor)
    answer, again = once(tools, key, work)
    for upload in landed:
        forget_copy(tools, deposit, upload)
    return answer, again


def _sent(path: str, fields: Mapping[str, str], file_sha256: str = "") -> Sent:
    """The form in the words of all forms; the file's hash stands for its bytes."""
    said = json.dumps([sorted(fields.items()), file_sha256]).encode()
    return Sent(
        path=path, fields={name: [value] for name, value in fields.items()},
        body_sha256=hashlib.sha256(said).hexdigest(),
    )  # fmt: skip
