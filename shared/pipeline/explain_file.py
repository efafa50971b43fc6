"""What only a run's file can say of somebody: their cells as written, and rows that are stored nowhere."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from shared.domain.errors import ConfigInvalid, InputInvalid, NotFound, VaultDamaged
from shared.domain.mapping import Mapping, parse_mapping
from shared.domain.staff import StaffIdentity, StaffRecord
from shared.domain.text import fold
from shared.pipeline.explain_ground import Ground, Unstored
from shared.pipeline.shield_staff import open_extract, stored
from shared.pipeline.tools import Tools
from shared.pipeline.validate import read_extract
from shared.ports.people import KeyKind, PersonKey
from shared.ports.reader import SoundRecord, Source


def read_again(tools: Tools, ground: Ground, key: PersonKey) -> Ground:
    """Add what the file says, if it is there and would be read as the run read it."""
    run = ground.run
    if run.upload_id is None or run.config_sha256 != tools.config_sha256:
        return ground
    try:
        if ground.record:
            return replace(ground, written=_as_written(tools, ground, ground.record))
        if not ground.trace.quarantined and _left_out(ground):
            return replace(ground, unstored=_unstored(tools, ground, key))
    except (ConfigInvalid, InputInvalid, NotFound, VaultDamaged):
        pass  # without the file there is still everything that is stored
    return ground


def as_read(record: StaffRecord, column: str) -> str:
    """A value as it is compared, in the words of a cell."""
    if column == "site_code":
        return ", ".join(record.site_codes)
    value = record.attributes.get(column, getattr(record, column, None))
    return "" if value is None else str(value)


def _source(tools: Tools, ground: Ground) -> tuple[Source, Mapping]:
    with tools.transactions.begin() as uow:
        upload = uow.runs.upload(ground.run.upload_id or "")
        mapping = parse_mapping(uow.mappings.body(ground.run.mapping_sha256))
    return stored(tools, upload), mapping


def _left_out(ground: Ground) -> bool:
    counts = ground.run.counts
    return bool(counts.get("excluded") or counts.get("quarantined"))


def _as_written(tools: Tools, ground: Ground, taken: StaffRecord) -> dict[str, str]:
    """Cells of a row that are read as something else, columns nobody compares left out."""
    for found in open_extract(tools, *_source(tools, ground)).records():
        if found.row == taken.row and isinstance(found, SoundRecord):
            known = {"site_code", *taken.to_json(), *taken.attributes}
            return {
                column: text for column, text in found.values.items()
                if column in known and text != as_read(taken, column)
            }  # fmt: skip
    return {}


def _unstored(tools: Tools, ground: Ground, key: PersonKey) -> Unstored | None:
    """The row of somebody that a rule excludes, or that was not taken and names them by an address."""
    wanted = set(_named_by(ground))
    if key.kind is not KeyKind.ASCIP_ID:
        wanted.add(key.value)
    _, validated, _ = read_extract(tools, *_source(tools, ground))
    for row in validated.excluded:
        if _names(row.identity, wanted):
            return Unstored(row=row.row, line=row.line, column=row.column)
    for refused in validated.quarantined:
        if _names(refused.identity, wanted):
            return Unstored(row=refused.row, line=refused.line, faults=refused.violations)
    return None


def _named_by(ground: Ground) -> Iterator[str]:
    """Everything a row could name them by."""
    person, absentee = ground.person, ground.trace.absentee
    values = [absentee.person_key if absentee else None]
    if person:
        values += [person.employee_number, person.email, person.username]
    return (fold(value) for value in values if value)


def _names(identity: StaffIdentity, wanted: Collection[str]) -> bool:
    values = (identity.employee_id, identity.work_email, identity.username)
    return any(value and fold(value) in wanted for value in values)
