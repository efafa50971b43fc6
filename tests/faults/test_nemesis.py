"""Random faults on all sides at once; afterwards everything is where it belongs, and that once."""

import os

import pytest

from tests.faults.nemesis import play
from tests.faults.plant import Grounds

#: How many seeds, from which on: `make soak` plays more.
_SEEDS = int(os.environ.get("ASCIP_SYNC_TEST_SEEDS", "3"))
_FIRST = int(os.environ.get("ASCIP_SYNC_TEST_FIRST_SEED", "1"))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(_FIRST, _FIRST + _SEEDS))
def test_whatever_breaks_nothing_is_lost_and_nothing_happens_twice(
    grounds: Grounds, seed: int
) -> None:
    """Twenty seconds of faults, and the time it takes to get over them: 30 to 60 s."""
    assert list(play(grounds, seed)) == []
