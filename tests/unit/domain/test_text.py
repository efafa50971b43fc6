"""How text is trimmed, compared and masked."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.text import fold, masked_email, tidy

SPACES = " \t\r\n\v\f\u00a0\u200b\ufeff\u2060"


@pytest.mark.parametrize("space", SPACES)
def test_space_of_every_kind_is_trimmed_outside_and_kept_inside(space: str) -> None:
    assert tidy(f"{space}a{space}b{space}") == f"a{space}b"


@given(st.text())
def test_tidy_text_stays_as_it_is(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)
    assert unicodedata.is_normalized("NFC", tidy(text))


@given(st.text())
def test_folded_text_stays_as_it_is(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zo\u00eb@Lincoln.example", "zoe\u0308@lincoln.example"),
        (" E7", "e7\u00a0"),
        ("STRASSE", "stra\u00dfe"),
    ],
)
def test_case_composition_and_outer_space_do_not_tell_texts_apart(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("0012", "12"), ("a b", "ab"), ("e7", "e71")])
def test_zeros_and_inner_space_do(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    ("email", "masked"),
    [
        ("mario@lincoln.example", "m***@lincoln.example"),
        ("m@lincoln.example", "m***@lincoln.example"),
        ("@lincoln.example", "***@lincoln.example"),
        ("no address", "***"),
        ("", "***"),
    ],
)
def test_a_masked_email_keeps_one_letter_and_the_host(email: str, masked: str) -> None:
    assert masked_email(email) == masked
