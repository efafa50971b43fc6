"""How the plan would differ under another mapping: two plans made and compared, nothing stored.

Both are made from the newest extract and the newest complete snapshot; ASCIP is not called.
"""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.absence import Absence
from shared.domain.baseline import ExtractFigures, ExtractSize
from shared.domain.errors import NotFound
from shared.domain.mapping import Mapping
from shared.domain.plan import Plan, PlanInputs
from shared.domain.planning import build_plan
from shared.domain.rehearsal import PlanDifference, compare_plans
from shared.domain.run import TargetName, Upload
from shared.domain.snapshot import Reference, Snapshot, reference_from_json
from shared.domain.staff_result import input_hash
from shared.pipeline.overdue import FEED
from shared.pipeline.propose import usable_mapping, usual_extract
from shared.pipeline.read_mapping import after_applied
from shared.pipeline.shadow import in_shadow, is_first_run
from shared.pipeline.shield_staff import looked_at, stored
from shared.pipeline.tools import Tools
from shared.pipeline.validate import columns_of, read_extract


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What would be otherwise, and how old that is which it was compared over."""

    difference: PlanDifference
    file_name: str
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """What both plans stand on."""

    upload: Upload
    snapshot: Snapshot
    reference: Reference
    links: dict[str, int]
    first_run: bool
    usual: ExtractSize | None
    absences: dict[int, Absence]
    read_at: datetime


def rehearse_mapping(tools: Tools, today: Mapping, new: Mapping) -> Rehearsal:
    """Compare the plan under the present mapping with that under a new one.

    Raises:
        NotFound: there is no extract or no complete snapshot yet.
        InputInvalid: the extract can't be read with one of the mappings.
        ConfigInvalid: `mapping_drift`: one of them can't be planned with.
    """
    ground, mappings = _ground(tools, today, new)
    before, after = (_plan(tools, ground, mapping) for mapping in mappings)
    buckets = {bucket.id: bucket.name for bucket in ground.reference.buckets.values()}
    return Rehearsal(
        difference=compare_plans(before, after, buckets),
        file_name=ground.upload.name, read_at=ground.read_at,
    )  # fmt: skip


def _ground(tools: Tools, *mappings: Mapping) -> tuple[_Ground, list[Mapping]]:
    shadow = in_shadow(tools)
    with tools.transactions.begin() as uow:
        upload = uow.runs.newest_upload(FEED)
        newest = uow.snapshots.newest(TargetName.ASCIP)
        if upload is None or newest is None:
            missing = "extract" if upload is None else "complete read of ASCIP"
            raise NotFound(
                f"There is no {missing} yet to rehearse with. Nothing was compared."
                " Plan an extract first: ascip-sync plan --csv FILE",
                code="nothing_to_rehearse",
            )
        snapshot, raw = uow.snapshots.load(newest[0])
        ground = _Ground(
            upload=upload, snapshot=snapshot, reference=reference_from_json(raw),
            links=uow.extracts.links(TargetName.ASCIP),
            first_run=is_first_run(uow, FEED, shadow=shadow),
            absences=uow.presence.absences(TargetName.ASCIP, shadow=shadow),
            usual=usual_extract(tools, uow, FEED),
            read_at=newest[1],
        )  # fmt: skip
        return ground, [after_applied(uow, FEED, mapping) for mapping in mappings]


def _plan(tools: Tools, ground: _Ground, mapping: Mapping) -> Plan:
    extract, validated, lines = read_extract(tools, stored(tools, ground.upload), mapping)
    return build_plan(
        PlanInputs(
            feed=FEED, engine_version=tools.engine_version, as_of=tools.today(),
            policy=tools.policy, mapping=usable_mapping(mapping, ground.reference),
            input_sha256=input_hash(validated), config_sha256=tools.config_sha256,
            records=validated.accepted, columns=columns_of(validated, extract),
            unverified=looked_at(extract, validated, lines), snapshot=ground.snapshot,
            reference=ground.reference, links=ground.links, first_run=ground.first_run,
            absences=ground.absences,
            extract=ExtractFigures(
                size=ExtractSize(
                    rows=validated.counts.rows_in, size_bytes=ground.upload.size_bytes
                ),
                quarantined=validated.counts.quarantined, usual=ground.usual,
            ),
        )
    )  # fmt: skip
