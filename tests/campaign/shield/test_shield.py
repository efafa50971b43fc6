"""Damaged extracts over a tenant of 2,000: nobody whose bytes stand in the damage loses anything.

The damage is judged by what it did to the file, not by what the engine says of it. Two things no shield
can know are counted apart: a row that reads as if it were sound, and one of which nothing is left.
"""

from random import Random

import pytest

from tests.campaign.shield.tally import KINDS, Tally, trials


@pytest.mark.slow
def test_nobody_in_a_damaged_region_is_removed_or_loses_a_group() -> None:
    """Slow: a tenant of 2,000, planned against once for each damaged file."""
    tally = Tally()
    for trial in trials(Random("shield"), 22, KINDS[::-1]):
        tally.add(*trial)
    total = tally.total
    assert tally.told == []
    assert total["saved"] > total["refused"]
    assert total["misread"] <= 1
    assert total["proposed"] >= total["leavers"] * 0.9, "the shield doesn't cover everybody"
