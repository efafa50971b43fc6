"""Counts the judgements of a campaign kind by kind, and keeps some failures of each sort."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from tests.campaign.damage import MAY_REFUSE, Damage
from tests.campaign.judge import ENOUGH, Judgement, judge
from tests.campaign.run import judge_file
from tests.campaign.sound import Sound

#: Failures of one sort that are kept.
KEPT = 4
COUNTED = ("wrong", "unknowable", "misplaced", "good", "lost", "open_end", "joined", "unreported")
HEADER = ("kind", "files", *COUNTED, "lost %", "refused", "rows in them")


def tried(sound: Sound, damage: Damage) -> Judgement:
    """Damage, read, judge."""
    data = damage.apply(sound.data)
    return judge(sound, damage, data, judge_file(data, sound.header, sound.manner))


def sorts(damage: Damage, judgement: Judgement) -> set[str]:
    """What is wrong, in a word each; what nobody can know is no failure."""
    if judgement.refused:
        return set() if damage.kind in MAY_REFUSE else {f"refused_{judgement.refused}"}
    found = {name for name in ("misplaced", "lost", "unreported") if getattr(judgement, name)}
    if len(judgement.wrong) > len(judgement.unknowable):
        found.add("wrong")
    return found


@dataclass(slots=True)
class Line:
    """The counts of one kind."""

    files: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    refused_rows: int = 0

    def add(self, judgement: Judgement) -> None:
        """Count one file."""
        self.files += 1
        if judgement.refused:
            self.refused[judgement.refused] += 1
            self.refused_rows += judgement.good
            return
        for name in COUNTED:
            value = getattr(judgement, name)
            self.counts[name] += value if isinstance(value, int) else len(value)

    def plus(self, other: "Line") -> None:
        """Add the counts of another line."""
        self.files += other.files
        self.counts += other.counts
        self.refused += other.refused
        self.refused_rows += other.refused_rows

    @property
    def lost_share(self) -> float:
        """Of the good rows of files not refused."""
        return self.counts["lost"] / max(1, self.counts["good"])

    def cells(self) -> list[str]:
        """As the table shows it."""
        codes = ", ".join(f"{code} {count}" for code, count in self.refused.most_common())
        counts = (str(self.counts[name]) for name in COUNTED)
        share = f"{100 * self.lost_share:.3f}"
        return [str(self.files), *counts, share, codes, str(self.refused_rows)]


@dataclass(slots=True)
class Tally:
    """The campaign so far."""

    lines: dict[str, Line] = field(default_factory=lambda: defaultdict(Line))
    failures: dict[tuple[str, str], list[tuple[Sound, Damage]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, sound: Sound, damage: Damage) -> None:
        """Try one damaged file and count it; of failures, long files say more."""
        judgement = tried(sound, damage)
        self.lines[damage.kind].add(judgement)
        for sort in sorts(damage, judgement):
            kept = self.failures[damage.kind, sort]
            if not kept or (len(kept) < KEPT and len(sound.rows) >= ENOUGH):
                kept.append((sound, damage))

    @property
    def total(self) -> Line:
        """All kinds together."""
        total = Line()
        for line in self.lines.values():
            total.plus(line)
        return total

    @property
    def told(self) -> list[str]:
        """Each sort of failure in a line, with the bytes of one; lost rows count by their share."""
        return [
            f"{kind}, {sort}: {found[0][1].apply(found[0][0].data)!r}"
            for (kind, sort), found in sorted(self.failures.items())
            if sort != "lost"
        ]

    def table(self) -> str:
        """As Markdown."""
        lines = (*sorted(self.lines.items()), ("all", self.total))
        rows = [HEADER, ("---",) * len(HEADER), *((kind, *line.cells()) for kind, line in lines)]
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)
