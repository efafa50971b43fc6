"""Write something about a plan, beside the decision: at any time, by whoever works with runs."""

from shared.domain.audit import Actor, AuditVerb
from shared.domain.canonical import sha256
from shared.domain.errors import Conflict
from shared.pipeline.tools import Tools, audit
from shared.ports.comments import Comment


def comment_on_plan(tools: Tools, plan_id: str, text: str, actor: Actor) -> Comment:
    """Keep a comment; the audit has a hash of it, since it may name people.

    Raises:
        NotFound: there is no such plan.
        Conflict: nothing was said. Nothing was written.
    """
    if not (said := text.strip()):
        raise Conflict("There is no text. Nothing was written. Send one.", code="reason_missing")
    with tools.transactions.begin() as uow:
        plan = uow.plans.get(plan_id)
        comment = uow.comments.add(tools.ids.new("com"), plan.id, str(actor), said)
        audit(
            tools, uow, actor, AuditVerb.PLAN_COMMENTED, of=("plan", plan.id), run_id=plan.run_id,
            plan_digest=plan.digest,
            detail={"comment_id": comment.id, "text_sha256": sha256(said.encode())},
        )  # fmt: skip
        return comment
