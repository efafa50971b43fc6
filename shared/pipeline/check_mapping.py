"""Hold a mapping against ASCIP and an extract: what is gone, what is not covered, what it may mean.

Nothing is stored and no run is started.
"""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.diff import has_left
from shared.domain.errors import NotFound
from shared.domain.mapping import Mapping
from shared.domain.mapping_coverage import Coverage, alike, cover
from shared.domain.mapping_drift import Drift, drift
from shared.domain.mapping_suggest import Suggestion, suggest
from shared.domain.snapshot import Reference, reference_from_json
from shared.domain.staff_result import RowCounts
from shared.pipeline.propose import usable_mapping
from shared.pipeline.read_mapping import same_number
from shared.pipeline.reference import read_last
from shared.pipeline.tools import Tools
from shared.pipeline.validate import columns_of, read_extract
from shared.ports.mappings import MappingVersion
from shared.ports.reader import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Reference data, and when it was read; None is now."""

    reference: Reference
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What holds a mapping back, and what of a file it covers."""

    mapping: Mapping
    known: Known
    drift: tuple[Drift, ...]
    #: Versions with the same number and other content: the number must be raised.
    same_number: tuple[MappingVersion, ...]
    counts: RowCounts | None = None
    coverage: Coverage | None = None

    @property
    def sound(self) -> bool:
        """Whether a run can use all of it, under a number of its own."""
        return not self.same_number and not any(each.lost for each in self.drift)


def known_reference(tools: Tools, *, offline: bool = False) -> Known:
    """Reference data as ASCIP has it now, or ``offline`` as it was read last.

    Raises:
        NotFound: nothing was read yet.
    """
    if not offline:
        return Known(reference=tools.target.reference())
    with tools.transactions.begin() as uow:
        last = read_last(uow)
    if last is None:
        raise NotFound(
            "ASCIP has not been read yet, so there is nothing to compare with offline."
            " Leave --offline out, or plan an extract first.",
            code="no_snapshot",
        )
    return Known(reference=reference_from_json(last.stored), read_at=last.read_at)


def check_mapping(
    tools: Tools, mapping: Mapping, source: Source | None = None, *, offline: bool = False
) -> Checked:
    """Check a version; with a ``source`` also what it covers of that file.

    Raises:
        InputInvalid: the file is refused as a whole.
        ConfigInvalid: `mapping_drift`: without its district group or guards nothing can be covered.
    """
    known = known_reference(tools, offline=offline)
    with tools.transactions.begin() as uow:
        twice = same_number(uow, mapping)
    checked = Checked(
        mapping=mapping, known=known, drift=tuple(drift(mapping, known.reference)), same_number=twice
    )  # fmt: skip
    return checked if source is None else _covered(tools, checked, source)


def _covered(tools: Tools, checked: Checked, source: Source) -> Checked:
    usable = usable_mapping(checked.mapping, checked.known.reference)
    extract, validated, _ = read_extract(tools, source, checked.mapping)
    today = tools.today()
    here = [record for record in validated.accepted if not has_left(record, today)]
    covered = cover(alike(here), columns_of(validated, extract), usable, checked.known.reference)
    return Checked(
        mapping=usable, known=checked.known, drift=checked.drift, same_number=checked.same_number,
        counts=validated.counts, coverage=covered,
    )  # fmt: skip


def suggest_mapping(
    tools: Tools, mapping: Mapping, source: Source, *, offline: bool = False
) -> list[Suggestion]:
    """What the values of a file that nothing stands for probably mean. Raises as `check_mapping`."""
    checked = check_mapping(tools, mapping, source, offline=offline)
    assert checked.coverage is not None  # noqa: S101  # there is a source
    return suggest(checked.coverage, checked.mapping, checked.known.reference)
