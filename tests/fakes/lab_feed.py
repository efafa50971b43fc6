"""A governed feed as small as one can be: equipment of a laboratory, with a rule of each severity."""

from collections.abc import Iterator
from datetime import date

from shared.domain.feeds.feed import (
    RECORD_STATUS,
    Broken,
    Classification,
    Day,
    Feed,
    Field,
    FieldKind,
    Payload,
    PolicyRule,
    Severity,
)


def _rule(code: str, severity: Severity, check: object) -> PolicyRule:
    return PolicyRule(
        code=code, title=code, authority="LAB", citation="none", severity=severity,
        remedy="Mend it at the source.", valid_from=date(2020, 1, 1), check=check,  # type: ignore[arg-type]  # below
    )  # fmt: skip


def _positive(payload: Payload, _: Day) -> Iterator[Broken]:
    if int(str(payload.get("count", 0))) < 1:
        yield Broken("count", "at least 1")


def _usual(payload: Payload, _: Day) -> Iterator[Broken]:
    if int(str(payload.get("count", 1))) > 100:
        yield Broken("count", "more than 100")


def _placed(payload: Payload, _: Day) -> Iterator[Broken]:
    if "room" not in payload:
        yield Broken("room", "no room")


def _sane(payload: Payload, _: Day) -> Iterator[Broken]:
    if payload.get("name") == "TEST EXPORT":
        yield Broken("name", "a test export")


LAB = Feed(
    name="lab_equipment",
    title="Laboratory equipment",
    classification=Classification.OSHA_INVENTORY,
    fields=(
        Field(name="tag", meaning="its tag", required=True, identifier=True, spellings=("Tag No",)),
        Field(name="name", meaning="what it is"),
        Field(name="count", meaning="how many", kind=FieldKind.INTEGER),
        Field(name="room", meaning="where it stands"),
        RECORD_STATUS,
    ),
    source_id=("tag",),
    rules=(
        _rule("LAB-COUNT", Severity.QUARANTINE, _positive),
        _rule("LAB-MANY", Severity.ATTEST, _usual),
        _rule("LAB-ROOM", Severity.WARN, _placed),
        _rule("LAB-TEST", Severity.REJECT, _sane),
    ),
    retention_days=30,
    state={"hazcom_verified": False},
)
