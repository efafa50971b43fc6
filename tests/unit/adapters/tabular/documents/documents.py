"""Small files of JSON documents, and what the reader makes of them."""

import io
import json
from collections.abc import Iterable
from datetime import date
from functools import partial
from typing import Any

from shared.adapters.tabular.reader import ExtractReader
from shared.domain.feeds.dictionary import HeaderDictionary
from shared.domain.feeds.feed import Classification, Document, Feed, Field, FieldKind
from shared.ports.reader import BlankRecord, DamagedRecord, Dialect, OpenExtract, SoundRecord

FIELDS = (
    Field(name="number", meaning="", required=True),
    Field(name="line", meaning="", kind=FieldKind.INTEGER, required=True),
    Field(name="note", meaning=""),
    Field(name="amount", meaning="", kind=FieldKind.DECIMAL),
    Field(name="sent_on", meaning="", kind=FieldKind.DATE),
    Field(name="is_hot", meaning="", kind=FieldKind.BOOLEAN),
    Field(name="codes", meaning="", kind=FieldKind.LIST),
    Field(name="carriers", meaning="", kind=FieldKind.LIST, repeats=True),
    Field(name="signed_on", meaning="", kind=FieldKind.LIST, items=FieldKind.DATE, repeats=True),
)
DOCUMENT = Document(
    each="lines",
    ordered={"carriers": "order"},
    paths={
        "number": ("number",),
        "line": ("lines[].line",),
        "note": ("lines[].note",),
        "amount": ("lines[].amount.value", "lines[].amount"),
        "sent_on": ("sent", "signed[].on"),
        "is_hot": ("lines[].hot",),
        "codes": ("lines[].codes[].code", "lines[].codes[]"),
        "carriers": ("carriers[].id",),
        "signed_on": ("carriers[].signed[].on", "carriers[].paper"),
    },
)
FEED = Feed(
    name="lines", title="", classification=Classification.EPA_WASTE, fields=FIELDS,
    source_id=("number", "line"), rules=(), retention_days=1, document=DOCUMENT,
)  # fmt: skip
TODAY = date(2026, 11, 2)
Record = SoundRecord | DamagedRecord | BlankRecord


def opened(content: str | bytes, *, date_format: str | None = None) -> OpenExtract:
    """A file with this content."""
    data = content.encode() if isinstance(content, str) else content
    dialect = Dialect(feed=FEED, date_format=date_format)
    return ExtractReader().open(partial(io.BytesIO, data), dialect, HeaderDictionary(()))


def read(content: str | bytes) -> list[Record]:
    """All records of a file with this content."""
    return list(opened(content).records())


def one(document: dict[str, Any], **options: Any) -> dict[str, str]:
    """The filled cells of the one record of a document."""
    (record,) = opened(json.dumps(document), **options).records()
    assert isinstance(record, SoundRecord), record
    return {name: text for name, text in record.values.items() if text}


def numbers(records: Iterable[Record]) -> list[str]:
    """What was read: the number of each sound record, the code of each damaged one."""
    return [
        r.values["number"] if isinstance(r, SoundRecord) else r.violations[0].code
        for r in records
        if not isinstance(r, BlankRecord)
    ]


def misfit(document: Any) -> str:
    """The detail of the one violation of a document that isn't built as declared."""
    (record,) = read(json.dumps(document))
    assert isinstance(record, DamagedRecord)
    (violation,) = record.violations
    assert violation.code == "document_shape"
    return violation.detail
