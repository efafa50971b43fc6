"""The styles of a workbook, of which only the number format of each counts."""

from shared.adapters.tabular.xlsx.container import Container
from shared.adapters.tabular.xlsx.formats import NumberFormat, built_in, parsed
from shared.adapters.tabular.xlsx.limits import damaged
from shared.adapters.tabular.xlsx.markup import SPREADSHEET, Attributes, Element, Markup


def number_formats(container: Container, part: str) -> list[NumberFormat]:
    """The number format of each style that cells name by its index."""
    custom: dict[int, NumberFormat] = {}
    used: list[int] = []

    def define(attributes: Attributes) -> None:
        custom[_number(attributes.get("numFmtId"))] = parsed(attributes.get("formatCode", ""))

    def use(attributes: Attributes) -> None:
        used.append(_number(attributes.get("numFmtId", "0")))

    markup = Markup(
        "the list of styles",
        SPREADSHEET,
        {
            "styleSheet/numFmts/numFmt": Element(define),
            "styleSheet/cellXfs/xf": Element(use),
        },
    )
    for _ in markup.read(container.small(part)):
        pass
    return [custom.get(number) or built_in(number) for number in used]


def _number(text: str | None) -> int:
    if text is None or not text.isdecimal() or len(text) > 9:
        raise damaged("a style has no number")
    return int(text)
