"""Read the target completely: lists, a detail for every person in chunks, and once more what failed."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from shared.domain.audit import SYSTEM
from shared.domain.canonical import words
from shared.domain.completeness import disagreement, in_doubt
from shared.domain.gates import too_few
from shared.domain.run import Phase, Run, RunState
from shared.domain.snapshot import Group, Person
from shared.domain.work import NewWork, WorkItem, WorkKind
from shared.pipeline.finish import fail
from shared.pipeline.read_mapping import mapping_of_run
from shared.pipeline.tools import Tools, chunk_size, move
from shared.ports.target import MissingDetail
from shared.ports.unit_of_work import UnitOfWork


def read_lists(tools: Tools, item: WorkItem) -> None:
    """Reference data, ids of all people, members of the managed groups; cuts the details into chunks."""
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        run = uow.runs.get(item.run_id)
        mapping = mapping_of_run(uow, run)
        uow.snapshots.start(tools.ids.new("snp"), run.id, run.target)
        snapshot_id = uow.snapshots.id_of(run.id)
    reference = tools.target.reference()
    people = tools.target.list_people()
    known = [reference.groups[g] for g in sorted(mapping.managed_groups) if g in reference.groups]
    members = tools.target.group_members(group.id for group in known)
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        uow.runs.end_wait(item.run_id)
        before = uow.snapshots.people_before(run.target)
        if too_few(len(people.ids), before, tools.policy.limits):
            detail = _too_few(len(people.ids), before, tools.policy.limits.snapshot_fewer.percent)
            fail(tools, uow, item.run_id, reason="snapshot_fewer", detail=detail)
            uow.work.finish(item)
            return
        groups = (
            Group(id=g.id, name=g.name, code=g.code, member_ids=members.get(g.id, frozenset()))
            for g in known
        )
        uow.snapshots.set_list(
            snapshot_id, reference=reference, groups=groups,
            total_items=people.total_items, complete=people.complete, passes=people.passes,
        )  # fmt: skip
        uow.work.add(item.run_id, _chunks(tools, people.ids, again=False))
        uow.work.finish(item)


def _chunks(tools: Tools, ids: Iterable[int], *, again: bool) -> list[NewWork]:
    size, ordered = chunk_size(tools.rate_per_s, tools.concurrency), sorted(ids)
    chunks = [ordered[i : i + size] for i in range(0, len(ordered), size)]
    return [NewWork(kind=WorkKind.FETCH, chunk={"ids": [*c], "again": again}) for c in chunks]


def _too_few(now: int, before: int | None, percent: float) -> str:
    if not now:
        return "ASCIP listed no people at all. Nothing was planned or written."
    return (
        f"ASCIP listed {now:,} people, {before:,} the last time it was read whole; from {percent:g} %"
        " fewer on it is not believed. Nothing was planned or written. Plan again; if so many were"
        " really deleted, raise limits.snapshot_fewer for one run."
    )


def fetch_people(tools: Tools, item: WorkItem) -> None:
    """Details of a chunk of people, each stored as it arrives; goes on where it stopped."""
    ids = [int(i) for i in words(item.chunk["ids"])]
    again = bool(item.chunk.get("again"))
    begun_s = tools.clock.elapsed()
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        if uow.runs.get(item.run_id).state is not RunState.FETCHING:
            uow.work.finish(item)
            return
        snapshot_id = uow.snapshots.id_of(item.run_id)
        stored = uow.snapshots.stored_ids(snapshot_id, ids, again=again)
    unread = [i for i in ids if i not in stored]
    for batch in tools.target.fetch_people(unread, again=again):
        enough = tools.enough(begun_s)
        tools.transactions.repeat(
            partial(_store, item=item, snapshot_id=snapshot_id, batch=batch, enough=enough)
        )
        if enough:
            return
    with tools.transactions.begin() as uow:
        uow.work.finish(item)
        _go_on_when_fetched(tools, uow, item.run_id, again=again)


def _store(
    uow: UnitOfWork,
    *,
    item: WorkItem,
    snapshot_id: str,
    batch: list[Person | MissingDetail],
    enough: bool,
) -> None:
    """May be done twice: what is there is left alone."""
    uow.work.renew(item)
    uow.runs.end_wait(item.run_id)
    people = [answer for answer in batch if isinstance(answer, Person)]
    missing = {a.ascip_id: a.code for a in batch if isinstance(a, MissingDetail)}
    if item.chunk.get("again"):
        uow.snapshots.set_again(snapshot_id, people, missing)
    else:
        ids = [*(person.id for person in people), *missing]
        there = uow.snapshots.stored_ids(snapshot_id, ids, again=False)
        uow.snapshots.add_people(snapshot_id, [p for p in people if p.id not in there])
        uow.snapshots.add_missing(snapshot_id, {i: c for i, c in missing.items() if i not in there})
    if enough:
        uow.work.postpone(item, delay_s=0)


def _go_on_when_fetched(tools: Tools, uow: UnitOfWork, run_id: str, *, again: bool) -> None:
    """Go on when no chunk is open; the run's row lock lets only the last one do it."""
    run = uow.runs.get(run_id, lock=True)
    if run.state is not RunState.FETCHING or uow.work.open_count(run_id, WorkKind.FETCH):
        return
    if again:
        _go_on_to_plan(tools, uow, run)
    else:
        uow.work.add(run_id, [NewWork(kind=WorkKind.READ_AGAIN, chunk={})])


def _go_on_to_plan(tools: Tools, uow: UnitOfWork, run: Run) -> None:
    move(tools, uow, run, RunState.PLANNING, actor=SYSTEM, phase=Phase.PLAN)
    uow.work.add(run.id, [NewWork(kind=WorkKind.PLAN, chunk={})])


def read_again(tools: Tools, item: WorkItem) -> None:
    """Read once more what contradicts itself and who could not be read.

    Groups first: most of those who contradict a list of members are right, and read soundly.
    """
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        snapshot_id = uow.snapshots.id_of(item.run_id)
        snapshot, _ = uow.snapshots.load(snapshot_id)
    members = tools.target.group_members(disagreement(snapshot).groups)
    groups = {
        id_: replace(group, member_ids=members.get(id_, group.member_ids))
        for id_, group in snapshot.groups.items()
    }
    people = in_doubt(replace(snapshot, groups=groups))
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        uow.work.finish(item)
        run = uow.runs.get(item.run_id, lock=True)
        if run.state is not RunState.FETCHING:
            return
        uow.runs.end_wait(run.id)
        uow.snapshots.set_members(snapshot_id, members)
        if people:
            uow.work.add(run.id, _chunks(tools, people, again=True))
        else:
            _go_on_to_plan(tools, uow, run)
