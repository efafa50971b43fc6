"""Reads an extract by what it is: a ZIP is a workbook or refused, everything else is text."""

from shared.adapters.tabular.csv_reader import CsvReader
from shared.adapters.tabular.xlsx.reader import XlsxReader
from shared.domain.feeds.dictionary import HeaderDictionary
from shared.ports.reader import Dialect, OpenExtract, Source

_ZIP = b"PK\x03\x04"


class ExtractReader:
    """Opens extracts of every kind; the dialect is about text alone."""

    def __init__(self) -> None:
        """Nothing is open yet."""
        self._text, self._workbooks = CsvReader(), XlsxReader()

    def open(self, source: Source, dialect: Dialect, headers: HeaderDictionary) -> OpenExtract:
        """Look at the first bytes, then read the header (refusals: see the port)."""
        with source() as file:
            is_zip = file.read(len(_ZIP)) == _ZIP
        if is_zip:
            return self._workbooks.open(source, headers)
        return self._text.open(source, dialect, headers)
