"""What the rules of `epa_waste` look at: sites, codes, amounts. Each check tells every fault it finds."""

from collections.abc import Iterator
from decimal import Decimal

from shared.domain.canonical import Json
from shared.domain.feeds.epa_codes import (
    PCB_GENERATOR,
    STATE_WASTE_CODE,
    TEXAS_WASTE_CODE,
    TRACKING_NUMBER,
    container_types,
    management_methods,
    quantity_units,
    site_id_fault,
    waste_codes,
)
from shared.domain.feeds.feed import Broken, Day, Payload

#: What the e-Manifest schema takes.
_MOST_QUANTITY = 99_999_999_999
_MOST_CONTAINERS = 9999

_WASTE_CODES = (
    "federal_waste_codes", "state_waste_codes", "facility_state_waste_codes", "texas_waste_codes",
)  # fmt: skip
#: In the words of e-Manifest: the facility has signed.
_SIGNED = frozenset({"signed", "signedcomplete", "corrected", "undercorrection"})


def items(payload: Payload, field: str) -> list[Json]:
    """The items of a list field; none where it isn't there."""
    value = payload.get(field)
    return list(value) if isinstance(value, (list, tuple)) else []


def generator_id(payload: Payload, day: Day) -> Iterator[Broken]:
    """One sound id; the general one for PCB waste only on PCB waste."""
    site_id = payload.get("generator_id")
    if site_id == PCB_GENERATOR:
        if payload.get("pcb") is not True:
            yield Broken("generator_id", "the general id of PCB generators on waste without PCB")
        return
    yield from _site("generator_id", site_id, day)


def facility_id(payload: Payload, day: Day) -> Iterator[Broken]:
    """One sound id."""
    yield from _site("designated_facility_id", payload.get("designated_facility_id"), day)


def _site(field: str, site_id: Json, day: Day) -> Iterator[Broken]:
    if site_id is None:
        yield Broken(field, "no EPA id is given, or none that can be read")
    elif fault := site_id_fault(str(site_id), day.options):
        yield Broken(field, fault)


def transporters(payload: Payload, day: Day) -> Iterator[Broken]:
    """At least one, each with a sound id, their orders 1, 2, 3 and so on."""
    site_ids = items(payload, "transporters")
    if not site_ids:
        yield Broken("transporters", "no transporter is given, or none that can be read")
    for place, site_id in enumerate(site_ids, 1):
        if fault := site_id_fault(str(site_id), day.options):
            yield Broken("transporters", f"transporter {place}: {fault}")
    orders = items(payload, "transporter_orders")
    if not orders:
        return
    if len(orders) != len(site_ids):
        yield Broken(
            "transporter_orders", f"{len(orders)} place(s) for {len(site_ids)} transporter(s)"
        )
    if sorted(map(str, orders)) != sorted(map(str, range(1, len(orders) + 1))):
        yield Broken("transporter_orders", "expected 1, 2, 3 and so on, without gap or repeat")


def tracking_number(payload: Payload, _: Day) -> Iterator[Broken]:
    """9 digits and 3 capital letters; lines are counted from 1."""
    number = payload.get("manifest_tracking_number")
    if number is not None and not TRACKING_NUMBER.fullmatch(str(number)):
        yield Broken("manifest_tracking_number", "expected 9 digits, then 3 capital letters")
    line = payload.get("waste_line_number")
    if line is not None and int(str(line)) < 1:
        yield Broken("waste_line_number", "lines are counted from 1")


def listed_waste_codes(payload: Payload, _: Day) -> Iterator[Broken]:
    """Federal codes stand in the lists, state codes have their shape, hazardous waste has a code."""
    unknown = [code for code in items(payload, "federal_waste_codes") if code not in waste_codes()]
    if unknown:
        yield Broken("federal_waste_codes", f"{len(unknown)} of them in no list of 40 CFR 261")
    for field in ("state_waste_codes", "facility_state_waste_codes"):
        if not all(STATE_WASTE_CODE.fullmatch(str(code)) for code in items(payload, field)):
            yield Broken(field, "expected 1 to 8 capital letters or digits")
    if not all(
        TEXAS_WASTE_CODE.fullmatch(str(code)) for code in items(payload, "texas_waste_codes")
    ):
        yield Broken("texas_waste_codes", "expected 8 capital letters or digits")
    named = any(items(payload, field) for field in _WASTE_CODES)
    # PCB waste is hazardous in transport without being hazardous waste.
    if not named and _is_hazardous_waste(payload) and payload.get("pcb") is not True:
        yield Broken("federal_waste_codes", "hazardous waste without a federal or state code")


def _is_hazardous_waste(payload: Payload) -> bool:
    return payload.get("hazardous") is True and payload.get("epa_waste") is not False


def quantity(payload: Payload, _: Day) -> Iterator[Broken]:
    """A positive whole number in a known unit."""
    value = payload.get("quantity")
    if value is None:
        yield Broken("quantity", "no quantity is given, or none that can be read")
    elif not 0 < Decimal(str(value)) <= _MOST_QUANTITY:
        yield Broken("quantity", f"expected more than 0, at most {_MOST_QUANTITY}")
    elif Decimal(str(value)) % 1:
        yield Broken("quantity", "expected a whole number")
    yield from _listed("quantity_unit", payload, quantity_units())


def containers(payload: Payload, _: Day) -> Iterator[Broken]:
    """1 to 9999 of a known type."""
    count = payload.get("container_count")
    if count is None:
        yield Broken(
            "container_count", "no number of containers is given, or none that can be read"
        )
    elif not 1 <= int(str(count)) <= _MOST_CONTAINERS:
        yield Broken("container_count", f"expected 1 to {_MOST_CONTAINERS}")
    yield from _listed("container_type", payload, container_types())


def _listed(field: str, payload: Payload, codes: frozenset[str]) -> Iterator[Broken]:
    """A code of a short list, which can be told whole."""
    value = payload.get(field)
    if value is None or value not in codes:
        yield Broken(field, f"expected one of {', '.join(sorted(codes))}")


def hazard_flag(payload: Payload, _: Day) -> Iterator[Broken]:
    """What has a federal code is hazardous, and a waste."""
    if not items(payload, "federal_waste_codes"):
        return
    if payload.get("hazardous") is False:
        yield Broken("hazardous", "no, but there are federal waste codes")
    if payload.get("epa_waste") is False:
        yield Broken("epa_waste", "no, but there are federal waste codes")


def management_method(payload: Payload, _: Day) -> Iterator[Broken]:
    """A known code; there is one once the facility has signed."""
    code = payload.get("management_method")
    if code is None:
        status = str(payload.get("emanifest_status", "")).casefold()
        signed = "facility_signed_on" in payload or status in _SIGNED
        if signed and payload.get("epa_waste") is not False:
            yield Broken("management_method", "the facility has signed without one")
    elif code not in management_methods():
        yield Broken("management_method", "no management method code of EPA, H010 to H141")
