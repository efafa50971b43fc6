"""Reference data of ASCIP as it was read last: what ids of a mapping stand for. ASCIP is not called."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from shared.domain.canonical import Json
from shared.domain.errors import NotFound
from shared.domain.run import TargetName
from shared.pipeline.documents import moment, page_document
from shared.pipeline.tools import Tools
from shared.ports.views import Page, PageOf

ReferenceList = Literal["groups", "buckets", "roles", "timezones"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencePage:
    """A part of one list, and when it was read."""

    items: Page[dict[str, Json]]
    read_at: datetime


def list_reference(tools: Tools, which: ReferenceList, page: PageOf) -> ReferencePage:
    """One of the lists, in order of ids.

    Raises:
        NotFound: ASCIP was never read, or ``after`` is no id of the list.
    """
    with tools.transactions.begin() as uow:
        newest = uow.snapshots.newest(TargetName.ASCIP)
        if newest is None:
            raise NotFound("ASCIP has not been read yet: the first plan reads it.")
        stored = uow.snapshots.reference(newest[0])
    every = cast("Sequence[dict[str, Json]]", stored[which])
    if page.after is not None and page.after not in {str(item["id"]) for item in every}:
        raise NotFound(f"There is none of these {which} to go on after.")
    rest = [item for item in every if page.after is None or int(str(item["id"])) > int(page.after)]
    items = Page(
        items=rest[: page.limit], has_more=len(rest) > page.limit, total=len(every)
    )  # fmt: skip
    return ReferencePage(items=items, read_at=newest[1])


def reference_document(found: ReferencePage) -> dict[str, Json]:
    """As every list, with the time of reading."""
    return {**page_document(found.items, dict), "read_at": moment(found.read_at)}
