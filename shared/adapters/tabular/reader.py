"""Reads an extract by what it is: a ZIP is a workbook or refused, JSON a feed's documents, the rest text."""

import re

from shared.adapters.tabular.csv_reader import CsvReader
from shared.adapters.tabular.documents.reader import JsonReader
from shared.adapters.tabular.xlsx.reader import XlsxReader
from shared.domain.errors import InputInvalid
from shared.domain.feeds.dictionary import HeaderDictionary
from shared.ports.reader import Dialect, OpenExtract, Source

_ZIP = b"PK\x03\x04"
#: How much is looked at: blank lines may stand before a document.
_START_BYTES = 4096
_DOCUMENTS = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*[\[{]")
#: No header begins so. (`[id],[name]` is one.)
_SURELY_DOCUMENTS = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\[\s*)*(?:\{\s*[\"}]|\[\s*\])")


class ExtractReader:
    """Opens extracts of every kind; encoding, delimiter and quote of the dialect are about text alone."""

    def __init__(self) -> None:
        """Nothing is open yet."""
        self._text, self._workbooks, self._documents = CsvReader(), XlsxReader(), JsonReader()

    def open(self, source: Source, dialect: Dialect, headers: HeaderDictionary) -> OpenExtract:
        """Look at the first bytes, then read the header (refusals: see the port)."""
        start = _start(source)
        if start.startswith(_ZIP):
            return self._workbooks.open(source, headers)
        feed = dialect.feed
        if feed is not None and feed.document is not None and _DOCUMENTS.match(start):
            return self._documents.open(source, feed, feed.document, dialect.date_format)
        if _SURELY_DOCUMENTS.match(start):
            raise InputInvalid(
                "The file holds JSON documents, and this feed takes tables alone. Save it as CSV or"
                " XLSX, or name the feed it belongs to. Nothing was planned.",
                code="not_text",
            )
        return self._text.open(source, dialect, headers)

    def headings(
        self, source: Source, dialect: Dialect, headers: HeaderDictionary
    ) -> tuple[str, ...]:
        """Look at the first bytes, then at the first lines (see the port)."""
        start = _start(source)
        if start.startswith(_ZIP):
            return self._workbooks.headings(source, headers)
        taken = dialect.feed is not None and dialect.feed.document is not None
        if _SURELY_DOCUMENTS.match(start) or (taken and _DOCUMENTS.match(start)):
            return ()
        return self._text.headings(source, dialect, headers)


def _start(source: Source) -> bytes:
    with source() as file:
        return file.read(_START_BYTES)
