"""Two runs side by side: what each was made from, what each proposes, and where that differs."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.canonical import Json
from shared.domain.run import Run, TargetName, Upload
from shared.pipeline.tools import Tools
from shared.ports.comparison import ActionPair, PlanComparison
from shared.ports.plans import StoredPlan
from shared.ports.snapshots import Difference
from shared.ports.unit_of_work import UnitOfWork
from shared.ports.views import Page, PageOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two."""

    run: Run
    upload: Upload | None
    plan: StoredPlan | None
    #: As its author wrote it; None where it isn't kept, as for a governed feed.
    mapping_version: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Both, and what lies between them."""

    a: Side
    b: Side
    #: People who came, went or changed from A's snapshot to B's, and of how many which field did; None
    #: unless both have read ASCIP.
    people: Mapping[Difference, int] | None
    fields: Mapping[str, int]
    plans: PlanComparison
    actions: Page[ActionPair]


def compare_runs(tools: Tools, a: str, b: str, page: PageOf) -> Comparison:
    """Compare two runs, each by its id or its plan's. Raises `NotFound`."""
    with tools.transactions.begin() as uow:
        sides = _side(uow, a), _side(uow, b)
        plans = [side.plan for side in sides]
        differ = None
        if plans[0] and plans[1] and all(s.run.target is TargetName.ASCIP for s in sides):
            differ = uow.snapshots.difference(plans[0].snapshot_id, plans[1].snapshot_id)
        ids = tuple(plan.id if plan else None for plan in plans)
        return Comparison(
            a=sides[0], b=sides[1], people=differ.counts if differ else None,
            fields=differ.fields if differ else {}, plans=uow.views.compare(ids[0], ids[1]),
            actions=uow.views.differing(ids[0], ids[1], page),
        )  # fmt: skip


def _side(uow: UnitOfWork, plan_or_run_id: str) -> Side:
    by_run = plan_or_run_id.startswith("run_")
    run = uow.runs.get(plan_or_run_id if by_run else uow.plans.get(plan_or_run_id).run_id)
    versions = {version.sha256: version.version for version in uow.mappings.history()}
    return Side(
        run=run, upload=uow.runs.upload(run.upload_id) if run.upload_id else None,
        plan=uow.plans.of_run(run.id), mapping_version=versions.get(run.mapping_sha256),
    )  # fmt: skip


def same(found: Comparison) -> dict[str, bool | None]:
    """What is the same in both; None where one of them lacks it."""
    a, b = _made_from(found.a), _made_from(found.b)
    return {name: None if None in (a[name], b[name]) else a[name] == b[name] for name in a}


def _made_from(side: Side) -> dict[str, Json]:
    run, plan = side.run, side.plan
    return {
        "extract": side.upload.sha256 if side.upload else None,
        "records": run.input_sha256,
        "mapping": run.mapping_sha256,
        "configuration": run.config_sha256,
        "engine": run.engine_version,
        "snapshot": plan.header["snapshot_sha256"] if plan else None,
        "plan": plan.digest if plan else None,
    }
