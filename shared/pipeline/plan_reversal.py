"""Plan a run that takes another one back: gather what that one did, and propose the inverse of it."""

from collections import Counter

from shared.domain.action import ActionStatus, Kind
from shared.domain.audit import SYSTEM, AuditVerb
from shared.domain.canonical import Json, fingerprint
from shared.domain.completeness import gaps
from shared.domain.plan import Plan, PlanInputs
from shared.domain.record import GovernedRecord
from shared.domain.reversal import Done, LeftOut, payload_before
from shared.domain.reversal_plan import build_reversal
from shared.domain.run import Phase, Run, RunState, TargetName
from shared.domain.shield import Unverified
from shared.domain.snapshot import reference_from_json
from shared.domain.work import NewWork, WorkItem, WorkKind
from shared.pipeline.decide import approve_by_rule
from shared.pipeline.propose import state_of, supersede_waiting, usable_mapping
from shared.pipeline.read_mapping import mapping_of_run
from shared.pipeline.report import require_every_row
from shared.pipeline.staleness import require_same_configuration
from shared.pipeline.tools import Tools, audit, move
from shared.ports.plans import ActionFilter
from shared.ports.unit_of_work import UnitOfWork

_WRITTEN = (ActionStatus.SUCCEEDED, ActionStatus.UNKNOWN)


def gather(tools: Tools, item: WorkItem) -> None:
    """Look up what is to be taken back, then read the target as it is now.

    Governed records are staged as they were before, like the rows of a file: comparing and storing
    them is the same then.
    """
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        run = uow.runs.get(item.run_id, lock=True)
        require_same_configuration(tools, run)
        if run.target is TargetName.RECORDS:
            rows = _stage(uow, run)
            input_sha256 = uow.records.input_sha256(run.id, (), ())
        else:
            rows, input_sha256 = 0, _hash_of(uow, run)
        counts: dict[str, Json] = dict.fromkeys(_NOTHING, 0)
        counts |= {"rows_in": rows, "accepted": rows, "columns": []}
        uow.runs.set_input(run.id, input_sha256=input_sha256, counts=counts, unverified={})
        move(tools, uow, run, RunState.FETCHING, actor=SYSTEM, phase=Phase.FETCH)
        uow.work.add(run.id, [NewWork(kind=WorkKind.LIST, chunk={})])
        uow.work.finish(item)


_NOTHING = ("blank", "duplicate", "excluded", "quarantined", "unidentified")


def _stage(uow: UnitOfWork, run: Run) -> int:
    """Stage each record as it was before; how many."""
    rows = 0
    for images in uow.reversals.images(run.reverts or "", run.feed):
        staged: list[GovernedRecord] = []
        left_out: list[LeftOut] = []
        for image in images:
            found = payload_before(image)
            if isinstance(found, LeftOut):
                left_out.append(found)
            elif found is not None:
                rows += 1
                staged.append(
                    GovernedRecord(row=rows, line=rows, source_id=image.source_id, payload=found)
                )
        uow.records.stage(run.id, staged)
        uow.reversals.leave_out(run.id, left_out)
    return rows


def _hash_of(uow: UnitOfWork, run: Run) -> str:
    """What stands for the extract: the digest of the plan that is taken back, and what was done of it."""
    undone = uow.plans.of_run(run.reverts or "")
    done = sorted(each.action.hash for each in _done(uow, run))
    return fingerprint([undone.digest if undone else "", done])


def _done(uow: UnitOfWork, run: Run) -> list[Done]:
    undone = uow.plans.of_run(run.reverts or "")
    if undone is None:
        return []
    stored = uow.plans.actions(undone.id, ActionFilter(statuses=_WRITTEN))
    return [Done(each.action, each.ascip_id) for each in stored]


def plan_reversal(tools: Tools, item: WorkItem) -> None:
    """Propose the inverse of what was done to people; it is never applied without being asked for."""
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        run = uow.runs.get(item.run_id)
        require_same_configuration(tools, run)
        inputs, done = _inputs(tools, uow, run), _done(uow, run)
    plan, left_out = build_reversal(inputs, done)
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        run = uow.runs.get(item.run_id, lock=True)
        if run.state is RunState.PLANNING:
            uow.reversals.leave_out(run.id, left_out)
            _store(tools, uow, run, plan, facts=_facts(run, inputs, plan, done))
            approve_by_rule(tools, uow, run.id)
        uow.work.finish(item)


def _inputs(tools: Tools, uow: UnitOfWork, run: Run) -> PlanInputs:
    mapping = mapping_of_run(uow, run)
    snapshot, raw = uow.snapshots.load(uow.snapshots.id_of(run.id))
    reference = reference_from_json(raw)
    return PlanInputs(
        feed=run.feed,
        engine_version=run.engine_version,
        as_of=tools.today(),
        policy=tools.policy,
        mapping=usable_mapping(mapping, reference),
        input_sha256=run.input_sha256 or "",
        config_sha256=run.config_sha256,
        records=(),
        columns=frozenset(),
        unverified=Unverified(),
        snapshot=snapshot,
        reference=reference,
        links=uow.extracts.links(run.target),
    )


def _store(tools: Tools, uow: UnitOfWork, run: Run, plan: Plan, *, facts: dict[str, Json]) -> None:
    plan_id, snapshot_id = tools.ids.new("pln"), uow.snapshots.id_of(run.id)
    uow.snapshots.complete(snapshot_id, str(plan.header["snapshot_sha256"]))
    uow.runs.set_as_of(run.id, tools.today())
    uow.plans.save(
        plan, plan_id=plan_id, run_id=run.id, snapshot_id=snapshot_id,
        ttl_h=tools.policy.approval.plan_ttl_h,
        facts=facts | {"rate_per_s": f"{tools.rate_per_s:g}"},
    )  # fmt: skip
    uow.plans.make_secrets(plan_id, tools.keyring.newest_id)
    require_every_row(uow, run)
    audit(
        tools, uow, SYSTEM, AuditVerb.PLAN_CREATED, of=("plan", plan_id), run_id=run.id,
        plan_digest=plan.digest, detail={"summary": plan.summary(), "gates": plan.header["gates"]},
    )  # fmt: skip
    supersede_waiting(tools, uow, run)
    move(tools, uow, run, state_of(plan), actor=SYSTEM)
    if not plan.actions:
        uow.work.add(run.id, [NewWork(kind=WorkKind.REPORT, chunk={})])


def _facts(run: Run, inputs: PlanInputs, plan: Plan, done: list[Done]) -> dict[str, Json]:
    kinds = Counter(step.action.kind for step in done)
    return {
        "reverts": run.reverts,
        # Nobody is deleted: whom the run added ends inactive.
        "added_then": kinds[Kind.ADD],
        "sites": {code: group.name for code, group in inputs.mapping.sites.items()},
        "managed_active": plan.removals.managed_active,
        "shielded": 0,
        "first_run": False,
        "would_remove": [],
        "former_groups": {str(id_): n for id_, n in inputs.mapping.former_groups.items()},
        "mapping_drift": [],
        **gaps(inputs.snapshot, plan.gates),
        "buckets": {str(bucket.id): bucket.name for bucket in inputs.mapping.buckets},
        "columns": {str(bucket.id): bucket.column for bucket in inputs.mapping.buckets},
    }
