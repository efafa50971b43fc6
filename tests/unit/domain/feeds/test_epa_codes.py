"""EPA's lists of codes: whole, without what was deleted; ids of test sites only where they are wanted."""

import pytest

from shared.domain.feeds import epa_codes
from shared.domain.feeds.epa_codes import ALLOW_TEST_IDS, site_id_fault
from shared.domain.record import GovernedRecord
from tests.fakes.waste_lines import codes, judged

TEST_SITES = {
    "generator_id": "VATESTGEN001",
    "transporters": "VATESTRAN02",
    "transporter_orders": "1",
    "transporter_signed_on": "",
    "designated_facility_id": "VATEST000001",
}


@pytest.mark.parametrize(("letter", "count"), [("D", 43), ("F", 28), ("K", 121), ("U", 246)])
def test_the_lists_of_federal_codes_are_whole(letter: str, count: int) -> None:
    """A line lost from the file would refuse a lawful code."""
    assert sum(code.startswith(letter) for code in epa_codes.waste_codes()) == count


def test_a_lab_pack_has_a_word_of_its_own() -> None:
    """EPA's own list of federal codes has it, and schools ship little else."""
    assert "LABP" in epa_codes.waste_codes()


def test_p_codes_stand_beside_the_two_words_for_pharmaceuticals() -> None:
    """40 CFR 266.508(a)(2)(ii)."""
    acute = {code for code in epa_codes.waste_codes() if code.startswith("P")}
    assert len(acute) == 126
    assert {code for code in acute if not code[1:].isdigit()} == {"PHARMS", "PHRM"}


@pytest.mark.parametrize(
    "code",
    [
        "D044", "F013", "F018", "F029", "F031", "F033", "F036", "F040", "K012", "K053", "K064", "K066",
        "K090", "K140", "K160", "K173", "K182", "P019", "P025", "P090", "P107", "P186", "P206", "U013",
        "U065", "U139", "U202", "U212", "U230", "U242", "U250", "U277", "U408", "U412",
    ],
)  # fmt: skip
def test_deleted_and_reserved_numbers_are_not_among_them(code: str) -> None:
    """A number in the series is not a code."""
    assert code not in epa_codes.waste_codes()


def test_short_lists_have_what_the_forms_have() -> None:
    """EPA form 8700-22, tables I and II; 50 states, the district, territories, the Navajo Nation."""
    assert epa_codes.quantity_units() == frozenset("GKLMNPTY")
    assert len(epa_codes.container_types()) == 13
    assert len(epa_codes.states()) == 58
    assert {"DC", "PR", "GU", "VI", "AS", "MP", "NN", "TT"} <= epa_codes.states()


def test_management_methods_lie_between_their_ends() -> None:
    """H010 is metals recovery, H141 storage; codes of the GHS begin at H200."""
    methods = sorted(epa_codes.management_methods())
    assert (methods[0], methods[-1]) == ("H010", "H141")


@pytest.mark.parametrize("code", ["H070", "H071", "H110", "H112", "H135", "H137", "H139"])
def test_present_and_former_management_methods_pass(code: str) -> None:
    """Manifests are kept for longer than EPA keeps its codes."""
    assert code in epa_codes.management_methods()


@pytest.mark.parametrize("code", ["H012", "H060", "H072", "H102", "H133", "H138", "H140", "H142"])
def test_numbers_between_management_methods_do_not(code: str) -> None:
    """A number in the range is not a code."""
    assert code not in epa_codes.management_methods()


def test_test_sites_are_refused_by_default() -> None:
    """A manifest of the pre-production system must not stand among real ones."""
    assert codes(judged(TEST_SITES)) == {"EPA-GENERATOR-ID", "EPA-TRANSPORTER-ORDER", "EPA-TSDF-ID"}


def test_test_sites_are_taken_where_the_feed_allows_them() -> None:
    """Then even those that are a character short, as in EPA's own examples."""
    allowed = frozenset({ALLOW_TEST_IDS})
    assert isinstance(judged(TEST_SITES, options=allowed), GovernedRecord)
    assert site_id_fault("ZZTEST000001", allowed) is not None


def test_an_id_of_a_real_site_needs_no_option() -> None:
    """Whatever the option says, the shape stays."""
    for options in (frozenset[str](), frozenset({ALLOW_TEST_IDS})):
        assert site_id_fault("VAD000532119", options) is None
        assert site_id_fault("VAD00053211", options) is not None
