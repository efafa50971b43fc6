"""What the `mapping` verbs print for people; `shared.pipeline.mapping_documents` has it for programs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from shared.domain.mapping_coverage import PartCoverage, ValueUse
from shared.domain.mapping_proposals import Proposal
from shared.domain.mapping_suggest import Suggestion
from shared.pipeline.check_mapping import Checked
from shared.pipeline.rehearse_mapping import Rehearsal
from shared.ports.mappings import MappingVersion

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


def check_lines(found: Checked, *, limit: int) -> Iterator[str]:
    """Mistakes first, then unmapped values, then the rest."""
    mapping, read_at = found.mapping, found.known.read_at
    against = f"as read on {_when(read_at)}" if read_at else "as it is now"
    yield f"Mapping version {mapping.version} ({mapping.sha256[:12]}) against ASCIP {against}."
    for kept in found.same_number:
        yield (
            f"x  version {kept.version} was used before with other content ({kept.sha256[:12]},"
            f" {kept.author}, {_when(kept.recorded_at)}): raise the number"
        )
    for each in sorted(found.drift, key=lambda d: not d.lost):
        yield f"{'x ' if each.lost else '! '} {each.words}"
    if not found.drift:
        yield "ok every id exists in ASCIP under its name"
    if found.coverage is None:
        return
    if counts := found.counts:
        yield (
            f"{counts.accepted:,} rows taken, {counts.quarantined:,} not (`ascip-sync inspect`)."
            " Rows of people who have left and blank cells are not counted below."
        )
    for part in found.coverage.parts:
        yield from _part_lines(part, limit)
    covered = {part.bucket for part in found.coverage.parts}
    for bucket in found.mapping.buckets:
        if bucket.name not in covered:
            yield (
                f"bucket {bucket.name!r} from {bucket.column}: the file has no such column,"
                " the bucket is left alone"
            )
    if unused := found.coverage.unused:
        more = f" and {len(unused) - limit:,} more" if len(unused) > limit else ""
        yield f"Never used by this file: {', '.join(unused[:limit])}{more}."


def _part_lines(part: PartCoverage, limit: int) -> Iterator[str]:
    name = f"bucket {part.bucket!r}" if part.bucket else part.part.value
    lost = len(part.unmapped)
    percent = f"{int(part.percent * 10) / 10:g}"  # never rounded up to 100
    yield (
        f"{name} from {part.column}: {percent} % of {part.rows:,} rows,"
        f" {len(part.values) - lost:,} of {len(part.values):,} values mapped"
    )
    for use in part.values[:limit]:
        yield f"  {'!' if use.target is None else ' '} {use.rows:>6,}  {use.value!r} -> {_target(use)}"
    if len(part.values) > limit:
        yield f"    … and {len(part.values) - limit:,} more values: --limit N, or --json"


def _target(use: ValueUse) -> str:
    if use.target is None:
        return "unmapped"
    id_, name = use.target
    return repr(name) if id_ is None else f"{name!r} ({id_})"


def suggestion_lines(found: Sequence[Suggestion]) -> Iterator[str]:
    """Each unmapped value with what it may mean; `*` is preselected."""
    if not found:
        yield "Nothing to propose: every value of the file is mapped."
    for number, each in enumerate(found, start=1):
        where = f"bucket {each.bucket!r}" if each.bucket else each.part.value
        mark = "*" if each.preselected else " "
        yield f"{mark} {number:>3}  {where} {each.value!r}, {_rows(each.rows)} -> {_best(each)}"


def _best(each: Suggestion) -> str:
    if each.best is None:
        return "nothing like it in ASCIP"
    best, second = each.best, each.runner_up
    said = f"{best.meaning.name!r} ({best.meaning.id}), {best.rule} {best.score:.2f}"
    if second:
        said += f"; else {second.meaning.name!r} ({second.meaning.id}) {second.score:.2f}"
    return said


def _rows(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'}"


def question(each: Proposal) -> str:
    """One proposal, to be answered with yes or no."""
    where = f"bucket {each.bucket!r}" if each.bucket else each.part.value
    id_, name = each.target or (0, "")
    return f"{where} {each.value!r} ({_rows(each.rows)}) means {name!r} ({id_})?"


def rehearsal_lines(found: Rehearsal, *, age_s: float, limit: int) -> Iterator[str]:
    """Counts that differ, then whose actions do."""
    yield f"{found.file_name} over ASCIP as read {_age(age_s)} ago. Nothing was called or stored."
    difference = found.difference
    if difference.same:
        yield "The plan would be the same."
        return
    yield f"{'':<34} {'today':>8} {'new':>8}"
    counted = {"": difference.kinds, "class ": difference.classes, "held: ": difference.holds,
               "rows held: ": difference.held_rows}  # fmt: skip
    for what, counts in counted.items():
        yield from _count_lines(what, counts)
    for person in difference.people[:limit]:
        yield f"{person.person_key} {person.email_masked}"
        yield from (f"  - {words}" for words in person.today if words not in person.new)
        yield from (f"  + {words}" for words in person.new if words not in person.today)
    more = len(difference.people) - limit
    if more > 0:
        yield f"… and {more:,} more people: --limit N, or --json"


def _count_lines(what: str, counts: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    for name, (today, new) in counts.items():
        sign = " " if today == new else "~"
        yield f"{sign} {what + name:<32} {today:>8,} {new:>8,}"


def history_lines(found: Sequence[MappingVersion]) -> Iterator[str]:
    """Newest first; a number that stands for several contents is marked."""
    if not found:
        yield "No version yet: a run records the one it uses."
    times = Counter(kept.version for kept in found)
    for kept in found:
        runs = "1 run" if kept.runs == 1 else f"{kept.runs:,} runs"
        used = f"{runs}, last {kept.last_run}" if kept.runs else "not used yet"
        mark = "  ! number used twice" if times[kept.version] > 1 else ""
        yield (
            f"{kept.version:>4}  {kept.sha256[:12]}  {_when(kept.recorded_at)}  {kept.author}"
            f"  {used}{mark}"
        )


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _age(seconds: float) -> str:
    for unit, size_s in (("d", _DAY_S), ("h", _HOUR_S)):
        if seconds >= size_s:
            return f"{seconds / size_s:.0f} {unit}"
    return f"{seconds / _MINUTE_S:.0f} min" if seconds >= _MINUTE_S else "less than a minute"
