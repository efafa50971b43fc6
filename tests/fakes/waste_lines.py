"""A sound line of a hazardous waste manifest, and what the rules of EPA say of variations."""

from dataclasses import dataclass, replace
from datetime import date

from shared.domain.feeds.epa_waste import EPA_WASTE
from shared.domain.feeds.feed import Day
from shared.domain.feeds.record_row import Refused, RowJudge
from shared.domain.record import GovernedRecord

AS_OF = date(2026, 3, 10)

SOUND = {
    "manifest_tracking_number": "012345678ELC",
    "waste_line_number": "1",
    "generator_id": "CAR000123456",
    "transporters": "NVD123456789;CAR000654321",
    "transporter_orders": "1;2",
    "designated_facility_id": "TXD987654321",
    "shipped_on": "2026-03-02",
    "received_on": "2026-03-05",
    "generator_signed_on": "2026-03-02",
    "transporter_signed_on": "2026-03-02;2026-03-04",
    "facility_signed_on": "2026-03-05",
    "hazardous": "yes",
    "federal_waste_codes": "D001;F003",
    "management_method": "H061",
    "quantity": "400",
    "quantity_unit": "P",
    "container_count": "2",
    "container_type": "DM",
    "pcb": "no",
}

#: Put over `SOUND`: one PCB container.
PCB = {
    "pcb": "yes",
    "pcb_load_types": "Container",
    "pcb_article_ids": "A-17",
    "pcb_removed_on": "2026-02-01",
    "pcb_weights": "12.5",
    "pcb_waste_types": "small capacitors",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A row."""

    values: dict[str, str]
    row: int = 1
    line: int = 2


def judged(
    *changes: dict[str, str], options: frozenset[str] = frozenset(), without: str | None = None
) -> GovernedRecord | Refused:
    """The sound line with changes, judged; ``without`` switches a rule off."""
    values = dict(SOUND)
    for change in changes:
        values |= change
    rules = tuple(rule for rule in EPA_WASTE.rules if rule.code != without)
    day = Day(as_of=AS_OF, options=options)
    return RowJudge(replace(EPA_WASTE, rules=rules), day, None).judge(Line(values))


def codes(outcome: GovernedRecord | Refused) -> set[str]:
    """Codes of its violations; none if it was taken."""
    return {v.code for v in outcome.violations} if isinstance(outcome, Refused) else set()


def fields(outcome: GovernedRecord | Refused) -> list[str | None]:
    """Fields of its violations."""
    return [v.column for v in outcome.violations] if isinstance(outcome, Refused) else []
