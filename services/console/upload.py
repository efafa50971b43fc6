"""A file that comes by a form: judged by its header once it is whole, then a run of it is ordered."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from services.console.forms import Fault, Sent, require_ours
from services.console.signed_in import Visitor
from shared.domain.catalogue import rule_of
from shared.domain.feeds.staff import FEED as STAFF
from shared.domain.run import RunMode, Upload
from shared.http.file_body import DEFAULT_NAME
from shared.http.problem import ProblemError
from shared.http.service import Service
from shared.pipeline.check_header import HeaderCheck, HeaderVerdict, check_stored
from shared.pipeline.feed_reading import FeedReading, reading_of
from shared.pipeline.land import Order, Sender, forget_copy, keep_upload, order_run
from shared.pipeline.once import once
from shared.ports.access import Answer
from shared.ports.unit_of_work import UnitOfWork
from shared.ports.vault import Deposit

#: How the runs that are ordered in the console have come.
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


def headline(check: HeaderCheck) -> str:
    """What is wrong with a refused file, in a line."""
    if check.missing:
        named = ", ".join(column.name for column, _ in check.missing)
        return f"Required columns are missing: {named}"
    rule = rule_of(check.refused.code) if check.refused else None
    return rule.title if rule else "The file can't be read"


class Admission:
    """Looks at the fields of a form, before a byte of its file is kept; what comes later doesn't count."""

    def __init__(self, served: Service, visitor: Visitor, path: str) -> None:
        self._served, self._visitor, self.path = served, visitor, path
        self.fields: Mapping[str, str] = {}

    def __call__(self, fields: Mapping[str, str]) -> None:
        """Raise `ProblemError` or `NotFound` unless they are in order."""
        self.fields = dict(fields)
        require_ours(self.sent(), self._visitor)
        if fields.get("mode", RunMode.PLAN) not in _MODES:
            raise ProblemError("invalid_request")
        self._served.tools.require_feed(self.feed)

    @property
    def feed(self) -> str:
        """Whose file it is."""
        return self.fields.get("feed", STAFF)

    @property
    def order(self) -> Order:
        """What is wanted of the file."""
        return Order(
            trigger=TRIGGER, mapping_text=self._served.loaded.mapping_text_for(self.feed),
            mode=RunMode(self.fields.get("mode", RunMode.PLAN)), force="force" in self.fields,
        )  # fmt: skip

    def sent(self, file_sha256: str = "") -> Sent:
        """The form in the words of all forms; the file's hash stands for its bytes."""
        said = json.dumps([sorted(self.fields.items()), file_sha256]).encode()
        return Sent(
            path=self.path, fields={name: [value] for name, value in self.fields.items()},
            body_sha256=hashlib.sha256(said).hexdigest(),
        )  # fmt: skip


def order(
    served: Service, visitor: Visitor, asked: Admission, deposit: Deposit, name: str
) -> str | Refused:
    """The address of the new run, or of the one that this very form has ordered before."""
    again = True
    try:
        if refused := _refused(served, asked.feed, deposit, name):
            return refused
        answer, again = _ordered(served, visitor, asked, deposit, name or DEFAULT_NAME)
        return answer.location or "/runs"
    finally:
        if again:
            served.tools.vault.remove(deposit.location)


def _refused(served: Service, feed: str, deposit: Deposit, name: str) -> Refused | None:
    if not deposit.size_bytes:
        words = "The file is empty. Export it again." if name else "Choose a file."
        return Refused(faults=[Fault("file", words)])
    check = check_stored(served.tools, deposit.location, reading(served, feed))
    if check.verdict is not HeaderVerdict.REFUSED:
        return None
    return Refused(faults=[Fault("file", headline(check))], check=check)


def _ordered(
    served: Service, visitor: Visitor, asked: Admission, deposit: Deposit, name: str
) -> tuple[Answer, bool]:
    tools, sender = served.tools, Sender(actor=visitor.actor, name=name, feed=asked.feed)
    wanted, landed = asked.order, list[Upload]()

    def work(uow: UnitOfWork) -> Answer:
        landed.append(upload := keep_upload(tools, uow, deposit, sender))
        run = order_run(tools, uow, upload, sender, wanted)
        return Answer(status=303, body={}, location=f"/runs/{run.id}")

    answer, again = once(tools, asked.sent(deposit.sha256).key(visitor), work)
    for upload in landed:
        forget_copy(tools, deposit, upload)
    return answer, again
