"""Which profile a file fits, in whatever delimiter and encoding it is written."""

import io
from functools import partial

import pytest

from shared.adapters.tabular.reader import ExtractReader
from shared.domain.errors import InputInvalid
from shared.domain.feeds.profiles import ProfileName
from shared.pipeline.detect import Detected, detect
from tests.fakes import profile_extracts as story

NAMES = "employee_id,first_name,last_name,work_email,site_code"
ROW = "E1,Zoë,Lee,zoe@lincoln.example,010"


def detected(text: str | bytes, encoding: str = "utf-8") -> Detected:
    """What is said of a file with this content."""
    content = text.encode(encoding) if isinstance(text, str) else text
    return detect(ExtractReader(), partial(io.BytesIO, content))


@pytest.mark.parametrize("profile", ProfileName)
def test_the_extract_of_each_system_is_known(profile: ProfileName) -> None:
    found = detected(story.extract(profile))
    assert found.best.profile == profile
    assert found.best.fits
    assert {fit.profile for fit in found.fits} == {*ProfileName}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found(encoding: str, delimiter: str) -> None:
    """A header of plain letters says nothing of the encoding; the rows do."""
    text = f"{NAMES}\n{ROW}\n".replace(",", delimiter)
    found = detected(text, encoding)
    assert found.best.fits
    expected = encoding.removesuffix("-sig")
    assert (found.dialect.encoding, found.dialect.delimiter) == (expected, delimiter)


def test_one_letter_in_300_rows_speaks_for_the_encoding() -> None:
    """Too few for the reader to refuse the file, so that nothing else would."""
    rows = [f"E{n},Ann,Lee,ann{n}@lincoln.example,010" for n in range(2, 301)]
    found = detected("\n".join([NAMES, *rows, ROW, ""]), "cp1252")
    assert found.dialect.encoding == "cp1252"


def test_notes_may_stand_above_the_header() -> None:
    assert detected(f"Staff of Lincoln\n\n{NAMES}\n{ROW}\n").best.fits


def test_what_is_missing_and_what_nobody_knows_is_named() -> None:
    found = detected(f"{NAMES.replace('site_code', 'Campus')},Shoe Size\n{ROW},42\n")
    assert not found.best.fits
    assert found.best.missing == {"site_code"}
    assert found.best.profile is ProfileName.CANONICAL
    assert found.best.unknown == ("Campus", "Shoe Size")


def test_one_missing_column_is_nearer_than_three() -> None:
    content = story.extract(ProfileName.ESCAPE).replace(b"PersonTypeId", b"Kind", 1)
    best = detected(content).best
    assert best.profile is ProfileName.ESCAPE
    assert best.missing == {"person_type"}


def test_two_headers_for_one_column_are_said_of_the_profile_that_they_concern() -> None:
    found = detected(f"{NAMES},EM\n{ROW},zoe@lincoln.example\n")
    assert found.best.profile is ProfileName.CANONICAL
    (aeries,) = [fit for fit in found.fits if fit.profile is ProfileName.AERIES_STF]
    assert not aeries.fits
    assert "'EM' twice" in aeries.ambiguous


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04nonsense"])
def test_what_can_not_be_read_at_all_is_refused(content: bytes) -> None:
    with pytest.raises(InputInvalid):
        detected(content)
