"""A workbook: its sheets, and which one of them is read."""

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass

from shared.adapters.tabular.xlsx.cells import Cells
from shared.adapters.tabular.xlsx.container import Container
from shared.adapters.tabular.xlsx.formats import NumberFormat
from shared.adapters.tabular.xlsx.limits import Limits, damaged, too_large, unsafe
from shared.adapters.tabular.xlsx.markup import SPREADSHEET, Attributes, Element, Markup
from shared.adapters.tabular.xlsx.package import Relation, relations, workbook_part
from shared.adapters.tabular.xlsx.sheet import Merge, Row, Sheet
from shared.adapters.tabular.xlsx.strings import shared_strings
from shared.adapters.tabular.xlsx.styles import number_formats
from shared.domain.errors import InputInvalid


@dataclass(frozen=True, slots=True)
class Survey:
    """What a sheet has, before any row of it is used."""

    part: str
    merges: tuple[Merge, ...]
    hidden_columns: frozenset[int]
    #: Rows with content, and how many of them are hidden.
    filled: int
    hidden_rows: int


class Workbook:
    """An XLSX file that is sound so far."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        """Read everything but the sheets.

        Raises:
            InputInvalid: with one of the codes that refuse a file.
        """
        self._limits = limits
        self._container = Container(data, limits)
        part = workbook_part(self._container)
        self._relations = relations(self._container, part)
        self._listed: list[Attributes] = []
        self._from_1904 = False
        self._read(part)
        self._cells = Cells(self._strings(), self._formats(), self._from_1904)

    @property
    def hidden_sheets(self) -> int:
        """Sheets that are not shown, so not read."""
        return sum(not _is_visible(sheet) for sheet in self._listed)

    def data_sheet(self) -> Survey:
        """The one visible sheet that has content, read through once.

        Raises:
            InputInvalid: there is none (`empty`) or more than one (`several_sheets`), or it is not
                sound.
        """
        surveys = [self._survey(part) for part in self._visible()]
        found = [survey for survey in surveys if survey.filled]
        if not found:
            raise InputInvalid(
                "The workbook has no visible sheet with content. Hidden sheets are not read."
                " Export again and look at it. Nothing was planned.",
                code="empty",
            )
        if len(found) > 1:
            raise InputInvalid(
                f"{len(found)} visible sheets have content, and nothing says which one is meant. Save"
                " the right one alone, or hide the others. Nothing was planned.",
                code="several_sheets",
            )
        return found[0]

    def rows(self, part: str) -> Generator[Row, None, None]:
        """The rows of a sheet, streaming."""
        return Sheet(self._cells, self._limits).rows(self._container.chunks(part))

    def _read(self, part: str) -> None:
        def properties(attributes: Attributes) -> None:
            self._from_1904 = attributes.get("date1904") in ("1", "true", "on")

        markup = Markup(
            "the list of sheets",
            SPREADSHEET,
            {
                "workbook/workbookPr": Element(properties),
                "workbook/sheets/sheet": Element(self._listed.append),
            },
        )
        for _ in markup.read(self._container.small(part)):
            if len(self._listed) > self._limits.sheets:
                raise too_large("its sheets", self._limits.sheets)

    def _strings(self) -> list[str]:
        part = self._part("sharedStrings")
        if part is None:  # every text stands in its cell
            return []
        return shared_strings(self._container.chunks(part), self._limits)

    def _formats(self) -> list[NumberFormat]:
        part = self._part("styles")
        return number_formats(self._container, part) if part else []

    def _part(self, kind: str) -> str | None:
        """The part that the workbook has of a kind it needs once."""
        found = [relation for relation in self._relations.values() if relation.kind == kind]
        if len(found) > 1:
            raise damaged("it has two lists of the same kind")
        return _inside(found[0]) if found else None

    def _visible(self) -> Iterator[str]:
        """The parts of the sheets that are shown and have cells (charts have none)."""
        for sheet in filter(_is_visible, self._listed):
            relation = self._relations.get(_relation_id(sheet))
            if relation is None:
                raise damaged("it lists a sheet that is not there")
            if relation.kind == "worksheet":
                yield _inside(relation)

    def _survey(self, part: str) -> Survey:
        sheet = Sheet(self._cells, self._limits)
        filled = hidden = 0
        with closing(sheet.rows(self._container.chunks(part))) as rows:
            for row in rows:
                if not row.blank:
                    filled += 1
                    hidden += row.hidden
        return Survey(part, tuple(sheet.merges), frozenset(sheet.hidden_columns), filled, hidden)


def _is_visible(sheet: Attributes) -> bool:
    return sheet.get("state", "visible") == "visible"


def _relation_id(sheet: Attributes) -> str:
    """The value of `r:id`, whichever of the two namespaces it is in."""
    return next((value for name, value in sheet.items() if name.endswith("/relationships id")), "")


def _inside(relation: Relation) -> str:
    if relation.external:
        raise unsafe("a part of it is in another file")
    return relation.target
