"""What a gate saw, in words: a number without its subject says nothing to who reads the first screen."""

from collections.abc import Mapping

from shared.domain.gate_rules import GateName
from shared.domain.gates import Gate, Verdict

#: What was counted. ``{of}`` is of how many: people or records of the plan's target, or rows.
_COUNTED: Mapping[GateName, str] = {
    GateName.REMOVALS: "{n}{of} would be removed",
    GateName.REMOVALS_SITE: "{n}{of} there would be removed",
    GateName.MEMBERSHIPS_REMOVED: "{n}{of} would leave a group",
    GateName.ADDS: "{n} would be added or reactivated{beside}",
    GateName.UPDATES: "{n}{of} would be updated",
    GateName.KEY_CHANGES: "{n}{of} would get another email, username or employee number",
    GateName.BLANKED: "{n}{of} would lose a value",
    GateName.ROWS_FEWER: "{n} rows fewer than usual ({left} instead of {usual})",
    GateName.BYTES_FEWER: "{n} bytes fewer than usual ({left} instead of {usual})",
    GateName.QUARANTINED: "{n}{of} rows were not taken",
    GateName.UNIDENTIFIED_ROWS: "damaged rows that name nobody: {n}",
    GateName.DETAILS_MISSING: "{n}{of} people could not be read",
}


def gate_words(gate: Gate) -> str:
    """What was counted, of how many, and the limit; without a baseline what was counted alone."""
    usual = gate.population or 0
    told = _COUNTED[gate.name].format(
        n=f"{gate.value:,}", left=f"{usual - gate.value:,}", usual=f"{usual:,}",
        of=f" of {usual:,}" if usual else "", beside=f" to {usual:,}" if usual else "",
    )  # fmt: skip
    return told if gate.verdict is Verdict.NO_BASELINE else f"{told}; limit {gate.limit:,}"
