"""Whether a plan may still be approved or applied, with a message of its own for each reason."""

from collections.abc import Iterator

from shared.domain.canonical import sha256
from shared.domain.errors import ConfigInvalid, Conflict
from shared.domain.plan import digest_of_sorted
from shared.domain.run import Run, RunState, TargetName
from shared.pipeline.tools import Tools
from shared.ports.plans import StoredPlan
from shared.ports.unit_of_work import UnitOfWork

#: SHA-256 in hex.
_DIGEST_LENGTH = 64


def require_fresh(tools: Tools, uow: UnitOfWork, run: Run, plan: StoredPlan) -> None:
    """Refuse a plan that no longer says what would be right.

    Raises:
        Conflict: with code `plan_stale`, `plan_expired` or `plan_tampered`. Nothing was written.
    """
    if run.state is RunState.STALE:
        by = f" {run.superseded_by} took its place." if run.superseded_by else ""
        _refuse(plan, f"is out of date.{by}")
    if plan.expired:
        hours = tools.policy.approval.plan_ttl_h
        _refuse(plan, f"was made more than {hours} hours ago and has expired.", code="plan_expired")
    if run.config_sha256 != tools.config_sha256:
        _refuse(plan, "was made with another configuration (staff, limits, approval or base URL).")
    if run.engine_version != tools.engine_version:
        _refuse(plan, f"was made by engine version {run.engine_version}.")
    if run.target is TargetName.RECORDS and run.mapping_sha256 != tools.governed(run.feed).sha256:
        _refuse(plan, f"was made with other fields or rules of {run.feed}.")
    _require_unchanged(uow, plan)


def is_fresh(tools: Tools, uow: UnitOfWork, run: Run, plan: StoredPlan) -> bool:
    """Whether `require_fresh` has nothing to say."""
    try:
        require_fresh(tools, uow, run, plan)
    except Conflict:
        return False
    return True


def require_same_configuration(tools: Tools, run: Run) -> None:
    """Refuse to read or plan a run under another configuration or engine than it names.

    Raises:
        ConfigInvalid: the worker runs with another one. Nothing was planned.
    """
    if (run.config_sha256, run.engine_version) != (tools.config_sha256, tools.engine_version):
        raise ConfigInvalid(
            "The worker has another configuration or engine version than the run was ordered with:"
            " one of them has changed since. Nothing was planned. Restart the workers if they run with"
            " an old one, then plan again.",
            code="config_changed",
        )


def require_same_mapping(run: Run, mapping_sha256: str) -> None:
    """Refuse a plan whose mapping file has changed since."""
    if run.mapping_sha256 != mapping_sha256:
        raise Conflict(
            "The mapping file has changed since the plan was made. Nothing was written."
            " Plan again, or put the file back as it was.",
            code="plan_stale",
        )


def require_digest(plan: StoredPlan, sent: str) -> None:
    """Refuse a decision that was made about another plan."""
    wanted = sent.removeprefix("sha256:").lower()
    if len(wanted) < _DIGEST_LENGTH and plan.digest.startswith(wanted):
        raise Conflict(
            f"You sent {len(wanted)} of {_DIGEST_LENGTH} characters of the digest. Nothing was"
            " written. Paste the whole digest, so that it can't be another plan's.",
            code="digest_mismatch",
        )
    if wanted != plan.digest:
        raise Conflict(
            f"The digest does not fit plan {plan.id}: it is {plan.digest[:12]}…, you sent"
            f" {wanted[:12]}…. Nothing was written. Look at the plan again: `ascip-sync show {plan.id}`.",
            code="digest_mismatch",
        )


def _require_unchanged(uow: UnitOfWork, plan: StoredPlan) -> None:
    """Recompute the digest from what is stored: what is applied is what was approved, to the byte."""
    intact = True

    def checked() -> Iterator[str]:
        nonlocal intact
        for body, hash_ in uow.plans.hashes(plan.id):
            intact &= sha256(body.encode()) == hash_
            yield hash_

    computed = digest_of_sorted(plan.header, checked())
    if not intact or computed != plan.digest:
        raise Conflict(
            f"What is stored of plan {plan.id} does not give its digest: somebody has changed it."
            f" Expected {plan.digest}, computed {computed}. Nothing was written."
            " Keep the database as it is for an investigation, then plan again.",
            code="plan_tampered",
        )


def _refuse(plan: StoredPlan, why: str, *, code: str = "plan_stale") -> None:
    raise Conflict(f"Plan {plan.id} {why} Nothing was written. Plan again.", code=code)
