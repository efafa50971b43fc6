"""Make the plan: pure comparison of what was read, then one transaction that stores it whole."""

from datetime import date

from shared.domain.audit import SYSTEM, AuditVerb
from shared.domain.baseline import ExtractFigures, ExtractSize, usual_size
from shared.domain.canonical import Json, words
from shared.domain.completeness import gaps, to_look_up
from shared.domain.errors import ConfigInvalid
from shared.domain.feeds.declared import declared
from shared.domain.mapping import Mapping
from shared.domain.mapping_drift import drift, lost_guards, usable
from shared.domain.plan import Plan, PlanInputs
from shared.domain.planning import build_plan
from shared.domain.policy import Policy
from shared.domain.run import Run, RunMode, RunState, Upload
from shared.domain.snapshot import Reference, reference_from_json
from shared.domain.work import NewWork, WorkItem, WorkKind
from shared.pipeline.before_writing import is_open
from shared.pipeline.carry_out import begin
from shared.pipeline.decide import approve_by_rule
from shared.pipeline.drift import applied_then, end_drift
from shared.pipeline.finish import supersede
from shared.pipeline.go_stale import stale_by_reading
from shared.pipeline.read_mapping import mapping_of_run, same_number
from shared.pipeline.remember_presence import absentee_facts, remember_presence
from shared.pipeline.report import require_every_row
from shared.pipeline.shadow import end_shadow, in_shadow, is_first_run, planned_in_shadow
from shared.pipeline.shield_staff import unverified
from shared.pipeline.staleness import require_same_configuration
from shared.pipeline.tools import Tools, audit, move
from shared.ports.unit_of_work import UnitOfWork


def propose(tools: Tools, item: WorkItem) -> None:
    """Plan a run whose extract and target have been read."""
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        run = uow.runs.get(item.run_id)
        require_same_configuration(tools, run)
        inputs, found = _inputs(tools, uow, run)
    plan = build_plan(inputs)
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        run = uow.runs.get(item.run_id, lock=True)
        if run.state is not RunState.PLANNING:
            uow.work.finish(item)
            return
        if logins := to_look_up(plan.actions, inputs.snapshot, inputs.links.keys()):
            uow.snapshots.ask(uow.snapshots.id_of(item.run_id), logins)
            uow.work.add(item.run_id, [NewWork(kind=WorkKind.LOOK_UP, chunk={})])
            uow.work.finish(item)
            return
        _store(tools, uow, run, plan, inputs=inputs, found=found)
        if approve_by_rule(tools, uow, item.run_id):
            apply_if_wanted(tools, uow, item.run_id)
        uow.work.finish(item)


def _inputs(tools: Tools, uow: UnitOfWork, run: Run) -> tuple[PlanInputs, list[str]]:
    mapping = mapping_of_run(uow, run)
    snapshot, raw = uow.snapshots.load(uow.snapshots.id_of(run.id))
    reference = reference_from_json(raw)
    found = [each.words for each in drift(mapping, reference)]
    if same_number(uow, mapping):
        found.append(
            f"version {mapping.version} was used before with other content: raise `version`"
        )
    counts, upload = run.counts, uow.runs.upload(run.upload_id or "")
    as_of, first_run = _moment(tools, uow, run)
    inputs = PlanInputs(
        feed=run.feed,
        engine_version=run.engine_version,
        as_of=as_of,
        policy=tools.policy,
        mapping=usable_mapping(mapping, reference),
        input_sha256=run.input_sha256 or "",
        config_sha256=run.config_sha256,
        records=uow.extracts.records(run.id),
        columns=frozenset(words(counts.get("columns"))),
        unverified=unverified(tools, run, upload, mapping),
        snapshot=snapshot,
        reference=reference,
        links=uow.extracts.links(run.target),
        first_run=first_run,
        absences=uow.presence.absences(run.target, shadow=planned_in_shadow(tools, run)),
        extract=_figures(tools, uow, run, upload),
    )
    return inputs, found


def _figures(tools: Tools, uow: UnitOfWork, run: Run, upload: Upload) -> ExtractFigures:
    rows, quarantined = (int(str(run.counts.get(k, 0))) for k in ("rows_in", "quarantined"))
    return ExtractFigures(
        size=ExtractSize(rows=rows, size_bytes=upload.size_bytes), quarantined=quarantined,
        usual=usual_extract(tools, uow, run.feed),
    )  # fmt: skip


def usual_extract(tools: Tools, uow: UnitOfWork, feed: str) -> ExtractSize | None:
    """How large an extract of a feed usually is; a window of edits has no usual size."""
    read_as = read_how(tools.policy)
    if read_as["mode"] == "delta":
        return None
    return usual_size(uow.runs.good_extracts(feed, read_as=read_as))


def read_how(policy: Policy) -> dict[str, Json]:
    """What two extracts have in common whose sizes can be compared."""
    staff = declared(policy.staff)
    return {"profile": str(policy.staff.profile), "mode": staff.mode}


def _moment(tools: Tools, uow: UnitOfWork, run: Run) -> tuple[date, bool]:
    """The date to plan for, and whether it is the first run."""
    if run.mode is RunMode.DRIFT:
        as_of, first_run = applied_then(uow, run)
        return as_of or tools.today(), first_run
    return tools.today(), is_first_run(uow, run.feed, shadow=in_shadow(tools))


def usable_mapping(mapping: Mapping, reference: Reference) -> Mapping:
    """What of a mapping can be planned with.

    Raises:
        ConfigInvalid: `mapping_drift`: without the district group nobody is managed, and without the
            role that a guard names nobody can tell whom it guards.
    """
    if lost := lost_guards(mapping, reference):
        names = ", ".join(map(repr, lost))
        raise ConfigInvalid(
            f"The mapping guards roles that do not exist in ASCIP: {names}. Nothing was planned."
            " Correct protected.roles and privileged_roles in the mapping file.",
            code="mapping_drift",
        )
    kept = usable(mapping, reference)
    if kept is None:
        raise ConfigInvalid(
            f"The district group {mapping.district.id} of the mapping does not exist in ASCIP."
            " Nothing was planned. Correct groups.district in the mapping file.",
            code="mapping_drift",
        )
    return kept


def _store(
    tools: Tools, uow: UnitOfWork, run: Run, plan: Plan, *, inputs: PlanInputs, found: list[str]
) -> None:
    plan_id, shadow = tools.ids.new("pln"), planned_in_shadow(tools, run)
    snapshot_id = uow.snapshots.id_of(run.id)
    uow.snapshots.complete(snapshot_id, str(plan.header["snapshot_sha256"]))
    uow.runs.set_as_of(run.id, inputs.as_of)
    uow.plans.save(
        plan, plan_id=plan_id, run_id=run.id, snapshot_id=snapshot_id,
        ttl_h=tools.policy.approval.plan_ttl_h,
        # The estimate is of this rate, whatever is set when somebody reads it.
        facts=_facts(plan, inputs, found) | {"rate_per_s": f"{tools.rate_per_s:g}"},
    )  # fmt: skip
    uow.plans.make_secrets(plan_id, tools.keyring.newest_id)
    remember_presence(tools, uow, run, plan, plan_id=plan_id, inputs=inputs)
    uow.extracts.set_dispositions(
        run.id, plan.dispositions, plan.matched, plan.held_rows, match_rules=plan.match_rules
    )
    require_every_row(uow, run)
    audit(
        tools, uow, SYSTEM, AuditVerb.PLAN_CREATED, of=("plan", plan_id), run_id=run.id,
        plan_digest=plan.digest, detail={"summary": plan.summary(), "gates": plan.header["gates"]},
    )  # fmt: skip
    if run.mode is RunMode.DRIFT:
        stale_by_reading(tools, uow, run.feed)
        end_drift(tools, uow, run, plan, plan_id=plan_id)
    else:
        supersede_waiting(tools, uow, run)
        if shadow:
            end_shadow(tools, uow, run, plan_id=plan_id, planned=len(plan.actions))
        else:
            move(tools, uow, run, state_of(plan), actor=SYSTEM)
    if shadow or run.mode is RunMode.DRIFT or not plan.actions:
        uow.work.add(run.id, [NewWork(kind=WorkKind.REPORT, chunk={})])


def apply_if_wanted(tools: Tools, uow: UnitOfWork, run_id: str) -> None:
    """Go on without a person where the rule has approved and the run was started to apply."""
    run, plan = uow.runs.get(run_id, lock=True), uow.plans.of_run(run_id)
    if run.mode is not RunMode.PLAN_AND_APPLY or plan is None:
        return
    if is_open(tools, uow, run, plan):
        begin(tools, uow, run, plan, actor=SYSTEM)


def state_of(plan: Plan) -> RunState:
    """Where a run goes once it is planned."""
    if not plan.actions:
        return RunState.NO_CHANGES
    return RunState.AWAITING_APPROVAL if plan.applyable else RunState.HELD


def supersede_waiting(tools: Tools, uow: UnitOfWork, run: Run) -> None:
    """A newer extract, or taking a run back, takes the place of plans that still wait for people."""
    again = "is not tried again" if run.mode is RunMode.REVERT else "is planned anew"
    for older_id in uow.runs.waiting(run.feed):
        older = uow.runs.get(older_id, lock=True)
        left = (
            f"what failed or was left of it {again}"
            if older.state in (RunState.APPLIED_WITH_ERRORS, RunState.CANCELED)
            else "nothing of it was written"
        )
        supersede(tools, uow, older, by=run.id, left=left)


def _facts(plan: Plan, inputs: PlanInputs, found: list[str]) -> dict[str, Json]:
    return {
        **read_how(inputs.policy),
        "sites": {code: group.name for code, group in inputs.mapping.sites.items()},
        "managed_active": plan.removals.managed_active,
        "shielded": plan.shielded,
        **absentee_facts(plan),
        "ladder": inputs.policy.staff.removal.ladder.value,
        "first_run": inputs.first_run,
        "adoption": plan.adoption.to_json(),
        **gaps(inputs.snapshot, plan.gates),
        "mapping_drift": list(found),
        "former_groups": {str(id_): n for id_, n in inputs.mapping.former_groups.items()},
        "former_owed": sorted(plan.owed),
        "buckets": {str(bucket.id): bucket.name for bucket in inputs.mapping.buckets},
        "columns": {str(bucket.id): bucket.column for bucket in inputs.mapping.buckets},
    }
