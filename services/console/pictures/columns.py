"""Bars that stand side by side, one a run, the newest at the right; one that towers is broken."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from services.console.pictures.picture import Series, Shape, bar, canvas, element, mark

#: Pixels: of the bars, above them for a number, below them for a mark.
_HEIGHT, _ABOVE, _BELOW = 132.0, 16.0, 16.0
#: What is not nothing is seen.
_LEAST = 3.0
#: With fewer bars than this they don't get wider.
FEWEST = 12
#: A bar so many times higher than the next ones would flatten them.
_TOWERS = 6
#: Fewer bars have no usual height that one could tower over.
_ENOUGH = 5
#: How much of a bar's place it takes, in per cent of it.
_SHARE = 0.72


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One bar."""

    #: What a pointer on it reads.
    words: str
    #: From below.
    parts: Sequence[tuple[Series, int]] = ()
    limit: int | None = None
    shape: Shape | None = None

    @property
    def total(self) -> int:
        """Its height."""
        return sum(count for _, count in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The bars and the numbers at their side."""

    svg: Markup
    scale: Sequence[str]


def draw(id_: str, title: str, summary: str, columns: Sequence[Column]) -> Drawn:
    """Draw them."""
    top = ceiling(columns)
    places = max(len(columns), FEWEST)
    first = places - len(columns)
    step = 100 / places
    drawn = [
        element("g", element("title", column.words), *_column(id_, column, top, left, step))
        for left, column in ((step * (first + at), column) for at, column in enumerate(columns))
    ]
    used = [series for column in columns for series, count in column.parts if count]
    return Drawn(
        svg=canvas(
            id_, title, summary, *_grid(), *drawn, height=_ABOVE + _HEIGHT + _BELOW, series=used
        ),
        scale=[f"{top:,}", f"{top // 2:,}" if top % 2 == 0 else "", "0"],
    )


def ceiling(columns: Sequence[Column]) -> int:
    """The number at the top: round, above all bars but those that tower over the others, above limits."""
    heights = sorted((column.total for column in columns), reverse=True)
    limits = max((column.limit or 0 for column in columns), default=0)
    highest = max(heights[0] if heights else 0, limits)
    few = max(1, len(heights) // 10)
    for above, below in pairwise(heights[: few + 1] if len(heights) >= _ENOUGH else ()):
        under = max(below, limits)
        if under and above > _TOWERS * under:
            highest = under
    return _round_up(highest)


def _round_up(number: int) -> int:
    """1, 2, 4, 6, 10, 20, … at least as large."""
    if number <= 2:
        return 2
    unit = int(10 ** (len(str(number)) - 1))
    return next(n * unit for n in (1, 2, 4, 6, 8, 10) if n * unit >= number)


def _column(id_: str, column: Column, top: int, left: float, step: float) -> Iterator[Markup]:
    x, width = left + step * (1 - _SHARE) / 2, step * _SHARE
    full = max(top, column.total)  # one that towers fills the height
    below = _ABOVE + _HEIGHT
    for series, count in column.parts:
        if count:
            height = max(_LEAST, _HEIGHT * count / full)
            below -= height
            yield from bar(id_, series, x=x, width=width, y=below, height=height)
    if column.total > top:
        yield from _break(column.total, x, width)
    if column.limit is not None:
        y = _ABOVE + _HEIGHT * (1 - min(column.limit, top) / top)
        yield element(
            "line", x1=f"{left:.2f}%", x2=f"{left + step:.2f}%", y1=y, y2=y, class_="picture-limit"
        )
    if column.shape:
        yield mark(column.shape, x=x + width / 2, y=_ABOVE + _HEIGHT + _BELOW / 2)


def _break(total: int, x: float, width: float) -> Iterator[Markup]:
    """Two gaps in the bar, and its number above it."""
    for y in (_ABOVE + _HEIGHT / 2, _ABOVE + _HEIGHT / 2 + 7):
        yield element(
            "rect", x=f"{x:.2f}%", width=f"{width:.2f}%", y=y, height=3, class_="picture-gap"
        )
    middle = x + width / 2
    anchor = "start" if middle < 12 else "end" if middle > 88 else "middle"
    at = {"start": x, "end": x + width, "middle": middle}[anchor]
    yield element(
        "text", f"{total:,}", x=f"{at:.2f}%", y=_ABOVE - 4, text_anchor=anchor,
        class_="picture-number",
    )  # fmt: skip


def _grid() -> Iterator[Markup]:
    for share, name in ((0.0, "grid"), (0.5, "grid"), (1.0, "base")):
        y = _ABOVE + _HEIGHT * share
        yield element("line", x1=0, x2="100%", y1=y, y2=y, class_=f"picture-{name}")
