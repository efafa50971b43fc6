"""Four eyes: who started a run, or brought in its mapping version, does not approve its plan."""

from shared.domain.audit import SYSTEM
from shared.domain.errors import Conflict
from shared.domain.run import Run, TargetName
from shared.pipeline.tools import Tools
from shared.ports.plans import StoredPlan
from shared.ports.unit_of_work import UnitOfWork

#: Of `approval.mode`: what trips nothing is approved without a person.
BY_RULE = "over_limits"


def require_second_person(tools: Tools, uow: UnitOfWork, run: Run, actor: str) -> None:
    """Refuse a decision that is the maker's own, where two persons are wanted.

    A user is one person, on the command line and with any personal key; a service key is whoever made
    it. A trigger on the stored review asks the same.

    Raises:
        Conflict: `four_eyes`. Nothing was written.
    """
    if not tools.policy.approval.four_eyes:
        return
    makers = {run.actor}
    if run.target is TargetName.ASCIP:
        makers.add(uow.mappings.author(run.mapping_sha256))
    own = uow.access.person_behind(actor) in set(map(uow.access.person_behind, makers))
    if own or actor == str(SYSTEM):
        raise Conflict(
            "You started this run or brought in its mapping, yourself or with a service key you made,"
            " and this installation wants two persons (approval.four_eyes). Nothing was written."
            " Ask another approver.",
            code="four_eyes",
        )


def require_reviewed_by_second(tools: Tools, uow: UnitOfWork, run: Run, plan: StoredPlan) -> None:
    """Before anything is written, look once more who approved it; what a rule approves is nobody's own.

    Raises:
        Conflict: `four_eyes`. Nothing was written.
    """
    review = uow.plans.review_of(plan.id)
    by_rule = tools.policy.approval.mode == BY_RULE
    if review is not None and not (by_rule and review.actor == str(SYSTEM)):
        require_second_person(tools, uow, run, review.actor)
