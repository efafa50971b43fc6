"""How much may go wrong while applying: one below each limit, and at it."""

from typing import Any

import pytest

from shared.domain.policy import Limits
from shared.domain.rates import Ended, too_many
from shared.domain.run import PausedReason

FAILURES, CONFLICTS = PausedReason.FAILURE_RATE, PausedReason.CONFLICT_RATE


@pytest.mark.parametrize(
    ("ended", "reason"),
    [
        ({"failed": 4, "in_a_row": 4}, None),
        ({"failed": 5, "in_a_row": 5}, FAILURES),
        ({"approved": 10, "failed": 5, "in_a_row": 5}, FAILURES),
        ({"failed": 9}, None),
        ({"failed": 10}, FAILURES),
        ({"conflicts": 19}, None),
        ({"conflicts": 20}, CONFLICTS),
        ({"approved": 19, "failed": 10, "conflicts": 10}, None),
        ({"approved": 20, "failed": 1}, FAILURES),
        ({"approved": 20, "conflicts": 1}, None),
        ({"approved": 20, "conflicts": 2}, CONFLICTS),
    ],
)
def test_a_run_pauses_at_its_limits(ended: dict[str, Any], reason: PausedReason | None) -> None:
    counts = {"approved": 200, "failed": 0, "conflicts": 0, "in_a_row": 0}
    found = too_many(Ended(**counts | ended), Limits())
    assert (found and found[0]) == reason
