"""Read an extract and judge every row: records, quarantine, and the material of the shield."""

from array import array
from collections.abc import Iterable, Iterator, MutableSequence, Sequence

from shared.domain.audit import SYSTEM
from shared.domain.canonical import Json
from shared.domain.mapping import Mapping, parse_mapping
from shared.domain.run import Phase, RunState
from shared.domain.staff_file import check_file
from shared.domain.staff_result import Quarantined, Validated, input_hash
from shared.domain.work import NewWork, WorkItem, WorkKind
from shared.pipeline.read_staff import staff_rules
from shared.pipeline.shield_staff import noted, open_extract, stored
from shared.pipeline.staleness import require_same_configuration
from shared.pipeline.start import skip_if_unchanged
from shared.pipeline.tools import Tools, move
from shared.ports.extracts import QuarantineEntry
from shared.ports.reader import BlankRecord, DamagedRecord, OpenExtract, SoundRecord, Source
from shared.ports.unit_of_work import UnitOfWork


def validate(tools: Tools, item: WorkItem) -> None:
    """Read and judge the extract of a run, then go on to the target or end it `skipped_unchanged`.

    Raises:
        InputInvalid: the file is refused as a whole.
    """
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        run = uow.runs.get(item.run_id)
        require_same_configuration(tools, run)
        upload = uow.runs.upload(run.upload_id or "")
        mapping = parse_mapping(uow.mappings.body(run.mapping_sha256))
    extract, validated, lines = read_extract(tools, stored(tools, upload), mapping)
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        run = uow.runs.get(item.run_id, lock=True)
        uow.extracts.add_records(run.id, validated.accepted)
        uow.extracts.add_quarantine(run.id, run.feed, _entries(tools, validated.quarantined))
        uow.runs.set_input(
            run.id, input_sha256=input_hash(validated), counts=_counts(validated, extract),
            unverified=noted(validated, lines),
        )  # fmt: skip
        _go_on(tools, uow, run.id)
        uow.work.finish(item)


def read_extract(
    tools: Tools, source: Source, mapping: Mapping
) -> tuple[OpenExtract, Validated, Sequence[int]]:
    """Read and judge a file; nothing is stored. Raises `InputInvalid`.

    Returns:
        The extract, what it says, and the physical line on which each of its rows begins.
    """
    extract = open_extract(tools, source, mapping)
    lines = array("q")
    rules = staff_rules(tools.policy.staff, extract.columns)
    return extract, check_file(_noting(extract, lines), rules), lines


def _noting(
    extract: OpenExtract, lines: MutableSequence[int]
) -> Iterator[SoundRecord | DamagedRecord | BlankRecord]:
    for record in extract.records():
        lines.append(record.line)
        yield record


def _go_on(tools: Tools, uow: UnitOfWork, run_id: str) -> None:
    run = uow.runs.get(run_id, lock=True)
    if skip_if_unchanged(tools, uow, run):
        return
    move(tools, uow, run, RunState.FETCHING, actor=SYSTEM, phase=Phase.FETCH)
    uow.work.add(run.id, [NewWork(kind=WorkKind.LIST, chunk={})])


def _entries(tools: Tools, quarantined: Iterable[Quarantined]) -> Iterable[QuarantineEntry]:
    for found in quarantined:
        yield QuarantineEntry(
            id=tools.ids.new("qua"), row=found.row, line=found.line, last_line=found.last_line,
            source_id=found.identity.employee_id, violations=found.violations,
        )  # fmt: skip


def _counts(validated: Validated, extract: OpenExtract) -> dict[str, Json]:
    counts = validated.counts
    ends = {r.end_date.isoformat() for r in validated.accepted if r.end_date}
    return {
        "rows_in": counts.rows_in,
        "blank": counts.blank,
        "duplicate": counts.duplicate,
        "excluded": counts.excluded,
        "quarantined": counts.quarantined,
        "accepted": counts.accepted,
        "unidentified": validated.unidentified,
        "columns": sorted(columns_of(validated, extract)),
        "dropped_columns": len(extract.dropped),
        **extract.hidden,
        # Days on which somebody leaves without any file changing: no skip over them.
        "end_dates": sorted(ends),
    }


def columns_of(validated: Validated, extract: OpenExtract) -> frozenset[str]:
    """Canonical columns that the extract says something in."""
    return extract.columns | {c for r in validated.accepted[:1] for c in r.attributes}
