"""What a usual extract of a feed looks like: the median of the last good ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low

#: So many good extracts are looked back at.
LOOK_BACK = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractSize:
    """How large an extract is."""

    rows: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractFigures:
    """What gates look at of an extract."""

    size: ExtractSize = ExtractSize(rows=0, size_bytes=0)
    quarantined: int = 0
    #: None without a baseline: no good extract yet, or a delta, whose size says nothing.
    usual: ExtractSize | None = None


def usual_size(good: Sequence[ExtractSize]) -> ExtractSize | None:
    """The median of rows and that of bytes; None if there was no good extract yet."""
    if not good:
        return None
    return ExtractSize(
        rows=median_low(each.rows for each in good),
        size_bytes=median_low(each.size_bytes for each in good),
    )
