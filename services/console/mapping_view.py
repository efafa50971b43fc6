"""The mapping page's content: unmapped values with what they may mean, and what somebody chose for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.console.forms import Fault, Sent
from shared.domain.mapping_choices import Choice, meanings
from shared.domain.mapping_coverage import Part, PartCoverage
from shared.domain.mapping_suggest import Scored, Suggestion
from shared.pipeline.look_at_mapping import MappingView, suggestions

#: Unmapped values on a page, values of a part that are shown at once, and words in all lists to choose from.
ROWS, VALUES, _WORDS = 25, 12, 600
#: The pick that says: leave it as it is.
LEAVE = "leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An unmapped value."""

    number: int
    found: Suggestion
    #: The list that its meaning is chosen from.
    list_id: str
    picked: str
    other: str = ""

    @property
    def offers(self) -> Sequence[Scored]:
        """What it may mean, the likeliest first."""
        return [each for each in (self.found.best, self.found.runner_up) if each]


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingPage:
    """What the page shows."""

    view: MappingView
    rows: Sequence[Row]
    #: Number of the first row, from 0.
    first: int
    #: Values that can be given a meaning; those of time zones can't.
    total: int
    #: Id of a list → words to choose from.
    lists: Mapping[str, Sequence[str]]
    #: Names of lists that are too long to show whole.
    cut: Sequence[str]
    found: Sequence[Fault] = field(default=())

    @property
    def rows_unmapped(self) -> int:
        """Rows that hang on unmapped values."""
        return sum(use.rows for part in self.parts for use in part.unmapped)

    @property
    def parts(self) -> Sequence[PartCoverage]:
        """Columns and what becomes of their values."""
        return self.view.coverage.parts if self.view.coverage else ()

    @property
    def percent(self) -> str:
        """Share of all values of rows that is mapped, never rounded up to 100."""
        rows = sum(part.rows for part in self.parts)
        return f"{int(1000 * (rows - self.rows_unmapped) / rows) / 10:g}" if rows else "100"

    @property
    def gone(self) -> int:
        """What the mapping names and ASCIP doesn't have any more."""
        return sum(each.lost for each in self.view.drift)


def mapping_page(
    view: MappingView, *, first: int = 0, sent: Sent | None = None, found: Sequence[Fault] = ()
) -> MappingPage:
    """The page from its ``first`` row on; with what was ``sent`` and can't be taken as it is."""
    here = suggestions(view, first=first, most=ROWS)
    rows = [_row(number, each, sent) for number, each in enumerate(here, start=first + 1)]
    lists, cut = _lists(view, rows)
    zones = sum(len(part.unmapped) for part in _zones(view))
    return MappingPage(
        view=view, rows=rows, first=first, total=view.unmapped - zones, lists=lists, cut=cut,
        found=found,
    )  # fmt: skip


def _zones(view: MappingView) -> Sequence[PartCoverage]:
    parts = view.coverage.parts if view.coverage else ()
    return [part for part in parts if part.part is Part.TIMEZONE]


def _row(number: int, found: Suggestion, sent: Sent | None) -> Row:
    picked = pick_of(found.best) if found.preselected and found.best else LEAVE
    other = ""
    if sent is not None and sent.one(f"value-{number}") == found.value:
        picked, other = sent.one(f"pick-{number}") or LEAVE, sent.one(f"other-{number}")
    return Row(
        number=number, found=found, list_id=_list_id(found.part, found.bucket), picked=picked,
        other=other,
    )  # fmt: skip


def pick_of(offer: Scored) -> str:
    """An offer as a form sends it: in brackets it is an id, whatever is called so."""
    return f"({offer.meaning.id})"


def _list_id(part: Part, bucket: str | None) -> str:
    """An id holds no blanks, and the name of a bucket may."""
    return f"of-{part.value}" + (f"-{bucket.encode().hex()[:40]}" if bucket else "")


def _lists(
    view: MappingView, rows: Sequence[Row]
) -> tuple[dict[str, Sequence[str]], Sequence[str]]:
    wanted = {row.list_id: (row.found.part, row.found.bucket) for row in rows}
    most = _WORDS // max(1, len(wanted))
    made: dict[str, Sequence[str]] = {}
    cut = []
    for list_id, (part, bucket) in wanted.items():
        assert view.known is not None  # noqa: S101  # there are suggestions
        known = meanings(part, bucket, view.mapping, view.known.reference)
        words = sorted(f"{name} ({id_})" for id_, name in known.items())
        made[list_id] = words[:most]
        if len(words) > most:
            cut.append(bucket or part.value)
    return made, cut


def choices_of(sent: Sent) -> dict[int, Choice]:
    """What somebody chose: typed words count, else the picked meaning; with `only` of one row alone.

    Raises:
        ValueError: the form holds what it can't hold.
    """
    only = sent.one("only")
    numbers = sorted(
        int(name.removeprefix("value-")) for name in sent.fields if name.startswith("value-")
    )
    made: dict[int, Choice] = {}
    for number in numbers:
        picked = sent.one(f"pick-{number}")
        meaning = sent.one(f"other-{number}") or ("" if picked == LEAVE else picked)
        if meaning and (not only or int(only) == number):
            made[number] = Choice(
                part=Part(sent.one(f"part-{number}")), bucket=sent.one(f"bucket-{number}") or None,
                value=sent.fields[f"value-{number}"][0], meaning=meaning,
            )  # fmt: skip
    return made
