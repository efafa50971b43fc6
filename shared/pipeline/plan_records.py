"""Plan a governed run: its rows beside the versions in force, streamed, in one transaction."""

from collections import Counter
from collections.abc import Iterator, Mapping

from shared.domain.action import Action, ActionClass, HeldReason, Kind, classify
from shared.domain.audit import SYSTEM, AuditVerb
from shared.domain.canonical import Json
from shared.domain.gates import Gate, hold_of_class, judge_records
from shared.domain.plan import FORMAT_VERSION, PlanHead, digest_of_sorted
from shared.domain.record_diff import kind_of, propose
from shared.domain.run import Phase, Run, RunState
from shared.domain.work import NewWork, WorkItem, WorkKind
from shared.pipeline.decide import approve_by_rule
from shared.pipeline.propose import apply_if_wanted
from shared.pipeline.report import require_every_row
from shared.pipeline.shadow import end_shadow, in_shadow
from shared.pipeline.staleness import require_same_configuration
from shared.pipeline.tools import Tools, audit, move
from shared.ports.records import Contents
from shared.ports.unit_of_work import UnitOfWork


def observe_store(tools: Tools, item: WorkItem) -> None:
    """The store is read by the plan's own transaction; here it only gets its snapshot's id."""
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        run = uow.runs.get(item.run_id, lock=True)
        uow.snapshots.start(tools.ids.new("snp"), run.id, run.target)
        move(tools, uow, run, RunState.PLANNING, actor=SYSTEM, phase=Phase.PLAN)
        uow.work.add(run.id, [NewWork(kind=WorkKind.PLAN, chunk={})])
        uow.work.finish(item)


def plan_records(tools: Tools, item: WorkItem) -> None:
    """Compare every row with the version in force; store the actions as they are made."""
    with tools.transactions.begin() as uow:
        run = uow.runs.get(item.run_id)
        require_same_configuration(tools, run)
        contents = uow.records.contents(run.feed)
        kinds = _count_kinds(uow, run)
        first_run = uow.runs.last_success(run.feed) is None
        gates = judge_records(_classes(kinds), limits=tools.policy.limits, active=contents.active)
        plan_id = tools.ids.new("pln")
        snapshot_id = uow.snapshots.id_of(run.id)
        header = _header(tools, run, contents, gates)
        uow.plans.begin(
            plan_id, run_id=run.id, snapshot_id=snapshot_id, header=header,
            ttl_h=tools.policy.approval.plan_ttl_h,
        )  # fmt: skip
        uow.plans.add_actions(plan_id, _actions(uow, run, gates))
        head = _head(
            run, header, gates, kinds, digest_of_sorted(header, uow.plans.sorted_hashes(plan_id))
        )
        uow.plans.seal(plan_id, head, facts=_facts(contents, first_run=first_run))
        uow.snapshots.complete(snapshot_id, contents.sha256, total=contents.active)
        uow.runs.set_as_of(run.id, tools.today())
        require_every_row(uow, run)
        audit(
            tools, uow, SYSTEM, AuditVerb.PLAN_CREATED, of=("plan", plan_id), run_id=run.id,
            plan_digest=head.digest, detail={"summary": head.summary, "gates": header["gates"]},
        )  # fmt: skip
        _move_on(tools, uow, run.id, head, plan_id=plan_id, changes=bool(kinds))
        if approve_by_rule(tools, uow, run.id):
            apply_if_wanted(tools, uow, run.id)
        uow.work.finish(item)


def _count_kinds(uow: UnitOfWork, run: Run) -> Counter[Kind]:
    """How much of each kind there will be: gates are judged before the first action is made."""
    compared = uow.records.compared(run.id, run.feed)
    kinds = (kind_of(each.payload, each.current) for each in compared)
    return Counter(kind for kind in kinds if kind)


def _classes(kinds: Mapping[Kind, int]) -> Counter[ActionClass]:
    counts: Counter[ActionClass] = Counter()
    for kind, number in kinds.items():
        counts[classify(kind)] += number
    return counts


def _actions(uow: UnitOfWork, run: Run, gates: list[Gate]) -> Iterator[Action]:
    holds: Mapping[ActionClass, HeldReason | None] = {
        class_: hold_of_class(class_, gates) for class_ in ActionClass
    }
    for each in uow.records.compared(run.id, run.feed):
        if kind := kind_of(each.payload, each.current):
            yield propose(each, kind, holds[classify(kind)])


def _header(tools: Tools, run: Run, contents: Contents, gates: list[Gate]) -> dict[str, Json]:
    return {
        "format_version": FORMAT_VERSION,
        "feed": run.feed,
        "as_of": tools.today().isoformat(),
        "engine_version": run.engine_version,
        "input_sha256": run.input_sha256,
        "mapping_sha256": run.mapping_sha256,
        "config_sha256": run.config_sha256,
        "snapshot_sha256": contents.sha256,
        "gates": [gate.to_json() for gate in gates],
    }


def _head(
    run: Run, header: Mapping[str, Json], gates: list[Gate], kinds: Counter[Kind], digest_: str
) -> PlanHead:
    held_classes = sorted({c for gate in gates if gate.tripped for c in gate.classes})
    planned = sum(kinds.values())
    held = sum(n for kind, n in kinds.items() if classify(kind) in held_classes)
    summary = {kind.value: kinds[kind] for kind in Kind} | {
        "held": held,
        "waiting_for_held": 0,
        "unchanged": int(str(run.counts["accepted"])) - planned,
        "calls_estimated": 0,
    }
    return PlanHead(
        header=header, digest=digest_, held_classes=tuple(held_classes),
        applyable=planned > held, summary=summary,
    )  # fmt: skip


def _facts(contents: Contents, *, first_run: bool) -> dict[str, Json]:
    return {"first_run": first_run, "records_active": contents.active}


def _move_on(
    tools: Tools, uow: UnitOfWork, run_id: str, head: PlanHead, *, plan_id: str, changes: bool
) -> None:
    """Nothing is superseded: what another file says of other records is still to be decided."""
    run = uow.runs.get(run_id, lock=True)
    if in_shadow(tools):
        planned = sum(int(str(head.summary[kind])) for kind in Kind)
        end_shadow(tools, uow, run, plan_id=plan_id, planned=planned)
        uow.work.add(run.id, [NewWork(kind=WorkKind.REPORT, chunk={})])
        return
    waits = RunState.AWAITING_APPROVAL if head.applyable else RunState.HELD
    move(tools, uow, run, waits if changes else RunState.NO_CHANGES, actor=SYSTEM)
    if not changes:
        uow.work.add(run.id, [NewWork(kind=WorkKind.REPORT, chunk={})])
