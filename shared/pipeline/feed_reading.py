"""How files of a feed are read, whichever feed it is, out of what the district declares."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.domain.feeds.dictionary import HeaderDictionary
from shared.domain.feeds.feed import Feed
from shared.domain.feeds.staff import FEED as STAFF
from shared.domain.mapping import parse_mapping
from shared.domain.policy import FeedPolicy, StaffPolicy
from shared.pipeline.read_records import dialect, headers
from shared.pipeline.read_staff import staff_dialect, staff_headers
from shared.pipeline.tools import Tools
from shared.ports.reader import Dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReading:
    """What is declared about the files of one feed."""

    feed: str
    dialect: Dialect
    headers: HeaderDictionary
    #: None for a governed feed.
    staff: StaffPolicy | None = None
    #: Columns that a profile or the district names; of others the canonical name says most.
    by_spelling: frozenset[str] = frozenset()


def reading_of(tools: Tools, feed: str, mapping_text: str) -> FeedReading:
    """As the district declares it; staff's mapping needs columns too, governed feeds have none.

    Raises:
        ConfigInvalid: the mapping can't be used.
        NotFound: there is no such feed.
    """
    if feed == STAFF:
        return staff_reading(tools.policy.staff, parse_mapping(mapping_text).attribute_columns)
    return governed_reading(tools.governed(feed), tools.policy.feeds.get(feed, FeedPolicy()))


def staff_reading(staff: StaffPolicy, attributes: Iterable[str]) -> FeedReading:
    """The staff feed; ``attributes`` are columns that the mapping needs."""
    known = staff_headers(staff, attributes)
    return FeedReading(
        feed=STAFF,
        dialect=staff_dialect(staff),
        headers=known,
        staff=staff,
        by_spelling=frozenset(known.columns),
    )


def governed_reading(feed: Feed, policy: FeedPolicy) -> FeedReading:
    """A governed feed."""
    return FeedReading(
        feed=feed.name, dialect=dialect(feed, policy), headers=headers(feed, policy),
        by_spelling=frozenset(policy.headers),
    )  # fmt: skip
