"""Damaged files against the reader: no wrong row, next to no good row lost, all of it reported.

What no reader can know is counted apart: `SAME_WIDTH` in damage.py says which, and why.
"""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.campaign.cases import cases, thorough
from tests.campaign.damage import ALL
from tests.campaign.sound import make
from tests.campaign.tally import Tally

#: Of good rows neither damaged nor joined to the damage, at most so many may be lost.
LOST_AT_MOST = 0.0005


@pytest.mark.slow
def test_no_damage_of_any_kind_brings_a_wrong_row() -> None:
    """Slow: hundreds of files, since the damage that misleads a reader is rare."""
    tally = Tally()
    for sound, damage in cases(Random("campaign"), 900, list(ALL), plain=True):
        tally.add(sound, damage)
    assert tally.told == []
    assert tally.total.lost_share <= LOST_AT_MOST


@pytest.mark.slow
def test_no_character_added_or_lost_anywhere_brings_a_wrong_row() -> None:
    """Slow: whole files, damaged at each of their characters."""
    tally = Tally()
    for sound, damage in thorough(Random("everywhere"), 2000, plain=True):
        tally.add(sound, damage)
    assert tally.told == []
    assert tally.total.lost_share <= LOST_AT_MOST


@given(seed=st.integers(0, 2**32), kind=st.sampled_from(sorted(ALL)))
def test_no_file_that_hypothesis_picks_brings_a_wrong_row(seed: int, kind: str) -> None:
    """`HYPOTHESIS_PROFILE=search` looks at others each time, notes that look like records among them."""
    rng = Random(seed)
    sound = make(rng)
    damage = ALL[kind](sound, rng)
    tally = Tally()
    if damage is not None:
        tally.add(sound, damage)
    assert tally.told == []
