"""Which mapping a run works with, and which groups it has to empty because an older one named them."""

from dataclasses import replace
from typing import cast

from shared.domain.action import ActionStatus, Kind
from shared.domain.canonical import words
from shared.domain.former_groups import former_groups
from shared.domain.mapping import Mapping, parse_mapping
from shared.domain.run import Run, RunMode
from shared.ports.mappings import MappingVersion
from shared.ports.plans import ActionFilter
from shared.ports.unit_of_work import UnitOfWork

_UNDONE = tuple(status for status in ActionStatus if status is not ActionStatus.SUCCEEDED)


def mapping_of_run(uow: UnitOfWork, run: Run) -> Mapping:
    """The version the run was started with; who looks for drift has nothing to empty.

    Who takes a run back has the groups to look after that it has joined people to, or taken them from.
    """
    mapping = parse_mapping(uow.mappings.body(run.mapping_sha256))
    match run.mode:
        case RunMode.DRIFT:
            return mapping
        case RunMode.REVERT:
            groups = uow.reversals.groups(run.reverts or "")
            former = {id_: name for id_, name in groups.items() if id_ not in mapping.groups}
            return replace(mapping, former_groups=former)
        case _:
            return after_applied(uow, run.feed, mapping)


def after_applied(uow: UnitOfWork, feed: str, mapping: Mapping) -> Mapping:
    """A version as it follows on what was applied last: with the groups that are to be left."""
    last = uow.runs.last_success(feed)
    if last is None:
        return mapping
    applied = parse_mapping(uow.mappings.body(last.mapping_sha256))
    former = former_groups(mapping, applied, _unfinished(uow, last))
    return replace(mapping, former_groups=former)


def _unfinished(uow: UnitOfWork, last: Run) -> dict[int, str]:
    """Former groups of the last applied plan that somebody is still to leave."""
    plan = uow.plans.of_run(last.id)
    if plan is None:
        return {}
    stored = cast("dict[str, str]", plan.facts.get("former_groups", {}))
    if not stored:
        return {}
    former = {int(id_): name for id_, name in stored.items()}
    leaves = ActionFilter(kinds=(Kind.LEAVE,), statuses=_UNDONE, groups=tuple(former))
    undone = {leave.action.group_id for leave in uow.plans.actions(plan.id, leaves)}
    undone |= {int(id_) for id_ in words(plan.facts.get("former_owed"))}
    # Whoever takes a run back puts people into the groups again that it had emptied.
    undone |= {
        id_ for back in uow.reversals.of(last.id) for id_ in uow.reversals.groups(back.run_id)
    }
    return {id_: name for id_, name in former.items() if id_ in undone}


def same_number(uow: UnitOfWork, mapping: Mapping) -> tuple[MappingVersion, ...]:
    """Kept versions that carry the number of this one and say something else."""
    return tuple(
        kept
        for kept in uow.mappings.history()
        if kept.version == mapping.version and kept.sha256 != mapping.sha256
    )
