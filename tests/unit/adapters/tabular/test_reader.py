"""Which reader opens a file is decided by its first bytes, not by its name or what is declared."""

import io
from dataclasses import replace
from functools import partial

import pytest

from shared.adapters.tabular.reader import ExtractReader
from shared.domain.errors import InputInvalid
from shared.domain.feeds.dictionary import Column, HeaderDictionary
from shared.domain.feeds.staff import header_dictionary
from shared.ports.reader import Dialect, OpenExtract, SoundRecord
from tests.unit.adapters.tabular import extracts
from tests.unit.adapters.tabular.documents.documents import FEED
from tests.unit.adapters.tabular.xlsx.workbooks import people, person, row, sheet, workbook

BOOK = workbook(people(row(2, *person(1))))


def opened(data: bytes, dialect: Dialect) -> OpenExtract:
    return ExtractReader().open(partial(io.BytesIO, data), dialect, header_dictionary([], {}))


@pytest.mark.parametrize("dialect", [Dialect(), Dialect(encoding="utf-16", delimiter=";")])
def test_what_is_declared_for_text_says_nothing_of_workbooks(dialect: Dialect) -> None:
    (record,) = opened(BOOK, dialect).records()
    assert isinstance(record, SoundRecord)
    assert list(record.values.values()) == list(person(1))


def test_everything_else_is_text() -> None:
    extract = opened(extracts.lines(extracts.person(1)).encode(), Dialect())
    assert len(list(extract.records())) == 1
    assert not extract.hidden


@pytest.mark.parametrize("data", [b"PK\5\6" + bytes(18), b"\xd0\xcf\x11\xe0" + BOOK, b"P", b"PK\3"])
def test_what_only_begins_like_a_workbook_is_refused(data: bytes) -> None:
    with pytest.raises(InputInvalid):
        opened(data, Dialect())


def test_an_encrypted_workbook_is_known_by_its_first_bytes() -> None:
    with pytest.raises(InputInvalid, match="password") as caught:
        opened(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), Dialect())
    assert caught.value.code == "not_text"


@pytest.mark.parametrize("data", [b'{"a":1}', b"\xef\xbb\xbf\n [\r\n{}]", b"[]", b"[[{}", b"{ }"])
@pytest.mark.parametrize("dialect", [Dialect(), Dialect(feed=replace(FEED, document=None))])
def test_documents_are_refused_where_no_feed_declares_them(data: bytes, dialect: Dialect) -> None:
    with pytest.raises(InputInvalid, match="JSON documents") as caught:
        opened(data, dialect)
    assert caught.value.code == "not_text"


def test_a_header_in_brackets_is_no_document() -> None:
    header = extracts.HEADER.replace("employee_id", "[employee_id]")
    extract = opened(f"{header}\n{extracts.person(1)}\n".encode(), Dialect())
    assert len(list(extract.records())) == 1


def test_a_feed_that_declares_documents_is_read_from_tables_too() -> None:
    headers = HeaderDictionary([Column(name="number", meaning="", required=True)])
    for data in (b"number\nA\n", workbook(sheet(row(1, "number"), row(2, "A")))):
        extract = ExtractReader().open(partial(io.BytesIO, data), Dialect(feed=FEED), headers)
        (record,) = extract.records()
        assert isinstance(record, SoundRecord)
        assert record.values == {"number": "A"}
