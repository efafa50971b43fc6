"""The shield's material: what validation notes of rows not taken, and reads again when it plans."""

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as MappingOf
from functools import partial
from typing import cast

from shared.domain.canonical import Json, words
from shared.domain.mapping import Mapping
from shared.domain.run import Run, Upload
from shared.domain.shield import Unverified, reading
from shared.domain.staff import StaffIdentity
from shared.domain.staff_result import Validated
from shared.pipeline.read_staff import staff_dialect, staff_headers
from shared.pipeline.tools import Tools
from shared.ports.reader import OpenExtract, Source, Span


def stored(tools: Tools, upload: Upload) -> Source:
    """Opens a landed file."""
    return partial(tools.vault.open, upload.location)


def open_extract(tools: Tools, source: Source, mapping: Mapping) -> OpenExtract:
    """A staff extract, as the district declares it. Raises `InputInvalid`."""
    staff = tools.policy.staff
    return tools.reader.open(
        source, staff_dialect(staff), staff_headers(staff, mapping.attribute_columns)
    )


def noted(validated: Validated, lines: Sequence[int]) -> dict[str, Json]:
    """Who stands in rows not taken, and where these rows stand.

    A row ends where the next one begins, whatever it was taken for.

    Args:
        validated: the extract.
        lines: the physical line on which each of its rows begins.
    """
    ends: list[int | None] = [*(line - 1 for line in lines[1:]), None]
    quarantined = validated.quarantined
    named = [q.identity for q in quarantined] + [e.identity for e in validated.excluded]
    partly: list[Json] = [[*_names(q.identity)] for q in quarantined if q.partly_named]
    spans: list[Json] = [[lines[q.row - 1], ends[q.row - 1]] for q in quarantined]
    identities = {value for who in named for value in _names(who) if value}
    identities |= {e.personal_email for e in validated.excluded if e.personal_email}
    excluded = {value for e in validated.excluded for value in _names(e.identity) if value}
    return {
        "identities": sorted(identities), "excluded": sorted(excluded), "partly": partly, "lines": spans,
    }  # fmt: skip


def unverified(tools: Tools, run: Run, upload: Upload, mapping: Mapping) -> Unverified:
    """What was noted of a run, with the text of its damaged rows."""
    spans = spans_of(run.unverified)
    texts = open_extract(tools, stored(tools, upload), mapping).stretches(spans) if spans else ()
    unidentified = int(str(run.counts.get("unidentified", 0)))
    return material(run.unverified, texts, unidentified=unidentified)


def looked_at(extract: OpenExtract, validated: Validated, lines: Sequence[int]) -> Unverified:
    """The same of a file that is only looked at, without a run."""
    found = noted(validated, lines)
    texts = extract.stretches(spans_of(found))
    return material(found, texts, unidentified=validated.unidentified)


def spans_of(found: MappingOf[str, Json]) -> list[Span]:
    """The lines of rows not taken, out of what was noted."""
    return [(first, last) for first, last in cast("Sequence[Span]", found.get("lines") or ())]


def material(
    found: MappingOf[str, Json], texts: Iterable[bytes], *, unidentified: int
) -> Unverified:
    """What the shield is raised by.

    Every column of damaged rows is searched, since what is damaged may stand in any. Some columns
    nobody mapped, and they may hold secrets: so the text is read from the raw extract, and kept nowhere.

    Args:
        found: what was noted.
        texts: what stands on the lines that were noted.
        unidentified: rows that name nobody.
    """
    partly = cast("Sequence[Sequence[str | None]]", found.get("partly") or ())
    return Unverified(
        identities=tuple(words(found.get("identities"))),
        excluded=tuple(words(found.get("excluded"))),
        partly=tuple(
            StaffIdentity(employee_id=number, work_email=email, username=username)
            for number, email, username in partly
        ),
        regions=tuple(map(reading, texts)),
        unidentified=unidentified,
    )


def _names(who: StaffIdentity) -> tuple[str | None, str | None, str | None]:
    return who.employee_id, who.work_email, who.username
