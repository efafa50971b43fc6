"""A file judged by its header: what is read, dropped, missing, double; and what its beginning can't tell."""

import io
import json
from datetime import date
from functools import partial

import pytest

from shared.adapters.tabular.reader import ExtractReader
from shared.bootstrap_files import spools
from shared.domain.feeds.governed import FEEDS
from shared.domain.feeds.profiles import ProfileName
from shared.domain.policy import FeedPolicy, StaffPolicy
from shared.pipeline.accepted_headers import accepted_headers, sample_file
from shared.pipeline.check_header import HeaderCheck, HeaderVerdict, check_start
from shared.pipeline.feed_reading import FeedReading, governed_reading, staff_reading
from shared.pipeline.inspect import Declared, Inspected, inspect
from shared.pipeline.read_records import judge_of
from tests.unit.adapters.tabular.xlsx.workbooks import (
    HEADER,
    people,
    person,
    row,
    sheet,
    workbook,
)

NAMES = "employee_id,first_name,last_name,work_email,site_code"
ROW = "E1,Zoë,Lee,zoe@lincoln.example,010"
STAFF = staff_reading(StaffPolicy(), ())


def checked(text: str | bytes, reading: FeedReading = STAFF, *, whole: bool = True) -> HeaderCheck:
    content = text.encode() if isinstance(text, str) else text
    return check_start(ExtractReader(), reading, content, whole=whole)


def test_a_header_is_accepted_and_unknown_columns_are_named() -> None:
    found = checked(f"{NAMES},Birth Date\n{ROW},x\n")
    assert found.verdict is HeaderVerdict.ACCEPTED
    assert [heading.column for heading in found.accepted] == NAMES.split(",")
    assert [heading.written for heading in found.unknown] == ["Birth Date"]


def test_what_is_missing_is_named_with_its_spellings_and_what_may_be_meant() -> None:
    found = checked("employee_id,first_name,last_name,workemial,site_code\n1,2,3,4,5\n")
    assert found.verdict is HeaderVerdict.REFUSED
    assert found.refused is not None
    assert found.refused.code == "missing_header"
    assert [(c.name, words) for c, words in found.missing] == [("work_email", ("work_email",))]
    assert [(h.written, h.nearest) for h in found.unknown] == [("workemial", "work_email")]


def test_a_column_that_stands_twice_is_marked() -> None:
    found = checked(f"{NAMES},Work Email\n{ROW},x\n")
    assert found.refused is not None
    assert found.refused.code == "duplicate_header"
    assert [heading.written for heading in found.again] == ["Work Email"]


def test_the_header_is_found_below_a_title() -> None:
    found = checked(f"Staff of Lincoln\n\n{NAMES.replace('site_code', 'Site')}\n{ROW}\n")
    assert [column.name for column, _ in found.missing] == ["site_code"]


@pytest.mark.parametrize(
    ("text", "code", "delimiter", "encoding"),
    [
        (f"{NAMES}\n{ROW}\n".replace(",", ";").encode(), "delimiter_mismatch", ";", "utf-8"),
        (f"{NAMES}\n{ROW}\n".encode("utf-16"), "encoding_mismatch", ",", "utf-16"),
    ],
)
def test_another_delimiter_or_encoding_is_told(
    text: bytes, code: str, delimiter: str, encoding: str
) -> None:
    found = checked(text)
    assert found.refused is not None
    assert found.fits is not None
    assert found.refused.code == code
    assert (found.fits.dialect.delimiter, found.fits.dialect.encoding) == (delimiter, encoding)
    assert found.headings == ()


def test_another_profile_that_fits_is_told() -> None:
    found = checked(sample_file(staff_reading(StaffPolicy(profile=ProfileName.AERIES_STF), ())))
    assert found.fits is not None
    assert found.fits.best.profile is ProfileName.AERIES_STF


def test_the_beginning_is_judged_like_the_whole_wherever_it_is_cut() -> None:
    """Half of an umlaut at the end must not speak against the encoding."""
    content = f"{NAMES}\nE2,Ann,Lee,ann@lincoln.example,010\n{ROW}".encode()
    cut = content[: content.rindex("ë".encode()) + 1]
    assert checked(cut, whole=False).verdict is HeaderVerdict.ACCEPTED
    found = checked(cut.replace(b",", b";"), whole=False)
    assert found.fits is not None
    assert found.fits.dialect.encoding == "utf-8"


def test_the_last_row_of_a_whole_file_counts_without_a_line_end() -> None:
    found = checked(f"{NAMES}\n{ROW}".replace(",", ";"))
    assert found.fits is not None
    assert found.fits.dialect.delimiter == ";"


def test_a_workbook_is_judged_once_it_is_whole() -> None:
    content = workbook(people(row(2, *person(1))))
    assert checked(content[:400], whole=False).verdict is HeaderVerdict.LATER
    assert [h.column for h in checked(content).accepted] == list(HEADER)
    lacking = checked(workbook(sheet(row(1, *HEADER[:4], "Site"), row(2, *person(1)))))
    assert [column.name for column, _ in lacking.missing] == ["site_code"]
    assert [(h.written, h.nearest) for h in lacking.unknown] == [("Site", None)]


def test_a_long_document_is_judged_once_it_is_whole() -> None:
    reading = governed_reading(FEEDS["epa_waste"], FeedPolicy())
    content = json.dumps({"manifestTrackingNumber": "012345678ELC", "wastes": []}).encode()
    assert checked(content[:20], reading, whole=False).verdict is HeaderVerdict.LATER
    assert checked(content, reading).verdict is HeaderVerdict.ACCEPTED


def test_an_empty_file_is_refused() -> None:
    found = checked("")
    assert found.refused is not None
    assert found.refused.code == "empty"


def taken(reading: FeedReading, declared: Declared) -> Inspected:
    with spools(rows=True) as kept:
        source = partial(io.BytesIO, sample_file(reading))
        return inspect(ExtractReader(), source, declared, kept)


@pytest.mark.parametrize("profile", ProfileName)
def test_the_sample_of_each_profile_is_taken_whole(profile: ProfileName) -> None:
    staff = StaffPolicy(profile=profile, encoding="utf-16", delimiter="\t")
    reading = staff_reading(staff, ["job_class"])
    declared = Declared(dialect=reading.dialect, headers=reading.headers, staff=staff)
    found = taken(reading, declared)
    assert found.refused is None
    assert (found.counts.accepted, found.counts.rows_in) == (1, 1)
    assert not found.dropped


@pytest.mark.parametrize("name", FEEDS)
def test_the_sample_of_each_governed_feed_is_taken_without_a_warning(name: str) -> None:
    policy = FeedPolicy(date_format="%d.%m.%Y")
    reading = governed_reading(FEEDS[name], policy)
    judge = judge_of(FEEDS[name], policy, date(2026, 3, 10))
    with spools(rows=True) as kept:
        declared = Declared(dialect=reading.dialect, headers=reading.headers, governed=judge)
        source = partial(io.BytesIO, sample_file(reading))
        found = inspect(ExtractReader(), source, declared, kept)
        assert [row.warnings for row in found.accepted()] == [()]


def test_required_columns_come_first_and_the_districts_spelling_before_ours() -> None:
    columns = accepted_headers(staff_reading(StaffPolicy(headers={"site_code": ("Loc",)}), ()))
    required = [column.column.required for column in columns]
    assert required == sorted(required, reverse=True)
    site = next(each for each in columns if each.column.name == "site_code")
    assert site.spellings == ("Loc", "site_code")
    assert site.example == "010"
