"""Holds what the reader said of a damaged file against the sound one it was made of."""

import re
from collections import Counter
from dataclasses import dataclass, field

from tests.campaign.damage import SAME_WIDTH, Damage
from tests.campaign.run import Accepted, Verdict
from tests.campaign.sound import Sound

LINE_END = re.compile(rb"\r\n|\n|\r")
#: Rows that show what the columns of a file look like; in a shorter one nobody can know.
ENOUGH = 20


@dataclass(slots=True)
class Judgement:
    """Of one damaged file; rows are named by their index in the sound one."""

    #: Accepted, and no row of the sound file, or accepted more often than it stands there.
    wrong: list[Accepted] = field(default_factory=list)
    #: Of these, such as no reader can know: it has a row's width, and its cells look right.
    unknowable: list[Accepted] = field(default_factory=list)
    #: Accepted unchanged, under a line where it doesn't stand.
    misplaced: list[Accepted] = field(default_factory=list)
    #: Good rows, neither damaged nor joined to the damage, and not accepted.
    lost: list[int] = field(default_factory=list)
    #: The last row where the file ends without a line end: it might be cut, so it may be refused.
    open_end: list[int] = field(default_factory=list)
    #: Rows next to the damage, or in the quoted region it opens, and not accepted.
    joined: list[int] = field(default_factory=list)
    #: Not accepted, and on no line that was reported; rows taken wrongly are counted there.
    unreported: list[int] = field(default_factory=list)
    #: Rows neither damaged nor gone.
    good: int = 0
    refused: str | None = None


def fits(sound: Sound, values: tuple[str, ...]) -> bool:
    """Whether each cell has the shape that all values of its column have."""
    return all(
        kind.shape is None or kind.shape.match(value)
        for kind, value in zip(sound.kinds, values, strict=False)
    )


def unknowable(sound: Sound, damage: Damage, values: tuple[str, ...]) -> bool:
    """Whether a wrong row is such as the file might have had."""
    standing = len(sound.rows) - len(damage.gone)
    return damage.kind in SAME_WIDTH and (standing < ENOUGH or fits(sound, values))


def places(sound: Sound, damage: Damage, data: bytes) -> list[tuple[int, int]]:
    """First and last line of each row in the damaged file."""
    ends = [match.end() for match in LINE_END.finditer(data)]
    found, line = [], 0
    for row in range(len(sound.rows)):
        start, end = damage.moved(sound.start(row)), damage.moved(sound.end(row))
        while line < len(ends) and ends[line] <= start:
            line += 1
        last = line
        while last < len(ends) and ends[last] <= end:
            last += 1
        found.append((line + 1, last + 1))
    return found


def joined(sound: Sound, damage: Damage) -> set[int]:
    """Rows joined to the damage: its neighbours, and up to the next quote where quotes are touched."""
    rows = set(damage.rows)
    for edit in damage.edits:
        until = edit.end
        if (sound.data[edit.start : edit.end] + edit.text).count(b'"') % 2:
            until = sound.data.find(b'"', edit.end)
            until = len(sound.data) if until < 0 else until
        rows.update(
            row
            for row in range(len(sound.rows))
            if sound.start(row) <= until and sound.start(row + 1) >= edit.start
        )
    return rows | {row + 1 for row in rows} | {row - 1 for row in rows}


def judge(sound: Sound, damage: Damage, data: bytes, verdict: Verdict) -> Judgement:
    """Wrong rows, lost rows, silence."""
    rows = [tuple(row) for row in sound.rows]
    whole = set(range(len(rows))) - damage.rows - damage.gone
    found = Judgement(refused=verdict.refused, good=len(whole))
    if verdict.refused:
        return found
    at = places(sound, damage, data)
    by_line = {at[row][0]: row for row in range(len(rows)) if row not in damage.gone}
    taken = settle(found, rows, by_line, verdict.accepted)
    found.unknowable = [a for a in found.wrong if unknowable(sound, damage, a.values)]
    near, end = joined(sound, damage), ended_by(sound, data)
    covered = {line for q in verdict.quarantined for line in range(q.line, q.last_line + 1)}
    covered |= {accepted.line for accepted in found.wrong}
    for row in sorted(set(range(len(rows))) - taken - damage.gone):
        if row in whole:
            lost = found.joined if row in near else found.open_end if row == end else found.lost
            lost.append(row)
        if covered.isdisjoint(range(at[row][0], at[row][1] + 1)):
            found.unreported.append(row)
    return found


def ended_by(sound: Sound, data: bytes) -> int | None:
    """The row with which the file ends, if no line end follows it."""
    last = len(sound.rows) - 1
    return last if data.endswith(sound.data[sound.start(last) : sound.end(last)]) else None


def settle(
    found: Judgement,
    rows: list[tuple[str, ...]],
    by_line: dict[int, int],
    accepted: list[Accepted],
) -> set[int]:
    """Tell wrong and misplaced rows from those taken as they stand; the latter are returned."""
    left = Counter(rows)
    taken = set()
    for record in accepted:
        row = by_line.get(record.line)
        if not left[record.values]:
            found.wrong.append(record)
            continue
        left[record.values] -= 1
        if row is None or rows[row] != record.values:
            found.misplaced.append(record)
        else:
            taken.add(row)
    return taken
