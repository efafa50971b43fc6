"""EPA's lists of codes on manifests, and the shapes of its numbers.

Data and their sources: data/epa_*.csv and data/epa_codes.md beside them.
"""

import csv
import re
from functools import cache
from importlib.resources import files

#: 9 digits and the 3 letters of the printer, or `ELC` (e-Manifest schema 1.3).
TRACKING_NUMBER = re.compile(r"[0-9]{9}[A-Z]{3}")
#: RCRAInfo keeps up to 6 characters; codes of Texas have 8.
STATE_WASTE_CODE = re.compile(r"[A-Z0-9]{1,8}")
TEXAS_WASTE_CODE = re.compile(r"[A-Z0-9]{8}")
#: What a generator of PCB waste without a number of its own gives as one (40 CFR 761.205).
PCB_GENERATOR = "40 CFR PART 761"
#: Word of `[feeds.epa_waste] options`.
ALLOW_TEST_IDS = "allow_test_ids"

_SITE_ID = re.compile(r"([A-Z]{2})[A-Z0-9]{10}")
#: Sites of the pre-production system, some a character short: `VATEST000001`, `VATESTRAN02`.
_TEST_ID = re.compile(r"([A-Z]{2})TEST[A-Z0-9]{1,6}")


def site_id_fault(site_id: str, options: frozenset[str]) -> str | None:
    """What is wrong with the EPA id of a site; None if it is sound."""
    test = _TEST_ID.fullmatch(site_id)
    if test and ALLOW_TEST_IDS not in options:
        return f"a test site of EPA, taken only with the option {ALLOW_TEST_IDS}"
    shape = test or _SITE_ID.fullmatch(site_id)
    if not shape:
        return "expected 12 characters: a state's two letters, then 10 capital letters or digits"
    if shape[1] not in states():
        return "the first two letters are no state, district or territory"
    return None


@cache
def waste_codes() -> frozenset[str]:
    """Federal waste codes: what 40 CFR 261 lists today, without deleted and reserved numbers."""
    return _codes("epa_waste_codes")


@cache
def management_methods() -> frozenset[str]:
    """Management method codes of the hazardous waste report, present and former ones."""
    return _codes("epa_management_methods")


@cache
def quantity_units() -> frozenset[str]:
    """Units of measure."""
    return _codes("epa_quantity_units")


@cache
def container_types() -> frozenset[str]:
    """Types of containers."""
    return _codes("epa_container_types")


@cache
def states() -> frozenset[str]:
    """First letters of EPA ids: states, the district, territories, the Navajo Nation."""
    return _codes("epa_states")


def _codes(table: str) -> frozenset[str]:
    text = files("shared.domain.feeds").joinpath("data", f"{table}.csv").read_text(encoding="utf-8")
    return frozenset(line["code"] for line in csv.DictReader(text.splitlines()))
