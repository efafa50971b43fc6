"""What holds for every governed feed there is, so that a new one needs tests of its rules only."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import combinations, product

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.feeds.dictionary import normalized_header
from shared.domain.feeds.feed import (
    RECORD_STATUS,
    Classification,
    Day,
    Feed,
    Field,
    FieldKind,
    PolicyRule,
)
from shared.domain.feeds.feed_schema import feed_schema
from shared.domain.feeds.governed import FEEDS
from shared.domain.feeds.record_row import Refused, RowJudge
from shared.domain.feeds.staff import FEED as STAFF
from shared.domain.policy import FeedPolicy
from shared.domain.record import GovernedRecord
from shared.domain.violation import RULES, Violation
from shared.pipeline.read_records import headers
from shared.ports.reader import SoundRecord
from tests.fakes.lab_feed import LAB

#: The small one of the tests too, so that these tests are never about nothing.
ALL = [LAB, *FEEDS.values()]
#: Columns of state a version has (migration 0004).
STATE = {"hazcom_verified", "manifest_status"}
TODAY = date(2026, 11, 21)

each_feed = pytest.mark.parametrize("feed", ALL, ids=lambda feed: feed.name)
each_rule = pytest.mark.parametrize(
    "rule", [rule for feed in FEEDS.values() for rule in feed.rules], ids=lambda rule: rule.code
)


def test_a_feed_is_registered_under_its_name() -> None:
    assert [feed.name for feed in FEEDS.values()] == list(FEEDS)
    assert STAFF not in FEEDS


def test_each_feed_has_a_classification_of_its_own() -> None:
    assert [feed.classification for feed in FEEDS.values()] == list(Classification)


@each_feed
def test_names_can_be_written_in_a_configuration(feed: Feed) -> None:
    names = [feed.name, *feed.options, *(field.name for field in feed.fields)]
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9_]{0,49}", name)] == []
    assert len(feed.by_name) == len(feed.fields)


@each_feed
def test_the_source_id_is_of_required_fields(feed: Feed) -> None:
    """A record without one could not be told from another."""
    assert feed.source_id
    assert [n for n in feed.source_id if not feed.by_name[n].required] == []


@each_feed
def test_a_record_can_be_retired(feed: Feed) -> None:
    assert feed.by_name["record_status"] is RECORD_STATUS


@each_feed
def test_no_header_means_two_fields(feed: Feed) -> None:
    """Else a file's column could be either."""
    spelt = Counter(
        key
        for field in feed.fields
        for key in {normalized_header(word) for word in (field.name, *field.spellings)}
    )
    assert [key for key, count in spelt.items() if count > 1] == []


@each_feed
def test_every_header_leads_to_its_field(feed: Feed) -> None:
    dictionary = headers(feed, FeedPolicy())
    for field in feed.fields:
        for word in (field.name, field.name.upper(), *field.spellings):
            assert dictionary.canonical_name(word) == field.name, word


@each_feed
def test_every_field_says_what_it_means(feed: Feed) -> None:
    for field in feed.fields:
        assert len(field.meaning) > 3, field.name
        assert "|" not in field.meaning, f"{field.name}: stands in a table"
        assert field.choices == () or max(map(len, field.choices)) <= field.longest, field.name


@each_feed
def test_it_is_dated_and_kept_by_something(feed: Feed) -> None:
    assert feed.dated_by is None or feed.by_name[feed.dated_by].kind is FieldKind.DATE
    assert feed.retention_days > 0


@each_feed
def test_state_begins_in_columns_that_there_are(feed: Feed) -> None:
    assert feed.state.keys() <= STATE


@each_feed
def test_a_document_s_paths_lead_to_fields(feed: Feed) -> None:
    assert feed.document is None or feed.document.paths.keys() <= feed.by_name.keys()


@each_feed
def test_the_schema_is_one_of_draft_07(feed: Feed) -> None:
    jsonschema_rs.meta.validate(feed_schema(feed))


def test_no_two_rules_have_one_code() -> None:
    codes = Counter(rule.code for feed in ALL for rule in feed.rules)
    assert [code for code, count in codes.items() if count > 1] == []
    assert codes.keys() & RULES.keys() == set()


@each_rule
def test_a_rule_s_code_begins_with_its_authority(rule: PolicyRule) -> None:
    assert re.fullmatch(rf"{re.escape(rule.authority)}(-[A-Z0-9]+)+", rule.code)


@each_rule
def test_a_rule_says_what_it_asks_on_whose_authority_and_how_to_mend_it(rule: PolicyRule) -> None:
    assert len(rule.title.split()) >= 3
    assert len(rule.remedy.split()) >= 3
    assert re.search(r"\d", rule.citation), "a section, a notice, a specification by its number"
    assert not any("|" in text for text in (rule.title, rule.remedy, rule.citation)), "a table"


@each_rule
def test_a_rule_holds_for_some_time(rule: PolicyRule) -> None:
    assert rule.version >= 1
    assert rule.valid_to is None or rule.valid_from <= rule.valid_to


#: A word that no detail has of itself.
CANARY = "qzx7canary"


def details(feed: Feed, values: dict[str, str]) -> Iterator[Violation]:
    """All that is said of a row."""
    judge = RowJudge(feed, Day(as_of=TODAY), None)
    found = judge.judge(SoundRecord(row=1, line=2, values=values))
    assert isinstance(found, (Refused, GovernedRecord))
    yield from found.violations if isinstance(found, Refused) else found.warnings


@each_feed
def test_no_detail_repeats_a_value(feed: Feed) -> None:
    """Neither of one cell nor of all."""
    rows = [{field.name: CANARY for field in feed.fields}]
    rows += [{field.name: CANARY} for field in feed.fields]
    told = [violation.detail.lower() for row in rows for violation in details(feed, row)]
    assert told
    assert [detail for detail in told if CANARY in detail] == []


#: A sound value of each kind that no detail has of itself, once small and once large.
MARKED = {
    FieldKind.INTEGER: ("7391", "-7391"),
    FieldKind.DECIMAL: ("7391.25", "-7391.25"),
    FieldKind.DATE: ("1987-03-29", "2187-03-29"),
    FieldKind.BOOLEAN: ("yes", "no"),
    FieldKind.TEXT: (CANARY, CANARY),
}
MARKS = (CANARY, "7391", "1987", "2187")


def marked(field: Field, which: int) -> str:
    if field.choices:
        return field.choices[-which]
    return MARKED[field.items if field.kind is FieldKind.LIST else field.kind][which]


@each_feed
def test_no_detail_repeats_a_number_or_a_day(feed: Feed) -> None:
    """They are read soundly, so rules come to see them: on either side of every limit."""
    rows = [{f.name: marked(f, which) for f in feed.fields} for which in (0, 1)]
    rows += [rows[0] | {f.name: rows[1][f.name]} for f in feed.fields]
    rows += [rows[1] | {f.name: rows[0][f.name]} for f in feed.fields]
    told = [violation.detail.lower() for row in rows for violation in details(feed, row)]
    assert told
    assert [detail for detail in told if any(mark in detail for mark in MARKS)] == []


@each_feed
def test_a_rule_bears_any_two_fields_missing_or_unreadable(feed: Feed) -> None:
    sound = {field.name: marked(field, 0) for field in feed.fields}
    for one, other in combinations(feed.fields, 2):
        for first, second in product(("", "a\x07"), repeat=2):
            row = sound | {one.name: first, other.name: second}
            assert all(violation.code for violation in details(feed, row))


@each_feed
def test_what_is_said_names_a_field_of_the_feed(feed: Feed) -> None:
    rows: list[dict[str, str]] = [{}, {field.name: CANARY for field in feed.fields}]
    fields = {violation.column for row in rows for violation in details(feed, row)}
    assert fields - {None} <= feed.by_name.keys()


CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", "0", "1", "-1", "12.5", "yes", "no", "2026-01-31", "2000-02-29", "a;b", "A1;A1"]
    ),
)


@each_feed
@settings(max_examples=15)
@given(data=st.data())
def test_no_row_is_too_odd_to_be_judged(feed: Feed, data: st.DataObject) -> None:
    """A rule that raises would end the run: what it can't read it must not look at."""
    row = {
        field.name: data.draw(st.sampled_from([*field.choices, ""]) if field.choices else CELLS)
        for field in feed.fields
    }
    assert all(violation.code for violation in details(feed, row))
