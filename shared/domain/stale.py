"""Why a plan is out of date: each reason with a word of its own, for the refusal and for the run."""

from enum import StrEnum

from shared.domain.errors import Conflict


class StaleReason(StrEnum):
    """What has changed since a plan was made (docs/reference/review.md)."""

    SUPERSEDED = "superseded"  # a newer extract was planned
    EXPIRED = "expired"
    INPUT = "input"
    MAPPING = "mapping"
    CONFIGURATION = "configuration"
    ENGINE = "engine"
    PEOPLE = "people"  # ASCIP was read again, and people of the plan were otherwise


class Stale(Conflict):
    """A plan that is out of date; ``reason`` says which of its foundations is gone."""

    def __init__(self, message: str, reason: StaleReason) -> None:
        code = "plan_expired" if reason is StaleReason.EXPIRED else "plan_stale"
        super().__init__(message, code=code)
        self.reason = reason
