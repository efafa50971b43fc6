"""The damaged files of a campaign, one after the other, always the same from a seed."""

from collections.abc import Iterator, Sequence
from random import Random

from tests.campaign.damage import ALL, Damage, every_position
from tests.campaign.sound import Sound, make

#: Damages tried on one sound file.
TRIES = 6


def cases(
    rng: Random, files: int, kinds: Sequence[str], *, plain: bool = False
) -> Iterator[tuple[Sound, Damage]]:
    """So many damaged files, the kinds in turn."""
    done, turn = 0, 0
    while done < files:
        sound = make(rng, plain=plain)
        for _ in range(TRIES):
            damage = ALL[kinds[turn % len(kinds)]](sound, rng)
            turn += 1
            if damage is not None and done < files:
                done += 1
                yield sound, damage


def thorough(rng: Random, files: int, *, plain: bool = False) -> Iterator[tuple[Sound, Damage]]:
    """So many damaged files: one sound file of middle size at every position, then the next one."""
    done = 0
    while done < files:
        sound = make(rng, plain=plain)
        if not 10 <= len(sound.rows) <= 60 or len(sound.data) > 4000:
            continue
        for damage in every_position(sound):
            if done < files:
                done += 1
                yield sound, damage
