"""Workbooks written part by part, so that each part can be wrong; and what the reader makes of them."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from functools import partial
from html import escape

import pytest

from shared.adapters.tabular.reader import ExtractReader
from shared.adapters.tabular.xlsx.limits import Limits
from shared.adapters.tabular.xlsx.reader import XlsxReader
from shared.domain.errors import InputInvalid
from shared.domain.feeds.dictionary import HeaderDictionary
from shared.domain.feeds.staff import header_dictionary
from shared.domain.violation import RULES
from shared.ports.reader import BlankRecord, DamagedRecord, Dialect, OpenExtract, SoundRecord

HEADER = ("employee_id", "first_name", "last_name", "work_email", "site_code")
Record = SoundRecord | DamagedRecord | BlankRecord
Parts = dict[str, str]

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


class Xml(str):
    """A cell as it stands in the sheet; its place is put in for `@`."""

    __slots__ = ()


def person(number: int) -> tuple[str, ...]:
    """The cells of a sound row under the header above."""
    return (f"E{number}", f"Ann{number}", "Lee", f"ann{number}@lincoln.example", "010")


def number(value: object, style: int = 0) -> Xml:
    """A cell with a number, as text or not."""
    return Xml(f'<c r="@" s="{style}"><v>{value}</v></c>')


def typed(kind: str, value: object) -> Xml:
    """A cell of another type."""
    return Xml(f'<c r="@" t="{kind}"><v>{value}</v></c>')


def row(at: int, *cells: str, attributes: str = "") -> str:
    """A row of the sheet; text becomes inline strings, empty text no cell at all."""
    written = (
        cell.replace("@", f"{column_name(column)}{at}")
        if isinstance(cell, Xml)
        else f'<c r="{column_name(column)}{at}" t="inlineStr"><is>'
        f'<t xml:space="preserve">{escape(cell, quote=False)}</t></is></c>'
        for column, cell in enumerate(cells)
        if cell
    )
    return f'<row r="{at}" {attributes}>{"".join(written)}</row>'


def column_name(index: int) -> str:
    """`A` for 0, `AA` for 26."""
    name = ""
    while index >= 0:
        name, index = chr(65 + index % 26) + name, index // 26 - 1
    return name


def sheet(*rows: str, before: str = "", after: str = "") -> str:
    """A sheet of these rows; ``before`` and ``after`` stand around them."""
    data = f"<sheetData>{''.join(rows)}</sheetData>"
    return f'<worksheet xmlns="{MAIN}">{before}{data}{after}</worksheet>'


def people(*rows: str, before: str = "", after: str = "") -> str:
    """A sheet with the header in row 1 and these rows."""
    return sheet(row(1, *HEADER), *rows, before=before, after=after)


def styles(*codes: str | int) -> str:
    """Styles 0, 1, … with these number formats: a code, or the number of a built-in one."""
    custom = "".join(
        f'<numFmt numFmtId="{200 + at}" formatCode="{escape(code)}"/>'
        for at, code in enumerate(codes)
        if isinstance(code, str)
    )
    used = "".join(
        f'<xf numFmtId="{200 + at if isinstance(code, str) else code}"/>'
        for at, code in enumerate(codes)
    )
    return (
        f'<styleSheet xmlns="{MAIN}"><numFmts>{custom}</numFmts>'
        f'<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>{used}</cellXfs></styleSheet>'
    )


def strings(*items: str) -> str:
    """Shared strings; each is what stands inside `si`."""
    return f'<sst xmlns="{MAIN}">{"".join(f"<si>{item}</si>" for item in items)}</sst>'


def parts(
    *sheets: str,
    states: Iterable[str] = (),
    properties: str = "",
    workbook_type: str = _WORKBOOK,
    **more: str,
) -> Parts:
    """The parts of a workbook; ``more`` are `styles` and `strings`."""
    names = [f"sheet{at}" for at in range(1, len(sheets) + 1)]
    shown = dict(zip(names, states, strict=False))
    listed = "".join(
        f'<sheet name="{name}" sheetId="{at}" r:id="{name}" state="{shown.get(name, "visible")}"/>'
        for at, name in enumerate(names)
    )
    relations = [(name, "worksheet", f"worksheets/{name}.xml") for name in names]
    relations += [(name, _KINDS[name], f"{name}.xml") for name in more]
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{workbook_type}"/></Types>',
        "_rels/.rels": related(("rId1", "officeDocument", "xl/workbook.xml")),
        "xl/_rels/workbook.xml.rels": related(*relations),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}">'
        f"<workbookPr {properties}/><sheets>{listed}</sheets></workbook>",
        **{f"xl/worksheets/{name}.xml": text for name, text in zip(names, sheets, strict=True)},
        **{f"xl/{name}.xml": text for name, text in more.items()},
    }


_KINDS = {"styles": "styles", "strings": "sharedStrings"}


def related(*relations: tuple[str, str, str], mode: str = "Internal") -> str:
    """A list of relations: id, kind, target."""
    listed = "".join(
        f'<Relationship Id="{name}" Type="{_OFFICE}/{kind}" Target="{target}" TargetMode="{mode}"/>'
        for name, kind, target in relations
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def zipped(contents: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """These parts in a ZIP."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return file.getvalue()


def workbook(*sheets: str, **more: str) -> bytes:
    """A sound workbook of these sheets."""
    return zipped(parts(*sheets, **more))


def opened(
    data: bytes, headers: HeaderDictionary | None = None, limits: Limits | None = None
) -> OpenExtract:
    """The extract; with ``limits`` past the choice by first bytes."""
    source, headers = partial(io.BytesIO, data), headers or header_dictionary([], {})
    if limits is not None:
        return XlsxReader(limits).open(source, headers)
    return ExtractReader().open(source, Dialect(), headers)


def read(data: bytes, headers: HeaderDictionary | None = None) -> list[Record]:
    """All records."""
    return list(opened(data, headers).records())


def refusal(
    data: bytes, limits: Limits | None = None, headers: HeaderDictionary | None = None
) -> InputInvalid:
    """Why the file is refused."""
    with pytest.raises(InputInvalid) as caught:
        list(opened(data, headers, limits).records())
    assert RULES[caught.value.code].refuses_file
    assert "Nothing was planned" in str(caught.value)
    return caught.value


def violations(records: Iterable[Record]) -> list[tuple[int, str, str | None]]:
    """Line, code and column of everything that is wrong."""
    return [
        (record.line, violation.code, violation.column)
        for record in records
        if isinstance(record, DamagedRecord)
        for violation in record.violations
    ]


def values(records: Iterable[Record], column: str) -> list[str]:
    """What the sound records hold in a column."""
    return [r.values[column] for r in records if isinstance(r, SoundRecord)]
