"""The rules of the feed `osha_inventory`: what passes each, what breaks it, what each is there for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from shared.domain.feeds.feed import Day, Severity
from shared.domain.feeds.osha_inventory import OSHA_INVENTORY
from shared.domain.feeds.record_row import Refused, RowJudge
from shared.domain.record import GovernedRecord
from shared.ports.reader import SoundRecord

TODAY = date(2026, 11, 21)
SOUND = {
    "inventory_id": "INV-000123",
    "chemical_name": "Acetone",
    "cas_number": "67-64-1",
    "location": "Science / 101 / cabinet 2",
    "quantity": "2.5",
    "unit": "L",
    "hazard_codes": "H225;H319;H336",
    "signal_word": "Danger",
    "pictograms": "GHS02;GHS07",
    "sds_url": "https://sds.example.com/acetone.pdf",
    "sds_revised_on": "2025-01-31",
}


def judged(
    given: Mapping[str, str], *, today: date = TODAY, without: str = ""
) -> GovernedRecord | Refused:
    """The sound record with other values (an empty one: without it), judged without one of the rules."""
    rules = tuple(rule for rule in OSHA_INVENTORY.rules if rule.code != without)
    feed = replace(OSHA_INVENTORY, rules=rules)
    row = SoundRecord(row=1, line=2, values={**SOUND, **given})
    return RowJudge(feed, Day(as_of=today), None).judge(row)


def codes(found: GovernedRecord | Refused) -> set[str]:
    """What is said of a row, warnings too."""
    said = found.violations if isinstance(found, Refused) else found.warnings
    return {violation.code for violation in said}


#: Code → what breaks it.
BROKEN: dict[str, tuple[dict[str, str], ...]] = {
    "OSHA-GHS-CODE": (
        {"hazard_codes": "H999", "signal_word": ""},
        {"hazard_codes": "H225;H209"},  # revision 9
        {"hazard_codes": "H210"},
        {"hazard_codes": "H211"},
        {"hazard_codes": "225"},
        {"hazard_codes": "H225 H319"},  # nothing between them that parts them
        {"hazard_codes": "H225: Highly flammable liquid"},
        {"hazard_codes": "P210"},
        {"hazard_codes": "EUH066"},
        {"hazard_codes": "h225"},
        {"hazard_codes": "H360fd"},
        {"hazard_codes": "H361FD"},
        {"hazard_codes": "H225+H319"},
        {"hazard_codes": "H300+H999"},
        {"hazard_codes": "H310+"},
        {"hazard_codes": "H421"},
        {"hazard_codes": "H225;n/a"},  # half of it says something
        {"hazard_codes": "H\uff1225"},
    ),
    "OSHA-SDS-MISSING": (
        {"sds_url": ""},
        {"sds_url": "", "hazard_codes": "H412", "signal_word": ""},
        {"sds_url": "", "sds_reference": "No"},
        {"sds_url": "N/A", "sds_reference": "n/a"},
    ),
    "OSHA-SDS-STALE": ({"sds_revised_on": "2023-11-20"}, {"sds_revised_on": "2026-11-22"}),
    "OSHA-SDS-URL": (
        {"sds_url": "http://sds.example.com/acetone.pdf"},
        {"sds_url": "sds.example.com/acetone.pdf"},
        {"sds_url": "https://user:secret@sds.example.com/"},
    ),
    "OSHA-CAS-CHECK": (
        {"cas_number": "67-64-2"},
        {"cas_number": "67641"},
        {"cas_number": "unknown"},
    ),
    "OSHA-SIGNAL-WORD": (
        {"signal_word": "Warning"},
        {"signal_word": "none"},
        {"hazard_codes": "H319;H335"},  # and Danger
        {"hazard_codes": "H411"},
        {"hazard_codes": "H362"},
        {"hazard_codes": "H300+H310", "signal_word": "Warning"},
        {"hazard_codes": "H242;H240", "signal_word": "Warning"},
    ),
    "OSHA-QTY-UNIT": (
        {"quantity": "0"},
        {"quantity": "-1"},
        {"quantity": "0.000"},
        {"quantity": ""},
        {"quantity": "2,5"},
        {"quantity": "1e3"},
        {"quantity": "500 mL"},
        {"unit": ""},
        {"unit": "bottles"},
        {"unit": "2.5"},
        {"record_status": "retired", "quantity": "-1"},
        {"record_status": "retired", "unit": "furlong"},
    ),
    "OSHA-LOCATION": (
        {"location": ""},
        {"location": "N/A"},
        {"location": "-"},
        {"location": "unknown"},
        {"location": "", "building": "Science"},
        {"location": "", "room": "101"},
        {"location": "tbd", "building": "Science", "room": "?"},
    ),
}  # fmt: skip
#: Code → what comes close and passes.
FINE: dict[str, tuple[dict[str, str], ...]] = {
    "OSHA-GHS-CODE": (
        {"hazard_codes": "", "signal_word": ""},
        {"hazard_codes": "H200;H201;H202;H203;H205"},  # until revision 8
        {"hazard_codes": "H282, H283,H284"},  # since revision 8
        {"hazard_codes": "H206;H207;H208;H229;H230;H231;H232"},
        {"hazard_codes": "H300+H310"},
        {"hazard_codes": "H300 + H310 + H330"},
        {"hazard_codes": "H360FD;H360Fd;H360Df;H361fd;H350i"},
        {"hazard_codes": "H225;H400;H410;H411;H412;H413;H420"},
        {"hazard_codes": "H303;H305;H313;H316;H320;H333", "signal_word": "Warning"},
        {"hazard_codes": "H290;H204;H227", "signal_word": "Warning"},
    ),
    "OSHA-SDS-MISSING": (
        {"sds_url": "", "sds_reference": "SDS-0042"},
        {"sds_url": "", "sds_reference": "Yes"},  # it is there; where, people on the spot know
        {"sds_url": "", "hazard_codes": "", "signal_word": ""},
        {"sds_url": "", "hazard_codes": "n/a", "signal_word": "N/A"},
    ),
    "OSHA-SDS-STALE": (
        {"sds_revised_on": "2023-11-21"},  # three years to the day
        {"sds_revised_on": "2026-11-21"},
        {"sds_revised_on": ""},
    ),
    "OSHA-SDS-URL": ({"sds_url": "HTTPS://sds.example.com:8443/a%20b.pdf?v=2#page=3"},),
    "OSHA-CAS-CHECK": (
        {"cas_number": ""},
        {"cas_number": "7732-18-5"},  # water: to a spreadsheet a date
        {"cas_number": "50-00-0"},
        {"cas_number": "Mixture"},
        {"cas_number": "N/A"},
        {"cas_number": "trade secret"},
        {"cas_number": "1310-73-2"},
    ),
    "OSHA-SIGNAL-WORD": (
        {"signal_word": ""},
        {"signal_word": "DANGER"},
        {"hazard_codes": "", "signal_word": "Danger"},
        {"hazard_codes": "H319;H335", "signal_word": "Warning"},
        {"hazard_codes": "H228", "signal_word": "Danger"},  # by its category
        {"hazard_codes": "H228", "signal_word": "Warning"},
        {"hazard_codes": "H319;H228", "signal_word": "Warning"},
        {"hazard_codes": "H410", "signal_word": "Warning"},
        {"hazard_codes": "H410", "signal_word": "None"},  # outside HazCom
        {"hazard_codes": "H411", "signal_word": "None"},
    ),
    "OSHA-QTY-UNIT": (
        {"quantity": "0.000000001"},
        {"quantity": "55", "unit": "gal."},
        {"unit": "fl oz"},
        {"unit": "ML"},
        {"unit": "\u00b5g"},
        {"unit": "cu. ft."},
        {"unit": "Liter(s)"},
        {"unit": "metric ton"},
        {"record_status": "retired", "quantity": "0"},
        {"record_status": "Retired", "quantity": "", "unit": ""},
    ),
    "OSHA-LOCATION": (
        {"location": "B"},
        {"location": "", "building": "Science", "room": "101"},
        {"location": "", "record_status": "retired"},
    ),
}  # fmt: skip

CASES = [(code, given) for code, several in BROKEN.items() for given in several]


def test_the_sound_record_is_sound() -> None:
    found = judged({})
    assert isinstance(found, GovernedRecord)
    assert codes(found) == set()
    assert found.source_id == "INV-000123"
    assert found.payload["hazard_codes"] == ["H225", "H319", "H336"]
    assert found.payload["quantity"] == "2.5"


def test_every_rule_has_a_record_that_breaks_it_and_one_that_does_not() -> None:
    every = {rule.code for rule in OSHA_INVENTORY.rules}
    assert BROKEN.keys() == FINE.keys() == every


@pytest.mark.parametrize(("code", "given"), CASES)
def test_a_record_that_breaks_a_rule_has_its_code(code: str, given: dict[str, str]) -> None:
    found = judged(given)
    assert code in codes(found)
    warns = code == "OSHA-SDS-STALE"
    assert isinstance(found, GovernedRecord if warns else Refused)


@pytest.mark.parametrize(
    ("code", "given"), [(code, given) for code, several in FINE.items() for given in several]
)
def test_a_record_that_comes_close_passes(code: str, given: dict[str, str]) -> None:
    assert code not in codes(judged(given))


@pytest.mark.parametrize(("code", "given"), CASES)
def test_without_the_rule_nobody_says_it(code: str, given: dict[str, str]) -> None:
    """Each rule alone finds what it is there for."""
    assert code not in codes(judged(given, without=code))


@pytest.mark.parametrize("code", sorted(BROKEN))
def test_the_same_bad_record_passes_where_its_rule_is_switched_off(code: str) -> None:
    bad = BROKEN[code][0]
    assert codes(judged(bad)) == {code}
    found = judged(bad, without=code)
    assert isinstance(found, GovernedRecord)
    assert codes(found) == set()


def test_a_record_can_break_every_rule_at_once() -> None:
    found = judged({
        "hazard_codes": "H300;H999", "signal_word": "None", "cas_number": "1-1-1", "location": "",
        "quantity": "0", "unit": "", "sds_url": "", "sds_revised_on": "2001-01-01",
    })  # fmt: skip
    assert codes(found) == BROKEN.keys() - {"OSHA-SDS-URL"}


def test_details_tell_the_place_and_never_the_value() -> None:
    found = judged({"hazard_codes": "H225;H209;H998", "cas_number": "67-64-2"})
    assert isinstance(found, Refused)
    assert [violation.detail for violation in found.violations] == [
        "code 2 of 3 is in none of GHS revisions 3, 7, 8; revision 9 brought it",
        "code 3 of 3 is in none of GHS revisions 3, 7, 8",
        "the check digit does not fit the others",
    ]


def test_a_leap_day_ages_like_any_other() -> None:
    today = date(2028, 2, 29)
    assert codes(judged({"sds_revised_on": "2025-02-28"}, today=today)) == set()
    assert codes(judged({"sds_revised_on": "2025-02-27"}, today=today)) == {"OSHA-SDS-STALE"}
    leap_day = {"sds_revised_on": "2024-02-29"}
    assert codes(judged(leap_day, today=date(2027, 2, 28))) == set()
    assert codes(judged(leap_day, today=date(2027, 3, 1))) == {"OSHA-SDS-STALE"}


def test_a_person_may_confirm_the_signal_word_and_nothing_else() -> None:
    severities = {rule.code: rule.severity for rule in OSHA_INVENTORY.rules}
    assert severities.pop("OSHA-SIGNAL-WORD") is Severity.ATTEST
    assert severities.pop("OSHA-SDS-STALE") is Severity.WARN
    assert set(severities.values()) == {Severity.QUARANTINE}


def test_a_container_is_retired_by_its_number_alone() -> None:
    row = SoundRecord(row=1, line=2, values={"inventory_id": "1", "record_status": "retired"})
    found = RowJudge(OSHA_INVENTORY, Day(as_of=TODAY), None).judge(row)
    assert isinstance(found, GovernedRecord)


def test_nothing_is_verified_until_a_person_says_so() -> None:
    assert OSHA_INVENTORY.state == {"hazcom_verified": False}


def test_what_is_kept_as_an_exposure_record_is_kept_for_thirty_years() -> None:
    """29 CFR 1910.1020(d)(1)(ii); from any day on."""
    longest = max((date(y + 30, 3, 1) - date(y, 3, 1)).days for y in range(2000, 2099))
    assert OSHA_INVENTORY.retention_days == longest
