"""NAMES: 50,000 newcomers compared with 50,000 people nobody speaks for, by name and site.

Ours: `look_alikes` over names that were put in order before, as a plan does for its adds.

Floor: the same names looked up in a dict, which finds equal ones only. Nobody is added in a run
without newcomers, and then nothing of this is done.

The names are made of syllables, 45,000 different ones on either side, at 400 sites.
"""

import random
import sys
import time

from benchmarks.measure import Figures, Result, medians, report
from shared.domain.duplicates import Bearer, look_alikes
from shared.domain.names import Name, Part

PEOPLE, SITES = 50_000, 400
GOAL_S = 15
_STARTS = "Al Be Car Dan El Fran Gar Her Is Jo Kar Lin Mar Nor Ol Pat Ram Sal Tor Vic".split()  # noqa: SIM905
_ENDS = "a ana berg dez ella enko field ia ina ita ley man ov son ton ura vez ward wick yn".split()  # noqa: SIM905


def measure() -> list[Result]:
    """Seconds."""
    found = medians(__name__, ("floor", "ours"))
    floor, ours = found["floor"]["seconds"], found["ours"]["seconds"]
    return [
        Result(
            id="NAMES", work="50,000 newcomers against 50,000 people, by name and site",
            floor=floor, ours=ours, unit="s", goal=f"≤ {GOAL_S} s", met=ours <= GOAL_S,
            notes={"held": found["ours"]["held"], "equal": found["floor"]["equal"]},
        )
    ]  # fmt: skip


def bearers(first_number: int, seed: int) -> list[Bearer]:
    """Made-up people with numbers from ``first_number`` on."""
    chance = random.Random(seed)

    def part() -> Part:
        text = chance.choice(_STARTS) + chance.choice(_STARTS).lower() + chance.choice(_ENDS)
        return Part(text.lower(), frozenset({text.lower()}), "")

    return [
        Bearer(first_number + i, Name(part(), part()), frozenset({chance.randrange(SITES)}))
        for i in range(PEOPLE)
    ]


def main(name: str) -> None:
    """One part, in this process."""
    newcomers, others = bearers(0, 1), bearers(PEOPLE, 2)
    started = time.perf_counter()
    figures: Figures
    if name == "floor":
        known = {other.name for other in others}
        figures = {"equal": sum(new.name in known for new in newcomers)}
    else:
        figures = {"held": len(look_alikes(newcomers, others, set()).by_row)}
    report({**figures, "seconds": time.perf_counter() - started})


if __name__ == "__main__":
    main(sys.argv[1])
