"""The queue of quarantined records as people work it: a filter, its records by code and by state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shared.domain.feeds.feed import PolicyRule
from shared.domain.remediation import QuarantineRecord, QuarantineState
from shared.domain.violation import RULES, ViolationRule
from shared.pipeline.tools import Tools
from shared.ports.remediation import CodeCount, QuarantineFilter, QuarantineSort
from shared.ports.views import Page, PageOf


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeGroup:
    """Records with a code, and what it means."""

    count: CodeCount
    #: None for a code of an older version.
    rule: ViolationRule | PolicyRule | None
    authority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A page of the queue with what there is to narrow it by."""

    found: Page[QuarantineRecord]
    states: Mapping[QuarantineState, int]
    groups: Sequence[CodeGroup]
    #: Authority → its feeds.
    authorities: Mapping[str, Sequence[str]]
    owners: Sequence[str]


def look_at_queue(
    tools: Tools,
    wanted: QuarantineFilter,
    page: PageOf,
    *,
    sort: QuarantineSort = QuarantineSort.ATTENTION,
    authorities: Sequence[str] = (),
) -> Queue:
    """Records of a filter, which may name authorities. Raises `NotFound` for a cursor that is no record."""
    known = feeds_by_authority(tools)
    if authorities:
        theirs = {feed for name in authorities for feed in known.get(name, ())}
        narrowed = sorted(theirs & set(wanted.feeds) if wanted.feeds else theirs)
        wanted = replace(wanted, feeds=narrowed or ["-"])  # no feed is called so
    today = tools.today()
    with tools.transactions.begin() as uow:
        found = uow.remediation.page(wanted, page, today, sort)
        counts = uow.remediation.code_counts(wanted, today)
        states = uow.remediation.state_counts(wanted, today)
        owners = uow.remediation.owners()
    return Queue(
        found=found, states=states, groups=[_group(tools, count) for count in counts],
        authorities=known, owners=owners,
    )  # fmt: skip


def feeds_by_authority(tools: Tools) -> dict[str, list[str]]:
    """The feeds that stand under the rules of each authority."""
    found: dict[str, list[str]] = {}
    for feed in tools.feeds.values():
        found.setdefault(feed.authority, []).append(feed.name)
    return dict(sorted(found.items()))


def _group(tools: Tools, count: CodeCount) -> CodeGroup:
    feed = tools.feeds.get(count.feed)
    rules = {rule.code: rule for rule in feed.rules} if feed else {}
    return CodeGroup(
        count=count, rule=rules.get(count.code) or RULES.get(count.code),
        authority=feed.authority if feed else "",
    )  # fmt: skip
