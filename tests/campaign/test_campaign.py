"""Damaged files against the reader: no wrong row, next to no good row lost, all of it reported.

Damage that leaves a row's width as it was is judged by what the columns look like. `SAME_WIDTH` in
damage.py says what no reader can know of it; of the rest one file in a hundred may still mislead.
"""

from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.campaign.cases import cases, thorough
from tests.campaign.damage import ALL, SAME_WIDTH
from tests.campaign.sound import make
from tests.campaign.tally import Tally

#: Of good rows neither damaged nor joined to the damage, at most so many may be lost.
LOST_AT_MOST = 0.0005
#: Of files whose damage leaves the width as it was, so many may bring a wrong row that could be known.
MISLED_AT_MOST = 0.01


def told(tally: Tally) -> list[str]:
    """What went wrong, but for what this page allows.

    A quote that is open at the very end of a file refuses it, whatever has opened it.
    """
    return [one for one in tally.told if "refused_truncated" not in one.partition(":")[0]]


def same_width(one: str) -> bool:
    """Whether it is about damage that leaves the width as it was."""
    return one.startswith(tuple(SAME_WIDTH))


@pytest.mark.slow
def test_no_damage_of_any_kind_brings_a_wrong_row() -> None:
    """Slow: hundreds of files, since the damage that misleads a reader is rare."""
    tally = Tally()
    for sound, damage in cases(Random("campaign"), 900, list(ALL), plain=True):
        tally.add(sound, damage)
    misled = [one for one in told(tally) if same_width(one)]
    assert [one for one in told(tally) if one not in misled] == []
    assert len(misled) <= 900 * MISLED_AT_MOST
    assert tally.total.lost_share <= LOST_AT_MOST


@pytest.mark.slow
def test_no_character_added_or_lost_anywhere_brings_a_wrong_row() -> None:
    """Slow: whole files, damaged at each of their characters."""
    tally = Tally()
    for sound, damage in thorough(Random("everywhere"), 2000, plain=True):
        tally.add(sound, damage)
    assert [one for one in told(tally) if not same_width(one)] == []
    assert tally.total.lost_share <= LOST_AT_MOST


@given(seed=st.integers(0, 2**32), kind=st.sampled_from(sorted(set(ALL) - SAME_WIDTH)))
def test_no_file_that_hypothesis_picks_brings_a_wrong_row(seed: int, kind: str) -> None:
    """`HYPOTHESIS_PROFILE=search` looks at others each time; among few rows there's little to know."""
    rng = Random(seed)
    sound = make(rng, plain=True)
    assume(len(sound.rows) >= 10)
    damage = ALL[kind](sound, rng)
    tally = Tally()
    if damage is not None:
        tally.add(sound, damage)
    assert [one for one in told(tally) if not same_width(one)] == []
