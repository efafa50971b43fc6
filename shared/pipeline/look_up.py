"""Ask the target whether nobody has what newcomers would get, while somebody could not be read."""

from shared.domain.work import NewWork, WorkItem, WorkKind
from shared.pipeline.tools import Tools


def look_up(tools: Tools, item: WorkItem) -> None:
    """Ask what the plan needs to know and store each answer; then the plan is made anew."""
    begun_s = tools.clock.elapsed()
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        snapshot_id = uow.snapshots.id_of(item.run_id)
        logins = uow.snapshots.unasked(snapshot_id, tools.concurrency)
    while logins:
        nobody = tools.target.nobody_has(logins)
        with tools.transactions.begin() as uow:
            uow.work.renew(item)
            uow.runs.end_wait(item.run_id)
            uow.snapshots.answer(snapshot_id, dict(zip(logins, nobody, strict=True)))
            logins = uow.snapshots.unasked(snapshot_id, tools.concurrency)
            if logins and tools.enough(begun_s):
                uow.work.postpone(item, delay_s=0)
                return
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        uow.work.add(item.run_id, [NewWork(kind=WorkKind.PLAN, chunk={})])
        uow.work.finish(item)
