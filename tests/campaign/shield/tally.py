"""The damaged extracts of a campaign, always the same from a seed, and what became of them."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from tests.campaign.shield.harm import EVERY
from tests.campaign.shield.judge import Sane, Verdict, askew, tried
from tests.campaign.shield.tenant import make_tenant

#: Damages tried on one tenant.
TRIES = 30
ASKEW = "askew"
KINDS = (*EVERY, ASKEW)
LISTS = ("struck", "removed", "torn_out", "misread", "gone")
NUMBERS = ("absent", "saved", "held", "leavers", "proposed")
HEADER = ("kind", "files", "refused", *LISTS, *NUMBERS)


@dataclass(slots=True)
class Tally:
    """The campaign so far."""

    lines: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    #: Who was wronged, in a line each.
    told: list[str] = field(default_factory=list)

    def add(self, kind: str, verdict: Verdict, told: str) -> None:
        """Count one file."""
        line = self.lines[kind]
        line["files"] += 1
        line["refused"] += verdict.refused is not None
        line.update({name: len(getattr(verdict, name)) for name in LISTS})
        line.update({name: getattr(verdict, name) for name in NUMBERS})
        if verdict.wronged:
            self.told.append(f"{kind}: people {verdict.wronged} by {told}")

    @property
    def total(self) -> Counter[str]:
        """All kinds together."""
        total: Counter[str] = Counter()
        for line in self.lines.values():
            total.update(line)
        return total

    def table(self) -> str:
        """As Markdown."""
        lines = (*sorted(self.lines.items()), ("all", self.total))
        cells = [[kind, *(str(line[name]) for name in HEADER[1:])] for kind, line in lines]
        rows = [HEADER, ("---",) * len(HEADER), *cells]
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def trials(
    rng: Random, files: int, kinds: Sequence[str] = KINDS, *, people: int = 2000
) -> Iterator[tuple[str, Verdict, str]]:
    """So many damaged extracts, the kinds in turn: kind, verdict, and how to see it again."""
    done = turn = 0
    while done < files:
        sane = Sane.of(make_tenant(rng, people))
        for _ in range(min(TRIES, files - done)):
            kind = kinds[turn % len(kinds)]
            turn += 1
            if kind == ASKEW:
                damage, verdict = askew(sane, rng)
                encoding = "utf-16"
            elif (found := EVERY[kind](sane.tenant.sound, rng)) is not None:
                damage, encoding = found, rng.choice(("utf-8",) * 8 + ("utf-16", "cp1252"))
                verdict = tried(sane, damage, encoding)
            else:
                continue
            done += 1
            yield (
                kind,
                verdict,
                f"rows {sorted(damage.rows)[:9]} in {encoding}, edits {str(damage.edits)[:400]}",
            )
