"""The mapping beside the newest stored extract and reference data. ASCIP is not called."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.domain.canonical import words
from shared.domain.feeds.staff import FEED
from shared.domain.mapping import MappedBucket, Mapping, parse_mapping
from shared.domain.mapping_coverage import Alike, Coverage, cover
from shared.domain.mapping_drift import Drift, drift, lost_guards, usable
from shared.domain.mapping_suggest import Suggestion, suggest
from shared.domain.run import Run, RunState
from shared.domain.snapshot import reference_from_json
from shared.pipeline.check_mapping import Known
from shared.pipeline.read_mapping import same_number
from shared.pipeline.reference import read_last
from shared.pipeline.tools import Tools
from shared.ports.extracts import ReadExtract
from shared.ports.mappings import MappingVersion
from shared.ports.views import PageOf, RunFilter

_S = RunState
#: Runs whose plan can't be applied any more once the mapping is another one.
_OPEN = (
    _S.QUEUED, _S.VALIDATING, _S.FETCHING, _S.PLANNING, _S.HELD, _S.AWAITING_APPROVAL, _S.APPROVED,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingView:
    """A mapping with everything people look at beside it."""

    mapping: Mapping
    #: As it was kept, if it was used or accepted before.
    kept: MappingVersion | None
    #: Versions with the same number and other content.
    same_number: tuple[MappingVersion, ...]
    #: None: ASCIP was never read.
    known: Known | None
    drift: tuple[Drift, ...]
    #: None: no extract was ever read.
    extract: ReadExtract | None
    #: None without an extract, without reference data, or where the district group or a guard is lost.
    coverage: Coverage | None
    #: Buckets whose column the extract was read without, since the mapping didn't name it then.
    unread: tuple[MappedBucket, ...]
    #: Runs whose plans another version makes stale.
    open_runs: Sequence[Run]
    open_total: int

    @property
    def unmapped(self) -> int:
        """Values that nothing stands for."""
        return sum(len(part.unmapped) for part in self.coverage.parts) if self.coverage else 0

    @property
    def sound(self) -> bool:
        """Whether a run can use all of it, under a number of its own."""
        return not self.same_number and not any(each.lost for each in self.drift)


def look_at_mapping(tools: Tools, mapping: Mapping) -> MappingView:
    """What there is to say about a version without asking anybody."""
    with tools.transactions.begin() as uow:
        last = read_last(uow)
        extract = uow.extracts.newest_read(FEED)
        rows = uow.extracts.alike(extract.run_id, tools.today()) if extract else []
        read_with = uow.mappings.body(extract.mapping_sha256) if extract else None
        kept = [each for each in uow.mappings.history() if each.sha256 == mapping.sha256]
        twice = same_number(uow, mapping)
        found = uow.views.runs(RunFilter(states=_OPEN, feeds=(FEED,)), PageOf(limit=20))
    known = (
        Known(reference=reference_from_json(last.stored), read_at=last.read_at) if last else None
    )
    unread = _unread(mapping, parse_mapping(read_with)) if read_with else ()
    return MappingView(
        mapping=mapping, kept=kept[0] if kept else None, same_number=twice, known=known,
        drift=tuple(drift(mapping, known.reference)) if known else (), extract=extract, unread=unread,
        coverage=_covered(mapping, known, extract, rows, unread) if known and extract else None,
        open_runs=[view.run for view in found.items], open_total=found.total,
    )  # fmt: skip


def _unread(mapping: Mapping, read_with: Mapping) -> tuple[MappedBucket, ...]:
    stored = read_with.attribute_columns
    return tuple(bucket for bucket in mapping.buckets if bucket.column not in stored)


def _covered(
    mapping: Mapping,
    known: Known,
    extract: ReadExtract,
    rows: Sequence[Alike],
    unread: Sequence[MappedBucket],
) -> Coverage | None:
    kept = usable(mapping, known.reference)
    if kept is None or lost_guards(mapping, known.reference):
        return None
    columns = frozenset(words(extract.counts.get("columns"))) - {b.column for b in unread}
    return cover(rows, columns, kept, known.reference)


def suggestions(view: MappingView, *, first: int = 0, most: int | None = None) -> list[Suggestion]:
    """What unmapped values probably mean, in the order of the coverage; ``most`` of them from ``first`` on.

    Each value is held against every name there is, so a page asks for what it shows.
    """
    if view.coverage is None or view.known is None:
        return []
    end = None if most is None else first + most
    parts, place = [], 0
    for part in view.coverage.parts:
        here = part.unmapped
        wanted = here[max(0, first - place) : None if end is None else max(0, end - place)]
        parts.append(replace(part, values=wanted))
        place += len(here)
    kept = usable(view.mapping, view.known.reference)
    assert kept is not None  # noqa: S101  # there is a coverage
    return suggest(Coverage(parts=tuple(parts), unused=()), kept, view.known.reference)
