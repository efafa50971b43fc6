"""`python -m tests.campaign --seed 1 --files 5000`: a table per kind, the smallest file of each failure."""

import argparse
import sys
import time
from pathlib import Path
from random import Random

from tests.campaign.cases import cases, thorough
from tests.campaign.damage import ALL, Damage
from tests.campaign.run import judge_file
from tests.campaign.shrink import smallest
from tests.campaign.sound import Sound
from tests.campaign.tally import Tally, sorts, tried


def explained(kind: str, sort: str, sound: Sound, damage: Damage) -> str:
    """A failure in its smallest form."""
    sound, damage = smallest(sound, damage, lambda s, d: sort in sorts(d, tried(s, d)))
    data, found = damage.apply(sound.data), tried(sound, damage)
    verdict = judge_file(data, sound.header, sound.manner)
    told = {
        "sound": sound.data,
        "damaged": data,
        "manner": sound.manner,
        "edits": damage.edits,
        "rows": sorted(damage.rows),
        "wrong": found.wrong,
        "unknowable": found.unknowable,
        "misplaced": found.misplaced,
        "lost": found.lost,
        "unreported": found.unreported,
        "refused": verdict.refused,
        "accepted": [tuple(a) for a in verdict.accepted],
        "quarantined": [tuple(q) for q in verdict.quarantined],
    }
    lines = (f"{name} {value}" for name, value in told.items())
    return "\n".join((f"### {kind}: {sort}", "```", *lines, "```"))


def main() -> int:
    """Damage, read, judge, tell."""
    parser = argparse.ArgumentParser(prog="campaign", description=__doc__)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--kind", action="append", choices=list(ALL))
    parser.add_argument("--keep", type=Path, help="a folder for the failures, explained")
    parser.add_argument("--plain", action="store_true", help="no notes that look like records")
    parser.add_argument("--every-position", action="store_true", help="few files, each everywhere")
    asked = parser.parse_args()
    began = time.perf_counter()
    tally = Tally()
    rng = Random(asked.seed)
    if asked.every_position:
        tried_on = thorough(rng, asked.files, plain=asked.plain)
    else:
        tried_on = cases(rng, asked.files, asked.kind or list(ALL), plain=asked.plain)
    for sound, damage in tried_on:
        tally.add(sound, damage)
    sys.stdout.write(f"{tally.table()}\n")
    sys.stdout.write(f"{time.perf_counter() - began:.1f} s\n")
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
        for (kind, sort), found in sorted(tally.failures.items()):
            text = min((explained(kind, sort, *case) for case in found), key=len)
            name = f"{kind}-{sort}.md".replace(" ", "_").replace(",", "")
            (asked.keep / name).write_text(text + "\n")
    return int(bool(tally.failures))


if __name__ == "__main__":
    sys.exit(main())
