"""`python -m tests.campaign.shield --files 2000 --seed 1`: damaged extracts over a tenant of 2,000 people."""

import argparse
import sys
import time
from random import Random

from tests.campaign.shield.tally import KINDS, Tally, trials


def main() -> int:
    """Damage, plan, judge, tell."""
    parser = argparse.ArgumentParser(prog="campaign.shield", description=__doc__)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--kind", action="append", choices=KINDS)
    asked = parser.parse_args()
    began = time.perf_counter()
    tally = Tally()
    kinds = asked.kind or KINDS
    for trial in trials(Random(asked.seed), asked.files, kinds, people=asked.people):
        tally.add(*trial)
    sys.stdout.write(f"{tally.table()}\n")
    sys.stdout.write("".join(f"{line}\n" for line in tally.told))
    sys.stdout.write(f"{time.perf_counter() - began:.1f} s\n")
    return int(bool(tally.told))


if __name__ == "__main__":
    sys.exit(main())
