"""Each rule of EPA at its boundary: what passes, what fails with its code, and that none carries another."""

from datetime import timedelta

import pytest

from shared.domain.feeds.epa_waste import EPA_WASTE
from shared.domain.record import GovernedRecord
from tests.fakes.waste_lines import AS_OF, PCB, SOUND, codes, fields, judged

TODAY = AS_OF.isoformat()
TOMORROW = (AS_OF + timedelta(days=1)).isoformat()
NO_DATES = dict.fromkeys(
    (
        "shipped_on", "received_on", "generator_signed_on", "transporter_signed_on",
        "facility_signed_on",
    ),
    "",
)  # fmt: skip
BULK = PCB | {
    "pcb_load_types": "BulkWaste",
    "pcb_article_ids": "",
    "pcb_waste_types": "",
    "pcb_bulk_identities": "soil",
}
OUTSIDE_FEDERAL_LAW = {"federal_waste_codes": "", "hazardous": "no"}

Change = dict[str, str]

PASSES: dict[str, list[Change]] = {
    "EPA-GENERATOR-ID": [
        {"generator_id": "PRD000000001"},
        {"generator_id": "GU0123456789"},
        {"generator_id": "DCZZZZZZZZZZ"},
        {"generator_id": "40 CFR PART 761"} | PCB,
    ],
    "EPA-TSDF-ID": [{"designated_facility_id": "VIR000000001"}],
    "EPA-TRANSPORTER-ORDER": [
        {"transporters": "NVD123456789", "transporter_orders": "1"},
        {"transporters": "NVD123456789;CAR000654321", "transporter_orders": ""},
        {"transporters": "NVD123456789;CAR000654321;NVD123456789", "transporter_orders": "1;2;3"},
        {"transporter_orders": "2;1", "transporter_signed_on": "2026-03-04;2026-03-02"},
    ],
    "EPA-MTN": [{"manifest_tracking_number": "000000000AAA"}, {"waste_line_number": "100"}],
    "EPA-WASTE-CODE": [
        {"federal_waste_codes": "D001"},
        {"federal_waste_codes": "D043;F039;K181;P205;U411"},
        {"federal_waste_codes": "PHRM"},
        {"federal_waste_codes": "", "state_waste_codes": "BCRUSH"},
        {"federal_waste_codes": "", "texas_waste_codes": "0001219H"},
        {"federal_waste_codes": ""} | PCB,
        {"federal_waste_codes": "", "epa_waste": "no"},
        OUTSIDE_FEDERAL_LAW,
    ],
    "EPA-QUANTITY": [{"quantity": "1"}, {"quantity": "99999999999"}, {"quantity": "12.0"}],
    "EPA-CONTAINERS": [{"container_count": "1"}, {"container_count": "9999"}],
    "EPA-DATES": [
        NO_DATES,
        NO_DATES | {"shipped_on": TODAY, "received_on": TODAY},
        {"received_on": TODAY, "facility_signed_on": TODAY},
        {"transporter_signed_on": "2026-03-02;2026-03-02"},
        NO_DATES | {"shipped_on": "1980-11-19"},
    ],
    "EPA-PCB": [
        PCB,
        BULK,
        PCB | {"pcb_removed_on": TODAY},
        PCB | {"pcb_waste_types": "small capacitors, ballasts"},
        PCB | {"pcb_weights": "0.000001"},
        PCB | {"pcb_weights": "99999999999.999999"},
        PCB | {"pcb_load_types": "ArticleNotInContainer", "pcb_waste_types": ""},
        PCB
        | {
            "pcb_load_types": "Container;BulkWaste",
            "pcb_removed_on": "2026-02-01;2026-02-01",
            "pcb_weights": "1;1",
            "pcb_bulk_identities": "soil",
        },
    ],
    "EPA-HAZ-FLAG": [
        {"hazardous": "yes", "epa_waste": "yes"},
        {"hazardous": ""},
        OUTSIDE_FEDERAL_LAW | {"state_waste_codes": "352"},
    ],
    "EPA-MGMT-METHOD": [
        {"management_method": "H010"},
        {"management_method": "H141"},
        {"management_method": "", "facility_signed_on": ""},
        OUTSIDE_FEDERAL_LAW | {"management_method": "", "epa_waste": "no"},
        {"management_method": "", "emanifest_status": "Scheduled", "facility_signed_on": ""},
    ],
}

FAILS: dict[str, list[tuple[str, Change]]] = {
    "EPA-GENERATOR-ID": [
        ("generator_id", {"generator_id": ""}),
        ("generator_id", {"generator_id": "CAR00012345"}),
        ("generator_id", {"generator_id": "CAR0001234567"}),
        ("generator_id", {"generator_id": "car000123456"}),
        ("generator_id", {"generator_id": "CAR-00123456"}),
        ("generator_id", {"generator_id": "ZZR000123456"}),
        ("generator_id", {"generator_id": "VATEST000001"}),
        ("generator_id", {"generator_id": "40 CFR PART 761"}),
    ],
    "EPA-TSDF-ID": [
        ("designated_facility_id", {"designated_facility_id": ""}),
        ("designated_facility_id", {"designated_facility_id": "TXD98765432"}),
        ("designated_facility_id", {"designated_facility_id": "XXD987654321"}),
        ("designated_facility_id", {"designated_facility_id": "VATESTTSDF03"}),
        ("designated_facility_id", PCB | {"designated_facility_id": "40 CFR PART 761"}),
    ],
    "EPA-TRANSPORTER-ORDER": [
        ("transporters", {"transporters": "", "transporter_orders": ""}),
        ("transporters", {"transporters": "NVD123456789;CAR00065432"}),
        ("transporters", {"transporters": "NVD123456789;VATEST000002"}),
        ("transporter_orders", {"transporter_orders": "1;3"}),
        ("transporter_orders", {"transporter_orders": "1;1"}),
        ("transporter_orders", {"transporter_orders": "0;1"}),
        ("transporter_orders", {"transporter_orders": "1", "transporter_signed_on": ""}),
        ("transporter_orders", {"transporter_orders": "1;2;3", "transporter_signed_on": ""}),
    ],
    "EPA-MTN": [
        ("manifest_tracking_number", {"manifest_tracking_number": "12345678ELC"}),
        ("manifest_tracking_number", {"manifest_tracking_number": "0123456789ELC"}),
        ("manifest_tracking_number", {"manifest_tracking_number": "012345678EL"}),
        ("manifest_tracking_number", {"manifest_tracking_number": "012345678elc"}),
        ("manifest_tracking_number", {"manifest_tracking_number": "CHANGE ME"}),
        ("waste_line_number", {"waste_line_number": "0"}),
    ],
    "EPA-WASTE-CODE": [
        ("federal_waste_codes", {"federal_waste_codes": "D000"}),
        ("federal_waste_codes", {"federal_waste_codes": "D044"}),
        ("federal_waste_codes", {"federal_waste_codes": "D001;F013"}),
        ("federal_waste_codes", {"federal_waste_codes": "F040"}),
        ("federal_waste_codes", {"federal_waste_codes": "K012"}),
        ("federal_waste_codes", {"federal_waste_codes": "P019"}),
        ("federal_waste_codes", {"federal_waste_codes": "U202"}),
        ("federal_waste_codes", {"federal_waste_codes": "U242"}),
        ("federal_waste_codes", {"federal_waste_codes": "d001"}),
        ("federal_waste_codes", {"federal_waste_codes": "D1"}),
        ("federal_waste_codes", {"federal_waste_codes": "H225"}),
        ("federal_waste_codes", {"federal_waste_codes": ""}),
        ("state_waste_codes", {"state_waste_codes": "TOO-LONG"}),
        ("facility_state_waste_codes", {"facility_state_waste_codes": "123456789"}),
        ("texas_waste_codes", {"texas_waste_codes": "0001219"}),
    ],
    "EPA-QUANTITY": [
        ("quantity", {"quantity": ""}),
        ("quantity", {"quantity": "0"}),
        ("quantity", {"quantity": "-1"}),
        ("quantity", {"quantity": "1.67"}),
        ("quantity", {"quantity": "100000000000"}),
        ("quantity_unit", {"quantity_unit": ""}),
        ("quantity_unit", {"quantity_unit": "KG"}),
        ("quantity_unit", {"quantity_unit": "k"}),
    ],
    "EPA-CONTAINERS": [
        ("container_count", {"container_count": ""}),
        ("container_count", {"container_count": "0"}),
        ("container_count", {"container_count": "10000"}),
        ("container_type", {"container_type": ""}),
        ("container_type", {"container_type": "AB"}),
    ],
    "EPA-DATES": [
        ("received_on", {"received_on": "2026-03-01"}),
        ("shipped_on", {"shipped_on": ""}),
        ("received_on", {"received_on": TOMORROW}),
        ("shipped_on", {"shipped_on": "2026-03-01"}),
        ("generator_signed_on", NO_DATES | {"generator_signed_on": TOMORROW}),
        ("transporter_signed_on", {"transporter_signed_on": "2026-03-01;2026-03-04"}),
        ("transporter_signed_on", {"transporter_signed_on": "2026-03-04;2026-03-03"}),
        ("facility_signed_on", {"facility_signed_on": "2026-03-03"}),
        ("facility_signed_on", {"transporter_signed_on": "2026-03-02;2026-03-06"}),
        (
            "facility_signed_on",
            NO_DATES | {"shipped_on": TODAY, "facility_signed_on": "2026-03-09"},
        ),
        ("transporter_signed_on", {"transporter_orders": "2;1"}),
        ("shipped_on", NO_DATES | {"shipped_on": "1980-11-18"}),
    ],
    "EPA-PCB": [
        ("pcb_load_types", PCB | {"pcb_load_types": ""}),
        ("pcb_load_types", BULK | {"pcb_load_types": "Bulk", "pcb_bulk_identities": ""}),
        ("pcb_article_ids", PCB | {"pcb_article_ids": ""}),
        ("pcb_article_ids", PCB | {"pcb_article_ids": "A-17;A-18"}),
        ("pcb_removed_on", PCB | {"pcb_removed_on": ""}),
        ("pcb_removed_on", PCB | {"pcb_removed_on": TOMORROW}),
        ("pcb_weights", PCB | {"pcb_weights": ""}),
        ("pcb_weights", PCB | {"pcb_weights": "0"}),
        ("pcb_weights", PCB | {"pcb_weights": "100000000000"}),
        ("pcb_weights", PCB | {"pcb_weights": "0.0000001"}),
        ("pcb_waste_types", PCB | {"pcb_waste_types": ""}),
        ("pcb_bulk_identities", BULK | {"pcb_bulk_identities": ""}),
        ("pcb_weights", {"pcb_weights": "5"}),
        ("pcb_article_ids", {"pcb": "", "pcb_article_ids": "A-17"}),
    ],
    "EPA-HAZ-FLAG": [("hazardous", {"hazardous": "no"}), ("epa_waste", {"epa_waste": "no"})],
    "EPA-MGMT-METHOD": [
        ("management_method", {"management_method": "H225"}),
        ("management_method", {"management_method": "H009"}),
        ("management_method", {"management_method": "H142"}),
        ("management_method", {"management_method": "H012"}),
        ("management_method", {"management_method": "h010"}),
        ("management_method", {"management_method": ""}),
        (
            "management_method",
            {"management_method": "", "facility_signed_on": "", "emanifest_status": "Signed"},
        ),
    ],
}

GOOD = [(code, change) for code, changes in PASSES.items() for change in changes]
BAD = [(code, field, change) for code, cases in FAILS.items() for field, change in cases]


def test_the_sound_line_is_taken() -> None:
    """Or nothing below means anything."""
    taken = judged()
    assert isinstance(taken, GovernedRecord)
    assert taken.source_id == "012345678ELC/1"
    assert taken.payload["transporters"] == SOUND["transporters"].split(";")


def test_every_rule_has_both_kinds_of_lines() -> None:
    """A rule without them could be anything."""
    assert {rule.code for rule in EPA_WASTE.rules} == set(PASSES) == set(FAILS)


@pytest.mark.parametrize(("code", "change"), GOOD)
def test_a_line_within_the_bounds_is_taken(code: str, change: Change) -> None:
    """Under this rule and every other."""
    assert codes(judged(change)) == set(), code


@pytest.mark.parametrize(("code", "field", "change"), BAD)
def test_a_line_beyond_a_bound_fails_with_the_code_of_its_rule(
    code: str, field: str, change: Change
) -> None:
    """And with no other, on the field where it is mended."""
    outcome = judged(change)
    assert codes(outcome) == {code}
    assert set(fields(outcome)) == {field}


@pytest.mark.parametrize(("code", "field", "change"), BAD)
def test_no_rule_is_carried_by_another(code: str, field: str, change: Change) -> None:
    """Switched off, the same line is taken."""
    assert isinstance(judged(change, without=code), GovernedRecord), field


def test_all_faults_of_a_line_are_told_together() -> None:
    """One round to the source mends them."""
    worst = [cases[0][1] for code, cases in FAILS.items() if code not in ("EPA-PCB", "EPA-MTN")]
    outcome = judged(*worst, {"manifest_tracking_number": "X", "pcb": "yes"})
    assert codes(outcome) == {rule.code for rule in EPA_WASTE.rules}


def test_no_detail_repeats_a_value() -> None:
    """Violations are shown where values are not."""
    for _, field, change in BAD:
        outcome = judged(change)
        value = change.get(field, "")
        shown = [v.detail for v in getattr(outcome, "violations", ())]
        assert len(value) < 5 or not any(value in detail for detail in shown)


def test_every_rule_says_where_it_stands_and_how_to_mend_it() -> None:
    """Each is shown with its text to people who must act on it."""
    for rule in EPA_WASTE.rules:
        assert rule.authority == "EPA"
        assert "CFR" in rule.citation
        assert rule.remedy.endswith(".")
        assert rule.title
        assert rule.valid_to is None
