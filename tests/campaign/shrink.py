"""Makes a failing file small: rows and columns go as long as the failure stays."""

from collections.abc import Callable, Iterator

from tests.campaign.damage import Damage, Edit
from tests.campaign.sound import Sound, render

#: Rows that stay: fewer don't show the shapes of their columns.
ROWS = 24

Span = tuple[int, int]


def without(
    sound: Sound, damage: Damage, spans: list[Span], less: Sound, row: int | None
) -> Damage | None:
    """The damage where these bytes are gone; None if it touches them."""
    edits = []
    for edit in damage.edits:
        if any(edit.start < end and edit.end > start for start, end in spans):
            return None
        moved = [
            at - sum(min(at, end) - start for start, end in spans if start < at)
            for at in (edit.start, edit.end)
        ]
        edits.append(Edit(moved[0], moved[1], edit.text))

    def kept(rows: frozenset[int]) -> frozenset[int]:
        return rows if row is None else frozenset(r - (r > row) for r in rows if r != row)

    rest = [
        sound.data[a:b]
        for a, b in zip(
            [0, *(e for _, e in spans)], [*(s for s, _ in spans), len(sound.data)], strict=True
        )
    ]
    if b"".join(rest) != less.data:
        return None
    return Damage(damage.kind, tuple(edits), kept(damage.rows), kept(damage.gone))


def fewer_rows(sound: Sound, damage: Damage) -> Iterator[tuple[Sound, Damage | None]]:
    """Each row away, from the last one on."""
    for row in reversed(range(len(sound.rows))):
        if len(sound.rows) <= ROWS or row in damage.rows:
            continue
        rows = sound.rows[:row] + sound.rows[row + 1 :]
        less = render(sound.header, rows, sound.manner, sound.kinds)
        span = (sound.start(row), sound.start(row + 1))
        if row == len(sound.rows) - 1 and not sound.manner.final_newline:
            span = (sound.end(row - 1), len(sound.data))
        yield less, without(sound, damage, [span], less, row)


def fewer_columns(sound: Sound, damage: Damage) -> Iterator[tuple[Sound, Damage | None]]:
    """Each column away."""
    for column in reversed(range(len(sound.header))):
        if len(sound.header) == 2:
            return

        def cut(values: list[str], column: int = column) -> list[str]:
            return values[:column] + values[column + 1 :]

        kinds = sound.kinds[:column] + sound.kinds[column + 1 :]
        less = render(cut(sound.header), [cut(row) for row in sound.rows], sound.manner, kinds)
        if column:
            spans = [(c[column - 1][1], c[column][1]) for c in (sound.header_cells, *sound.cells)]
        else:
            spans = [(c[0][0], c[1][0]) for c in (sound.header_cells, *sound.cells)]
        yield less, without(sound, damage, spans, less, None)


def smallest(
    sound: Sound, damage: Damage, fails: Callable[[Sound, Damage], bool]
) -> tuple[Sound, Damage]:
    """The smallest file that still fails, taking one row or column away at a time."""
    again = True
    while again:
        again = False
        for step in (fewer_rows, fewer_columns):
            progress = True
            while progress:
                progress = False
                for less, same in step(sound, damage):
                    if same is not None and fails(less, same):
                        sound, damage, progress, again = less, same, True, True
                        break
    return sound, damage
