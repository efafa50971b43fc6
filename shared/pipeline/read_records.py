"""How a file of a governed feed is read, out of what the feed and the district declare."""

from collections.abc import Iterator

from shared.domain.errors import InputInvalid
from shared.domain.feeds.dictionary import Column, HeaderDictionary
from shared.domain.feeds.feed import Day, Feed, Severity
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


def open_records(tools: Tools, source: Source, feed: Feed) -> OpenExtract:
    """A file of a governed feed. Raises `InputInvalid`."""
    policy = _policy(tools, feed)
    dialect = Dialect(
        encoding=policy.encoding, delimiter=policy.delimiter, quote=policy.quote, feed=feed,
        date_format=policy.date_format,
    )  # fmt: skip
    return tools.reader.open(source, dialect, headers(feed, policy))


def headers(feed: Feed, policy: FeedPolicy) -> HeaderDictionary:
    """Which headers mean which field. Only the fields of the source id must be there."""
    columns = [
        Column(
            name=each.name, meaning=each.meaning, required=each.required, identifier=each.identifier
        )
        for each in feed.fields
    ]
    spellings = {each.name: each.spellings for each in feed.fields}
    return HeaderDictionary(columns, policy.headers, spellings)


def row_judge(tools: Tools, feed: Feed) -> RowJudge:
    """Judges the feed's rows as of today."""
    policy = _policy(tools, feed)
    day = Day(as_of=tools.today(), options=frozenset(policy.options))
    return RowJudge(feed, day, policy.date_format)


def judged(
    extract: OpenExtract, judge: RowJudge
) -> Iterator[GovernedRecord | Refused | DamagedRecord | BlankRecord]:
    """Each row once, in the order of the file, streaming.

    Raises:
        InputInvalid: a row breaks a rule that refuses the whole file; what the reader raises.
    """
    for record in extract.records():
        if not isinstance(record, SoundRecord):
            yield record
            continue
        found = judge.judge(record)
        if isinstance(found, Refused):
            _require_no_rejection(found, judge)
        yield found


def _require_no_rejection(found: Refused, judge: RowJudge) -> None:
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
