"""Whether a plan may still be approved or applied, with a message of its own for each reason."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NoReturn
from zoneinfo import ZoneInfo

from shared.domain.canonical import sha256
from shared.domain.errors import ConfigInvalid, Conflict
from shared.domain.plan import digest_of_sorted
from shared.domain.run import Run, RunState, TargetName
from shared.domain.stale import Stale, StaleReason
from shared.domain.text import people_in_words
from shared.pipeline.tools import Tools
from shared.ports.freshness import Reading
from shared.ports.plans import StoredPlan
from shared.ports.unit_of_work import UnitOfWork

#: Hash of the mapping file as it is now.
MappingNow = Callable[[], str]
#: SHA-256 in hex.
_DIGEST_LENGTH = 64


def require_fresh(tools: Tools, uow: UnitOfWork, run: Run, plan: StoredPlan) -> None:
    """Refuse a plan that no longer says what would be right, or that somebody has changed.

    Raises:
        Stale: with what has changed. Nothing was written.
        Conflict: `plan_tampered`. Nothing was written.
    """
    require_current(tools, uow, run, plan)
    _require_unchanged(uow, plan)


def require_current(tools: Tools, uow: UnitOfWork, run: Run, plan: StoredPlan) -> None:
    """Refuse a plan that no longer says what would be right; quick, however many actions it has.

    Raises:
        Stale: with what has changed. Nothing was written.
    """
    if run.state is RunState.STALE:
        _refuse(plan, StaleReason(run.reason or StaleReason.SUPERSEDED), _ended(run))
    if plan.expired:
        _refuse(plan, StaleReason.EXPIRED, f"{expiry_words(tools, plan)}.")
    if (run.input_sha256 or "") != (plan.header.get("input_sha256") or ""):
        _refuse(plan, StaleReason.INPUT, "was made from other records than its run has read.")
    if run.config_sha256 != tools.config_sha256:
        what = "was made with another configuration (staff, limits, approval or base URL)."
        _refuse(plan, StaleReason.CONFIGURATION, what)
    if run.engine_version != tools.engine_version:
        _refuse(plan, StaleReason.ENGINE, f"was made by engine version {run.engine_version}.")
    if run.target is TargetName.RECORDS and run.mapping_sha256 != tools.governed(run.feed).sha256:
        what = f"was made with other fields or rules of {run.feed}."
        _refuse(plan, StaleReason.MAPPING, what)
    if (reading := uow.freshness.read_otherwise(plan.id)) is not None:
        _refuse(plan, StaleReason.PEOPLE, f"is out of date: {reading_words(tools, reading)}.")


def expiry_words(tools: Tools, plan: StoredPlan) -> str:
    """When a plan has expired, in the district's time."""
    if plan.expires_at is None:
        return "has expired"
    hours = round((plan.expires_at - plan.created_at).total_seconds() / 3600)
    return f"has expired on {_at(tools, plan.expires_at)}, {hours} hours after it was made"


def reading_words(tools: Tools, reading: Reading) -> str:
    """Who was otherwise when ASCIP was read again."""
    were = "was" if reading.people == 1 else "were"
    return (
        f"{people_in_words(reading.people)} of it {were} otherwise in ASCIP when {reading.run_id} read it"
        f" on {_at(tools, reading.at)}"
    )


def _at(tools: Tools, moment: datetime) -> str:
    there = moment.astimezone(ZoneInfo(tools.policy.timezone))
    return f"{there:%Y-%m-%d at %H:%M} ({tools.policy.timezone})"


def _ended(run: Run) -> str:
    """What ended a run that is stale."""
    if run.superseded_by:
        return f"is out of date: {run.superseded_by} took its place."
    return f"is out of date: {run.detail}."


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


def require_same_mapping(run: Run, plan: StoredPlan, mapping: MappingNow | None) -> None:
    """Refuse a staff plan whose mapping file has changed since; without ``mapping`` nobody looks.

    Raises:
        Stale: it has. Nothing was written.
        ConfigInvalid: the file can't be used now. Nothing was written.
    """
    if mapping is None or run.target is not TargetName.ASCIP:
        return
    if run.mapping_sha256 != mapping():
        raise Stale(
            f"The mapping file has changed since plan {plan.id} was made. Nothing was written."
            " Plan again, or put the file back as it was.",
            StaleReason.MAPPING,
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


def _refuse(plan: StoredPlan, reason: StaleReason, why: str) -> NoReturn:
    raise Stale(f"Plan {plan.id} {why} Nothing was written. Plan again.", reason)
