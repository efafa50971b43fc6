"""Read what is stored of quarantined records, and their values again from the encrypted extract."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.domain.errors import ConfigInvalid, InputInvalid, NotFound, VaultDamaged
from shared.domain.feeds.feed import Feed, PolicyRule
from shared.domain.remediation import OPEN, Attestation, QuarantineRecord, TimelineEvent
from shared.domain.violation import RULES, ViolationRule
from shared.pipeline.read_records import open_records
from shared.pipeline.shield_staff import stored
from shared.pipeline.tools import Tools
from shared.ports.reader import BlankRecord
from shared.ports.remediation import CodeCount, QuarantineFilter, QuarantineSort, Resubmission
from shared.ports.views import Page, PageOf

#: What stands for a value that speaks of a person.
MASKED = "***"
#: Characters of a value that are shown.
_MOST_SHOWN = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """A record with everything people look at beside it."""

    record: QuarantineRecord
    timeline: Sequence[TimelineEvent]
    attestations: Sequence[Attestation]
    #: Field → text as written, those that speak of a person masked; None if it can't be read again.
    values: Mapping[str, str] | None = field(repr=False)


def list_quarantine(
    tools: Tools,
    wanted: QuarantineFilter,
    page: PageOf,
    sort: QuarantineSort = QuarantineSort.ATTENTION,
) -> Page[QuarantineRecord]:
    """In an order of the queue. Raises `NotFound` for a cursor that is no record."""
    with tools.transactions.begin() as uow:
        return uow.remediation.page(wanted, page, tools.today(), sort)


def look_up(tools: Tools, ids: Sequence[str]) -> list[QuarantineRecord]:
    """Records by their ids. Raises `NotFound`."""
    with tools.transactions.begin() as uow:
        return [uow.remediation.get(id_) for id_ in ids]


def view_record(tools: Tools, record_id: str) -> RecordView:
    """One record. Raises `NotFound`."""
    with tools.transactions.begin() as uow:
        record = uow.remediation.get(record_id)
        timeline = uow.remediation.timeline(record_id)
        attestations = uow.remediation.attested(record) if record.payload_hash else []
    return RecordView(
        record=record, timeline=timeline, attestations=attestations,
        values=_values(tools, record),
    )  # fmt: skip


def resubmissions(tools: Tools, run_id: str) -> list[Resubmission]:
    """The records a run is meant to mend, and what came of each."""
    with tools.transactions.begin() as uow:
        return uow.remediation.resubmissions(run_id)


def _values(tools: Tools, record: QuarantineRecord) -> dict[str, str] | None:
    """The row as its file has it; the file may be gone, or be read otherwise by now."""
    with tools.transactions.begin() as uow:
        upload = uow.runs.upload(record.upload_id)
    try:
        feed = tools.governed(record.feed)
        for found in open_records(tools, stored(tools, upload), feed).records():
            if found.row == record.row and not isinstance(found, BlankRecord):
                return _shown(feed, found.values)
    except (ConfigInvalid, InputInvalid, NotFound, VaultDamaged):
        pass
    return None


def _shown(feed: Feed, values: Mapping[str, str]) -> dict[str, str]:
    known = feed.by_name
    return {
        name: MASKED if text.strip() and known[name].personal else text[:_MOST_SHOWN]
        for name, text in values.items()
        if name in known
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeView:
    """A code of the catalogue, and the open records that have it."""

    rule: ViolationRule | PolicyRule
    #: Whose rule it is; None for the engine's own.
    feed: str | None
    open: Sequence[CodeCount]


def violation_codes(tools: Tools) -> list[CodeView]:
    """Every code there is: those of the feeds' rules, then the engine's own."""
    with tools.transactions.begin() as uow:
        counts = uow.remediation.code_counts(QuarantineFilter(states=tuple(OPEN)), tools.today())
    every: list[tuple[str | None, ViolationRule | PolicyRule]] = [
        (feed.name, rule) for feed in tools.feeds.values() for rule in feed.rules
    ]
    every += [(None, rule) for rule in RULES.values()]
    return [
        CodeView(
            rule=rule, feed=feed,
            open=[c for c in counts if c.code == rule.code and feed in (None, c.feed)],
        )
        for feed, rule in every
    ]  # fmt: skip
