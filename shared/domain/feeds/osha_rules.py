"""What OSHA asks of a chemical inventory, as rules.

HazCom is 29 CFR 1910.1200 as amended in 2012 (77 FR 17574) and 2024 (89 FR 44144).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import cast

from shared.domain.feeds.cas import cas_fault
from shared.domain.feeds.feed import Broken, Day, Payload, PolicyRule, Severity
from shared.domain.feeds.ghs import OSHA_REVISIONS, osha_statements, statements, written
from shared.domain.feeds.web_address import web_address_fault
from shared.domain.record import RecordStatus

#: HazCom 2012 took effect.
_HAZCOM = date(2012, 5, 25)
#: How old an SDS may be. The number is ours: OSHA names none.
_SDS_YEARS = 3
#: From the weakest to the strongest.
_SIGNAL_WORDS = ("None", "Warning", "Danger")
#: Of mass and volume; compared without case, dots and spaces, `Liter(s)` as `liters`. A count of
#: containers is no amount.
UNITS = frozenset({
    "μg", "ug", "mcg", "mg", "g", "gm", "gram", "grams", "kg", "kilogram", "kilograms",
    "t", "tonne", "tonnes", "metricton", "metrictons", "ton", "tons",
    "oz", "ounce", "ounces", "lb", "lbs", "pound", "pounds",
    "μl", "ul", "ml", "milliliter", "milliliters", "cl", "dl", "l", "liter", "liters", "litre", "litres",
    "floz", "pt", "pint", "pints", "qt", "quart", "quarts", "gal", "gals", "usgal", "gallon", "gallons",
    "bbl",
    "cc", "cm3", "cm³", "m3", "m³", "in3", "in³", "cuin", "ft3", "ft³", "cuft", "cf", "scf", "cubicfeet",
})  # fmt: skip
#: What stands in a cell that must not be empty where nobody knows.
_NOWHERE = frozenset({"unknown", "none", "na", "nil", "null", "tbd", "tba"})
_NOTHING: tuple[Broken, ...] = ()


def _ghs_code(payload: Payload, _day: Day) -> Iterable[Broken]:
    codes = _codes(payload)
    known = all(map(osha_statements().__contains__, codes))
    return _NOTHING if known else list(_unknown(codes))


def _unknown(codes: Sequence[str]) -> Iterator[Broken]:
    revisions = ", ".join(map(str, OSHA_REVISIONS))
    for place, code in enumerate(map(written, codes), 1):
        if code not in osha_statements():
            newer = statements().get(code)
            why = f"; revision {newer.since} brought it" if newer else ""
            yield Broken(
                "hazard_codes",
                f"code {place} of {len(codes)} is in none of GHS revisions {revisions}{why}",
            )


def _sds_missing(payload: Payload, _day: Day) -> Iterable[Broken]:
    if "hazard_codes" not in payload or "sds_url" in payload or "sds_reference" in payload:
        return _NOTHING
    return [Broken("sds_reference", "hazard codes without a reference to a safety data sheet")]


def _sds_stale(payload: Payload, day: Day) -> Iterable[Broken]:
    revised = payload.get("sds_revised_on")
    if revised is None:
        return _NOTHING
    oldest, newest = _sds_window(day.as_of)
    if str(revised) < oldest:
        return [Broken("sds_revised_on", f"more than {_SDS_YEARS} years ago")]
    return [Broken("sds_revised_on", "in the future")] if str(revised) > newest else _NOTHING


@lru_cache(maxsize=16)
def _sds_window(today: date) -> tuple[str, str]:
    """The first and last day an SDS may be of, as ISO text."""
    leap_day = (today.month, today.day) == (2, 29)
    oldest = today.replace(year=today.year - _SDS_YEARS, day=28 if leap_day else today.day)
    return oldest.isoformat(), today.isoformat()


def _sds_url(payload: Payload, _day: Day) -> Iterable[Broken]:
    url = payload.get("sds_url")
    fault = web_address_fault(str(url)) if url is not None else None
    return [Broken("sds_url", fault)] if fault else _NOTHING


def _cas_check(payload: Payload, _day: Day) -> Iterable[Broken]:
    number = payload.get("cas_number")
    fault = cas_fault(str(number)) if number is not None else None
    return [Broken("cas_number", fault)] if fault else _NOTHING


def _signal_word(payload: Payload, _day: Day) -> Iterable[Broken]:
    word = payload.get("signal_word")
    if word is None or "hazard_codes" not in payload:
        return _NOTHING
    fitting = _fitting(tuple(_codes(payload)))
    if word in fitting:
        return _NOTHING
    return [Broken("signal_word", f"the hazard codes ask for {' or '.join(fitting)}")]


@lru_cache(maxsize=4096)
def _fitting(codes: tuple[str, ...]) -> tuple[str, ...]:
    """The signal words that several hazards can have together: the strongest of one word for each.

    A code that isn't known could ask for any.
    """
    known = osha_statements()
    words = [
        [at for at, word in enumerate(_SIGNAL_WORDS) if word in known[code].signal_words]
        if code in known
        else list(range(len(_SIGNAL_WORDS)))
        for code in map(written, codes)
    ]
    weakest = max(map(min, words))
    return tuple(
        word
        for at, word in enumerate(_SIGNAL_WORDS)
        if at >= weakest and any(at in choice for choice in words)
    )


def _quantity(payload: Payload, _day: Day) -> Iterable[Broken]:
    quantity, unit = payload.get("quantity"), payload.get("unit")
    gone = _is_gone(payload)
    found = []
    if quantity is None and not gone:
        found.append(Broken("quantity", "an exact quantity above zero is needed"))
    elif quantity is not None and (str(quantity)[0] == "-" or (quantity == "0" and not gone)):
        found.append(Broken("quantity", "the quantity must be above zero"))
    if unit is None and not gone:
        found.append(Broken("unit", "a unit of mass or volume is needed"))
    elif unit is not None and not _is_unit(str(unit)):
        found.append(Broken("unit", "no unit of mass or volume that is known"))
    return found or _NOTHING


@lru_cache(maxsize=1024)
def _is_unit(text: str) -> bool:
    plain = text.casefold().replace("(s)", "s")
    return plain.replace(".", "").replace(" ", "") in UNITS


def _location(payload: Payload, _day: Day) -> Iterable[Broken]:
    if _names_a_place(payload.get("location")):
        return _NOTHING
    missing = [name for name in ("building", "room") if not _names_a_place(payload.get(name))]
    if not missing or _is_gone(payload):
        return _NOTHING
    return [Broken("location", "a location, or a building and a room, is needed")]


@lru_cache(maxsize=4096)
def _names_a_place(text: object) -> bool:
    letters = "".join(filter(str.isalnum, str(text).casefold())) if text is not None else ""
    return letters != "" and letters not in _NOWHERE


def _codes(payload: Payload) -> Sequence[str]:
    return cast("Sequence[str]", payload.get("hazard_codes", ()))


def _is_gone(payload: Payload) -> bool:
    """A container that was taken out of use is nowhere and may hold nothing."""
    return payload.get("record_status") == RecordStatus.RETIRED


RULES = (
    PolicyRule(
        code="OSHA-GHS-CODE",
        title="A hazard code is in no revision of the GHS that OSHA follows",
        authority="OSHA",
        citation="29 CFR 1910.1200(d) and (f)(1)(iii), Appendix C; 77 FR 17574 (GHS revision 3);"
        " 89 FR 44144 (revision 7, parts of 8)",
        remedy="Write each code as section 2 of the safety data sheet does, such as H225, H360FD or"
        " H300+H310, with ; between them; leave the field empty for what is not hazardous.",
        check=_ghs_code,
        valid_from=_HAZCOM,
    ),
    PolicyRule(
        code="OSHA-SDS-MISSING",
        title="A hazardous chemical without a reference to its safety data sheet",
        authority="OSHA",
        citation="29 CFR 1910.1200(g)(1) and (g)(8)",
        remedy="Get the sheet from the manufacturer, and enter its number or its address (https).",
        check=_sds_missing,
        valid_from=_HAZCOM,
    ),
    PolicyRule(
        code="OSHA-SDS-STALE",
        title="The safety data sheet was revised more than three years ago, or its date lies in the future",
        authority="OSHA",
        citation="29 CFR 1910.1200(g)(5): revised within three months of significant new information;"
        " three years without one are this feed's own sign to ask, OSHA names no age",
        remedy="Ask the manufacturer for the current sheet, and enter the day it was revised.",
        check=_sds_stale,
        severity=Severity.WARN,
        valid_from=_HAZCOM,
    ),
    PolicyRule(
        code="OSHA-SDS-URL",
        title="The address of the safety data sheet is not a sound https address",
        authority="OSHA",
        citation="29 CFR 1910.1200(g)(8): electronic access without barriers; RFC 3986, RFC 9110 section"
        " 4.2.2 (https) and 4.2.4 (no user name or password)",
        remedy="Enter the whole address beginning with https://, without user name or password;"
        " write spaces as %20.",
        check=_sds_url,
        valid_from=_HAZCOM,
    ),
    PolicyRule(
        code="OSHA-CAS-CHECK",
        title="The CAS number is wrong in form or check digit",
        authority="OSHA",
        citation="29 CFR 1910.1200(g)(2)(iii), Appendix D, section 3 of the sheet; CAS,"
        " Check Digit Verification of CAS Registry Numbers",
        remedy="Copy the number from section 3 of the safety data sheet, such as 67-64-1; leave it"
        " empty for mixtures and trade secrets.",
        check=_cas_check,
        valid_from=_HAZCOM,
    ),
    PolicyRule(
        code="OSHA-SIGNAL-WORD",
        title="The signal word does not fit the hazard codes",
        authority="OSHA",
        citation="29 CFR 1910.1200(f)(1)(ii), Appendix C, C.2.1 and C.4",
        remedy="Compare both with section 2 of the safety data sheet and mend what differs; if the sheet"
        " of a mixture says it so, have a person confirm it.",
        check=_signal_word,
        severity=Severity.ATTEST,
        valid_from=_HAZCOM,
    ),
    PolicyRule(
        code="OSHA-QTY-UNIT",
        title="No exact quantity above zero with a known unit of mass or volume",
        authority="OSHA",
        citation="29 CFR 1910.119(a)(1) and Appendix A, 1910.106(e)(2): amounts are held against"
        " thresholds",
        remedy="Enter the amount as a number and the unit beside it, such as 2.5 and kg; retire what is"
        " used up with record_status.",
        check=_quantity,
        valid_from=_HAZCOM,
    ),
    PolicyRule(
        code="OSHA-LOCATION",
        title="The record does not say where the chemical is",
        authority="OSHA",
        citation="29 CFR 1910.1020(c)(5)(iv): where and when used; 1910.1200(e)(1)(i) and (g)(8)",
        remedy="Enter a location, or building and room, as people find it on the spot.",
        check=_location,
        valid_from=_HAZCOM,
    ),
)
