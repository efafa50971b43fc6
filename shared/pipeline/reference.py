"""Reference data of ASCIP as it was read last: what ids of a mapping stand for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from shared.domain.audit import Actor, AuditVerb
from shared.domain.canonical import Json
from shared.domain.errors import NotFound
from shared.domain.run import TargetName
from shared.pipeline.documents import moment, page_document
from shared.pipeline.tools import Tools, audit
from shared.ports.unit_of_work import UnitOfWork
from shared.ports.views import Page, PageOf

ReferenceList = Literal["groups", "buckets", "roles", "timezones"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencePage:
    """A part of one list, and when it was read."""

    items: Page[dict[str, Json]]
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLast:
    """What was read, as stored, and when."""

    stored: Mapping[str, Json]
    read_at: datetime


def read_last(uow: UnitOfWork) -> ReadLast | None:
    """With a whole reading of ASCIP, or alone; whichever was later. None if it was never read."""
    found = []
    if alone := uow.snapshots.reference_alone(TargetName.ASCIP):
        found.append(ReadLast(stored=alone[0], read_at=alone[1]))
    if newest := uow.snapshots.newest(TargetName.ASCIP):
        stored = uow.snapshots.reference(newest[0])
        found.append(ReadLast(stored=stored, read_at=newest[1]))
    return max(found, key=lambda each: each.read_at, default=None)


def read_reference(tools: Tools, actor: Actor) -> None:
    """Ask ASCIP for it now, in a handful of calls; people and memberships are not read.

    Raises what `Target` raises.
    """
    reference = tools.target.reference()
    counts: dict[str, Json] = {
        "groups": len(reference.groups), "buckets": len(reference.buckets), "roles": len(reference.roles)
    }  # fmt: skip
    with tools.transactions.begin() as uow:
        uow.snapshots.keep_reference(TargetName.ASCIP, reference)
        audit(
            tools, uow, actor, AuditVerb.REFERENCE_FETCHED,
            of=("target", TargetName.ASCIP.value), detail=counts,
        )  # fmt: skip


def list_reference(tools: Tools, which: ReferenceList, page: PageOf) -> ReferencePage:
    """One of the lists, in order of ids. ASCIP is not called.

    Raises:
        NotFound: ASCIP was never read, or ``after`` is no id of the list.
    """
    with tools.transactions.begin() as uow:
        last = read_last(uow)
    if last is None:
        raise NotFound("ASCIP has not been read yet: the first plan reads it.")
    every = cast("Sequence[dict[str, Json]]", last.stored[which])
    if page.after is not None and page.after not in {str(item["id"]) for item in every}:
        raise NotFound(f"There is none of these {which} to go on after.")
    rest = [item for item in every if page.after is None or int(str(item["id"])) > int(page.after)]
    items = Page(
        items=rest[: page.limit], has_more=len(rest) > page.limit, total=len(every)
    )  # fmt: skip
    return ReferencePage(items=items, read_at=last.read_at)


def reference_document(found: ReferencePage) -> dict[str, Json]:
    """As every list, with the time of reading."""
    return {**page_document(found.items, dict), "read_at": moment(found.read_at)}
