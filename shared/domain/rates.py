"""While applying: how much may go wrong before a run is paused. Pure."""

from dataclasses import dataclass

from shared.domain.gates import percent_of
from shared.domain.policy import Limits
from shared.domain.run import PausedReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a run's approved actions have ended since it was begun or went on."""

    approved: int
    failed: int
    conflicts: int
    #: Failures since the last action that ended otherwise.
    in_a_row: int


def too_many(ended: Ended, limits: Limits) -> tuple[PausedReason, str] | None:
    """Why a run should pause, and the numbers in words; None while it may go on.

    A percentage needs as many approved actions as percentages of people need people.
    """
    shares = ended.approved >= limits.min_population
    failures, conflicts = limits.failures, limits.conflicts
    if ended.in_a_row >= failures.in_a_row:
        return PausedReason.FAILURE_RATE, f"{ended.in_a_row} actions failed in a row"
    if shares and ended.failed >= percent_of(failures.percent, ended.approved):
        return PausedReason.FAILURE_RATE, f"{ended.failed:,} of {ended.approved:,} actions failed"
    if shares and ended.conflicts >= percent_of(conflicts.percent, ended.approved):
        told = f"{ended.conflicts:,} of {ended.approved:,} actions met a change by somebody else"
        return PausedReason.CONFLICT_RATE, told
    return None
