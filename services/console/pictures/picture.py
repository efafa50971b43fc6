"""What every picture is made of: markup that is escaped, a legend, a table with the same numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from markupsafe import Markup, escape


class Series(StrEnum):
    """What a part of a bar counts; also the class that gives it its colour."""

    CHANGED = "changed"
    ADDED = "added"
    GROUPS = "groups"
    REMOVED = "removed"
    HELD = "held"  # would be removed, over the limit
    ROWS = "rows"
    LEFT_OUT = "left-out"
    WORK = "work"


#: The pattern that is laid over a series; the others are plain.
PATTERNS = {
    Series.ADDED: "rungs", Series.GROUPS: "dots", Series.REMOVED: "hatch", Series.HELD: "hatch",
    Series.LEFT_OUT: "hatch",
}  # fmt: skip


class Shape(StrEnum):
    """A mark under a bar."""

    CROSS = "cross"  # came to nothing
    DIAMOND = "diamond"  # waits for somebody
    DOT = "dot"  # nothing to do


_PATHS = {
    Shape.CROSS: "M-3.5 -3.5L3.5 3.5M3.5 -3.5L-3.5 3.5",
    Shape.DIAMOND: "M0 -4.5L4.5 0L0 4.5L-4.5 0Z",
    Shape.DOT: "M-1.5 0A1.5 1.5 0 1 0 1.5 0A1.5 1.5 0 1 0 -1.5 0Z",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table; numbers stand to the right."""

    text: str
    href: str = ""

    @property
    def is_number(self) -> bool:
        """Whether it is one."""
        return self.text.replace(",", "").isdecimal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The same as a table; the first cell of a row is its heading."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A swatch and its words."""

    swatch: Markup
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BarRow:
    """A bar that lies, under its name; for names that are long, or that lead somewhere."""

    name: str
    number: str
    bar: Markup
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What the template part `picture` shows."""

    #: Unlike any other on its page.
    id: str
    title: str
    #: The picture in a sentence.
    summary: str
    table: Table
    #: None where there is nothing to draw: the sentence says so.
    svg: Markup | None = None
    legend: Sequence[LegendEntry] = ()
    #: Along the height, from above.
    scale: Sequence[str] = ()
    #: Along the width: the first and the last.
    ends: Sequence[str] = ()
    #: Instead of `svg`.
    rows: Sequence[BarRow] = ()


def element(tag: str, *children: Markup | str, **attributes: object) -> Markup:
    """An element; everything in it is escaped. `class_` and `stroke_width` lose their underscores."""
    told = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(_plain(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    inner = Markup("").join(children)
    return Markup(f"<{tag}{told}>{inner}</{tag}>")  # noqa: S704  # escaped above


def canvas(
    id_: str, title: str, summary: str, *children: Markup, height: float, series: Sequence[Series]
) -> Markup:
    """A whole picture with its name, its sentence and the patterns it needs."""
    return element(
        "svg",
        element("title", title, id=f"{id_}-title"),
        element("desc", summary, id=f"{id_}-desc"),
        _patterns(id_, series),
        *children,
        role="img", aria_labelledby=f"{id_}-title", aria_describedby=f"{id_}-desc",
        width="100%", height=height, class_="picture-canvas",
    )  # fmt: skip


def bar(
    id_: str, series: Series, *, x: float, width: float, y: float, height: float
) -> list[Markup]:
    """A part of a bar: its colour, and its pattern over it. Across in per cent, along in pixels."""
    place = {
        "x": f"{_plain(x)}%",
        "y": y,
        "width": f"{_plain(width)}%",
        "height": height,
    }
    drawn = [element("rect", class_=f"picture-{series}", **place)]
    if pattern := PATTERNS.get(series):
        drawn.append(element("rect", fill=f"url(#{id_}-{pattern})", **place))
    return drawn


def mark(shape: Shape, *, x: float, y: float) -> Markup:
    """A small shape that keeps its size; `x` in per cent."""
    path = element("path", d=_PATHS[shape], class_=f"picture-{shape}")
    return element("svg", path, x=f"{_plain(x)}%", y=y, overflow="visible", width=1, height=1)


def legend(id_: str, series: Series, words: str) -> LegendEntry:
    """A swatch of a series."""
    ref = f"{id_}-{series}"
    drawn = bar(ref, series, x=0, width=100, y=0, height=12)
    return LegendEntry(_swatch(_patterns(ref, [series]), *drawn), words)


def shape_legend(shape: Shape, words: str) -> LegendEntry:
    """A shape and what it means."""
    return LegendEntry(_swatch(mark(shape, x=50, y=6)), words)


def limit_legend(words: str) -> LegendEntry:
    """The line of a limit."""
    line = element("line", x1=0, x2="100%", y1=6, y2=6, class_="picture-limit")
    return LegendEntry(_swatch(line), words)


def cut_legend(words: str) -> LegendEntry:
    """The dashes where time was left out."""
    line = element("line", x1=6, x2=6, y1=0, y2="100%", class_="picture-cut")
    return LegendEntry(_swatch(line), words)


def _swatch(*drawn: Markup) -> Markup:
    return element(
        "svg", *drawn, width=12, height=12, class_="picture-swatch", aria_hidden="true",
        focusable="false",
    )  # fmt: skip


def _patterns(id_: str, series: Sequence[Series]) -> Markup:
    """Lines and dots in the colour of the ground, to be laid over a colour."""
    names = dict.fromkeys(PATTERNS[each] for each in series if each in PATTERNS)
    drawn = [_PATTERN[name](f"{id_}-{name}") for name in names]
    return element("defs", *drawn) if drawn else Markup("")


def _lines(id_: str, *, turned: int, apart: int) -> Markup:
    line = element("line", x1=0, x2=apart, y1=0, y2=0, class_="picture-pattern")
    return element(
        "pattern", line, id=id_, width=apart, height=apart, patternUnits="userSpaceOnUse",
        patternTransform=f"rotate({turned})",
    )  # fmt: skip


def _dots(id_: str) -> Markup:
    dot = element("circle", cx=2, cy=2, r=1, class_="picture-pattern-dot")
    return element("pattern", dot, id=id_, width=4, height=4, patternUnits="userSpaceOnUse")


_PATTERN = {
    "hatch": lambda id_: _lines(id_, turned=45, apart=5),
    "rungs": lambda id_: _lines(id_, turned=0, apart=4),
    "dots": _dots,
}


def _plain(value: object) -> object:
    """Numbers short: two places are less than a pixel."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
