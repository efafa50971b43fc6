"""CAS numbers: form and check digit."""

import pytest

from shared.domain.feeds.cas import cas_fault


@pytest.mark.parametrize(
    "number",
    ["50-00-0", "64-17-5", "67-64-1", "7732-18-5", "7647-01-0", "1310-73-2", "58-08-2", "107-07-3",
     "9002-86-2", "1333-74-0", "2095495-21-7"],
)  # fmt: skip
def test_known_numbers_are_sound(number: str) -> None:
    assert cas_fault(number) is None


@pytest.mark.parametrize("wrong", [digit for digit in "0123456789" if digit != "5"])
def test_one_check_digit_fits(wrong: str) -> None:
    fault = cas_fault(f"7732-18-{wrong}")
    assert fault is not None
    assert "check digit" in fault


@pytest.mark.parametrize(
    "number",
    ["", "7732185", "7732-185", "7732-18-5 ", "7732-18-55", "7732-1-85", "0050-00-0", "5-00-0",
     "12345678-00-0", "7732\u201018\u20105", "\u0667\u0667\u0663\u0662-18-5", "7732-18-5\n", "CAS 7732-18-5"],
)  # fmt: skip
def test_other_forms_are_not(number: str) -> None:
    fault = cas_fault(number)
    assert fault is not None
    assert fault.startswith("expected")
