"""Read an extract and judge every row: records, quarantine, and the material of the shield."""

from collections.abc import Iterable
from functools import partial

from shared.domain.audit import SYSTEM
from shared.domain.canonical import Json, words
from shared.domain.mapping import Mapping, parse_mapping
from shared.domain.plan import Unverified
from shared.domain.run import Phase, RunState, Upload
from shared.domain.staff_file import check_file
from shared.domain.staff_result import Quarantined, Validated, input_hash
from shared.domain.work import NewWork, WorkItem, WorkKind
from shared.pipeline.read_staff import staff_dialect, staff_headers, staff_rules
from shared.pipeline.staleness import require_same_configuration
from shared.pipeline.start import skip_if_unchanged
from shared.pipeline.tools import Tools, move
from shared.ports.extracts import QuarantineEntry
from shared.ports.reader import OpenExtract, Source
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
    extract, validated = read_extract(tools, stored(tools, upload), mapping)
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        _store(tools, uow, item.run_id, validated, extract)
        uow.work.finish(item)


def stored(tools: Tools, upload: Upload) -> Source:
    """Opens a landed file."""
    return partial(tools.vault.open, upload.location)


def read_extract(tools: Tools, source: Source, mapping: Mapping) -> tuple[OpenExtract, Validated]:
    """Read and judge a file; nothing is stored. Raises `InputInvalid`."""
    staff = tools.policy.staff
    extract = tools.reader.open(
        source, staff_dialect(staff), staff_headers(staff, mapping.attribute_columns)
    )
    return extract, check_file(extract.records(), staff_rules(staff, extract.columns))


def unmasked_regions(tools: Tools, upload: Upload, mapping: Mapping) -> list[str]:
    """Damaged regions whose dropped columns can't be told apart, read again from the raw extract.

    They may hold what must not be stored (a password), so the database knows only that there are some.
    """
    _extract, validated = read_extract(tools, stored(tools, upload), mapping)
    return [_text(q.raw) for q in validated.quarantined if q.unmasked]


def _store(
    tools: Tools, uow: UnitOfWork, run_id: str, validated: Validated, extract: OpenExtract
) -> None:
    run = uow.runs.get(run_id, lock=True)
    uow.extracts.add_records(run_id, validated.accepted)
    uow.extracts.add_quarantine(run_id, run.feed, _entries(tools, validated.quarantined))
    uow.runs.set_input(
        run_id, input_sha256=input_hash(validated), counts=_counts(validated, extract),
        unverified=_unverified(validated),
    )  # fmt: skip
    run = uow.runs.get(run_id, lock=True)
    if skip_if_unchanged(tools, uow, run):
        return
    move(tools, uow, run, RunState.FETCHING, actor=SYSTEM, phase=Phase.FETCH)
    uow.work.add(run_id, [NewWork(kind=WorkKind.LIST, chunk={})])


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


def unverified_of(validated: Validated) -> Unverified:
    """The shield's material of a file that is only looked at."""
    named = words(_unverified(validated)["identities"])
    regions = tuple(_text(q.raw) for q in validated.quarantined)
    return Unverified(identities=tuple(named), regions=regions, unidentified=validated.unidentified)


def _unverified(validated: Validated) -> dict[str, Json]:
    """What the shield looks for: identities of rows not taken, and the text of damaged regions.

    Of regions that may hold cells of dropped columns only their number is kept.
    """
    named = [q.identity for q in validated.quarantined] + [e.identity for e in validated.excluded]
    identities = {
        value for who in named for value in (who.employee_id, who.work_email, who.username) if value
    }
    regions = [_text(q.raw) for q in validated.quarantined if not q.unmasked]
    unmasked = sum(1 for q in validated.quarantined if q.unmasked)
    return {"identities": sorted(identities), "regions": list(regions), "unmasked": unmasked}


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").replace("\x00", "\ufffd")
