"""What became of one person in one run, step by step: the same six steps on every surface."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared.domain.action import Kind
from shared.domain.canonical import Json


class StepName(StrEnum):
    """The way from a row to a call, in its order."""

    IMPORT = "import"  # the row, as it was read and tidied
    SCOPING = "scoping"  # whether it is ours to decide
    MATCHING = "matching"
    MAPPING = "mapping"
    DIFF = "diff"
    ACTION = "action"  # limits, review, the call and what came of it


class StepStatus(StrEnum):
    """How a step went."""

    SUCCESS = "success"
    WARNING = "warning"  # something is left out, held or worth a look
    FAILURE = "failure"  # the way ends here, or the call did not do what it should
    SKIPPED = "skipped"  # there was nothing to do


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step in words, each a sentence, and as data. Addresses are masked in both."""

    name: StepName
    status: StepStatus
    words: tuple[str, ...]
    detail: Mapping[str, Json] = field(default_factory=dict)

    @property
    def description(self) -> str:
        """All its sentences."""
        return " ".join(self.words)


#: The call that carries an action out; `{id}` is the person's, or the group's of a membership.
CALLS: Mapping[Kind, str] = {
    Kind.ADD: "POST /people",
    Kind.UPDATE: "PUT /people/{id}",
    Kind.REACTIVATE: "POST /people/{id}/reactivate",
    Kind.JOIN: "POST /groups/{id}/members",
    Kind.LEAVE: "POST /groups/{id}/members",
    Kind.DEACTIVATE: "POST /people/{id}/deactivate",
}
