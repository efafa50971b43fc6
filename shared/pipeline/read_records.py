"""How a file of a governed feed is read, out of what the feed and the district declare."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from shared.domain.errors import InputInvalid
from shared.domain.feeds.dictionary import Column, HeaderDictionary
from shared.domain.feeds.feed import Day, Feed, Payload, Severity
from shared.domain.feeds.record_row import Refused, RowJudge
from shared.domain.policy import FeedPolicy
from shared.domain.record import GovernedRecord
from shared.pipeline.tools import Tools
from shared.ports.reader import (
    BlankRecord,
    DamagedRecord,
    Dialect,
    OpenExtract,
    SoundRecord,
    Source,
)

#: A row as the reader gives it.
Read = SoundRecord | DamagedRecord | BlankRecord


def open_records(tools: Tools, source: Source, feed: Feed) -> OpenExtract:
    """A file of a governed feed. Raises `InputInvalid`."""
    policy = _policy(tools, feed)
    return tools.reader.open(source, dialect(feed, policy), headers(feed, policy))


def dialect(feed: Feed, policy: FeedPolicy) -> Dialect:
    """How the file is written."""
    return Dialect(
        encoding=policy.encoding, delimiter=policy.delimiter, quote=policy.quote, feed=feed,
        date_format=policy.date_format,
    )  # fmt: skip


def headers(feed: Feed, policy: FeedPolicy) -> HeaderDictionary:
    """Which headers mean which field. Only the fields of the source id must be there.

    Headers the district declares for a field stand for those the feed knows, not beside them: of two
    columns that could be one field, that is how to name the right one.
    """
    columns = [
        Column(
            name=each.name, meaning=each.meaning, required=each.required, identifier=each.identifier
        )
        for each in feed.fields
    ]
    spellings = {e.name: e.spellings for e in feed.fields if e.name not in policy.headers}
    return HeaderDictionary(columns, policy.headers, spellings)


def row_judge(
    tools: Tools, feed: Feed, attested: Mapping[str, frozenset[str]] | None = None
) -> RowJudge:
    """Judges the feed's rows as of today; ``attested`` as `RowJudge` has it."""
    return judge_of(feed, _policy(tools, feed), tools.today(), attested)


def judge_of(
    feed: Feed,
    policy: FeedPolicy,
    today: date,
    attested: Mapping[str, frozenset[str]] | None = None,
) -> RowJudge:
    """Judges the feed's rows as of a day."""
    day = Day(as_of=today, options=frozenset(policy.options))
    return RowJudge(feed, day, policy.date_format, attested)


def judged(
    records: Iterable[Read], judge: RowJudge, silent: Mapping[str, Payload]
) -> Iterator[GovernedRecord | Refused | DamagedRecord | BlankRecord]:
    """Each row once, in the order given.

    Args:
        records: rows as read. ``judge``: of their feed.
        silent: source id → what is in force of fields for which the file has no column.

    Raises:
        InputInvalid: a row breaks a rule that refuses the whole file.
    """
    for record in records:
        if not isinstance(record, SoundRecord):
            yield record
            continue
        found = judge.judge(record, silent.get(judge.source_id(record) or "") if silent else None)
        if isinstance(found, Refused):
            require_no_rejection(found, judge)
        yield found


def require_no_rejection(found: Refused, judge: RowJudge) -> None:
    """Raise `InputInvalid` if the row breaks a rule that refuses its whole file."""
    for violation in found.violations:
        if judge.severity(violation.code) is Severity.REJECT:
            raise InputInvalid(
                f"Line {found.line} breaks {violation.code}, which refuses the whole file:"
                f" {violation.detail}. Nothing was planned. Mend it at the source, then send the"
                " file again.",
                code=violation.code,
            )


def _policy(tools: Tools, feed: Feed) -> FeedPolicy:
    return tools.policy.feeds.get(feed.name, FeedPolicy())
