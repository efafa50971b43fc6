"""Read a file of a governed feed and judge every row: records on their way, or quarantine."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from shared.domain.audit import SYSTEM
from shared.domain.canonical import Json, fingerprint, sha256
from shared.domain.feeds.feed import Feed, Payload
from shared.domain.feeds.record_row import Refused, RowJudge
from shared.domain.feeds.repeats import CONFLICT
from shared.domain.record import GovernedRecord
from shared.domain.remediation import SetAside
from shared.domain.run import Phase, Run, RunState
from shared.domain.work import NewWork, WorkItem, WorkKind
from shared.pipeline.read_records import Read, judged, open_records, row_judge
from shared.pipeline.set_aside import only_source_ids, open_quarantine, set_aside
from shared.pipeline.shield_staff import stored
from shared.pipeline.staleness import require_same_configuration
from shared.pipeline.start import skip_if_unchanged
from shared.pipeline.tools import Tools, move
from shared.ports.reader import BlankRecord, DamagedRecord, OpenExtract, SoundRecord
from shared.ports.unit_of_work import UnitOfWork

#: Rows that are held in memory at a time.
_PORTION = 5000

Judged = GovernedRecord | Refused | DamagedRecord | BlankRecord


@dataclass(slots=True)
class _Tally:
    """What was read so far."""

    #: The source ids this run is for; None for all.
    only: frozenset[str] | None = None
    rows_in: int = 0
    blank: int = 0
    excluded: int = 0
    quarantined: int = 0
    warnings: Counter[str] = field(default_factory=Counter)
    #: Source ids of rows that were not taken.
    refused: set[str] = field(default_factory=set)
    #: Hashes of what was quarantined, for the input's hash.
    hashes: list[str] = field(default_factory=list)


def validate_records(tools: Tools, item: WorkItem) -> None:
    """Read and judge the file of a run, then go on to the store or end it `skipped_unchanged`.

    One transaction, since the rows of half a file must never be planned; the lease is kept by the
    side and asked for at the end.

    Raises:
        InputInvalid: the file is refused as a whole.
    """
    with tools.transactions.begin() as uow:
        run = uow.runs.get(item.run_id)
        require_same_configuration(tools, run)
        upload = uow.runs.upload(run.upload_id or "")
    feed = tools.governed(run.feed)
    extract = open_records(tools, stored(tools, upload), feed)
    with tools.transactions.begin() as uow:
        tally = _Tally(only=only_source_ids(uow, run))
        judge = row_judge(tools, feed, uow.remediation.attestations(feed.name))
        for read in _portions(extract.records()):
            silent = _silent(uow, feed, extract, judge, read)
            _keep(tools, uow, run, tally, list(judged(read, judge, silent)))
        repeated = uow.records.settle_repeated(run.id, tally.refused)
        conflicts = [
            SetAside(
                row=row, line=line, last_line=line, source_id=source_id, values={}, payload_hash=None,
                violations=(CONFLICT,),
            )
            for row, line, source_id in repeated.conflicting
        ]  # fmt: skip
        tally.quarantined += len(conflicts)
        tally.hashes += [fingerprint([each.source_id, CONFLICT.code]) for each in conflicts]
        open_quarantine(tools, uow, run, conflicts)
        uow.work.renew(item)
        uow.runs.set_input(
            run.id,
            input_sha256=uow.records.input_sha256(run.id, extract.columns, tally.hashes),
            counts=_counts(tally, extract, duplicates=repeated.duplicates), unverified={},
        )  # fmt: skip
        _go_on(tools, uow, run.id)
        uow.work.finish(item)


def _silent(
    uow: UnitOfWork, feed: Feed, extract: OpenExtract, judge: RowJudge, rows: Iterable[Read]
) -> dict[str, Payload]:
    """What is in force of fields for which the file has no column, by source id.

    Nobody else changes it before this run is planned: the run has the store to itself.
    """
    fields = feed.by_name.keys() - extract.columns
    sound = (judge.source_id(row) for row in rows if isinstance(row, SoundRecord)) if fields else ()
    return uow.records.in_force(feed.name, [each for each in sound if each], fields)


def _portions(rows: Iterable[Read]) -> Iterator[list[Read]]:
    rest = iter(rows)
    while portion := list(islice(rest, _PORTION)):
        yield portion


def _keep(tools: Tools, uow: UnitOfWork, run: Run, tally: _Tally, portion: list[Judged]) -> None:
    tally.rows_in += len(portion)
    tally.blank += sum(isinstance(found, BlankRecord) for found in portion)
    ours = [found for found in portion if _is_ours(found, tally.only)]
    taken = [found for found in ours if isinstance(found, GovernedRecord)]
    refused = [found for found in ours if isinstance(found, (Refused, DamagedRecord))]
    tally.excluded += len(portion) - len(ours)
    for record in taken:
        tally.warnings.update({v.code for v in record.warnings})
    tally.refused.update(f.source_id for f in refused if isinstance(f, Refused) and f.source_id)
    tally.hashes += [_content_hash(found) for found in refused]
    uow.records.stage(run.id, taken)
    tally.quarantined += len(refused)
    open_quarantine(tools, uow, run, map(set_aside, refused))


def _is_ours(found: Judged, only: frozenset[str] | None) -> bool:
    """Whether the run is for this row."""
    if only is None or isinstance(found, BlankRecord):
        return True
    return not isinstance(found, DamagedRecord) and found.source_id in only


def _content_hash(found: Refused | DamagedRecord) -> str:
    """What tells one quarantined row from another, without its place in the file."""
    if isinstance(found, DamagedRecord):
        return sha256(found.raw)
    codes: Json = sorted({v.code for v in found.violations})
    return fingerprint([found.source_id, dict(found.payload), codes])


def _go_on(tools: Tools, uow: UnitOfWork, run_id: str) -> None:
    run = uow.runs.get(run_id, lock=True)
    if skip_if_unchanged(tools, uow, run):
        return
    move(tools, uow, run, RunState.FETCHING, actor=SYSTEM, phase=Phase.FETCH)
    uow.work.add(run.id, [NewWork(kind=WorkKind.LIST, chunk={})])


def _counts(tally: _Tally, extract: OpenExtract, *, duplicates: int) -> dict[str, Json]:
    accepted = tally.rows_in - tally.blank - tally.excluded - tally.quarantined - duplicates
    return {
        "rows_in": tally.rows_in,
        "blank": tally.blank,
        "duplicate": duplicates,
        "excluded": tally.excluded,
        "quarantined": tally.quarantined,
        "accepted": accepted,
        "unidentified": 0,
        "warnings": dict(sorted(tally.warnings.items())),
        "columns": sorted(extract.columns),
        "dropped_columns": len(extract.dropped),
        **extract.hidden,
    }
