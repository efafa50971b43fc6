"""Many short texts, looked for in a long one: none is missed, whatever damage wrote between its letters."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.needles import Needles, bare, may_stand_in

letters = st.text(st.sampled_from("ab1@. \u00e9e\u0301"), max_size=12)


@pytest.mark.parametrize(
    "written",
    [
        "JOS\u00c9@lincoln.example",
        "jose\u0301@lincoln.example",
        'jo"s\u00e9@lincoln.example',
        "jo\u00ads\u00e9@lincoln\u200b.example",
        "jos\u00e9@lin\r\ncoln.example",
        "j\x00o\x00s\x00\u00e9@lincoln.example",
        "jos\u00e9\uff20lincoln.example",
        "jos\ufffd\u00e9@lincoln.example",
        "jos\u00e9 @ lincoln . example",
    ],
)
def test_what_damage_may_write_for_a_text_is_the_same_bare(written: str) -> None:
    assert bare(written) == bare("jos\u00e9@lincoln.example") == "jose@lincoln.example"


@pytest.mark.parametrize(
    "other", ["jos\u00e9@lincoln.examp1e", "jos@lincoln.example", "\u0458ose@x"]
)
def test_other_letters_stay_others(other: str) -> None:
    assert bare(other) != bare("jos\u00e9@lincoln.example")


@given(letters, letters)
def test_what_stands_together_does_so_bare_too(first: str, second: str) -> None:
    assert bare(first + second) == bare(first) + bare(second)


@given(st.text(max_size=30))
def test_normal_forms_and_case_make_no_difference(text: str) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert bare(unicodedata.normalize(form, text)) == bare(text)
    assert bare(bare(text)) == bare(text)


@given(st.lists(letters, max_size=8), letters, letters)
def test_the_one_pass_finds_what_looking_one_by_one_finds(
    needles: list[str], before: str, after: str
) -> None:
    sought = {bare(needle) for needle in needles} - {""}
    for text in (bare(before + needle + after) for needle in ["", *needles]):
        assert Needles(sought).found_in(text) == {needle for needle in sought if needle in text}


@given(st.lists(letters, max_size=8), st.lists(letters, max_size=3))
def test_what_is_found_in_a_text_may_stand_in_it(needles: list[str], texts: list[str]) -> None:
    bared, looked_in = list(map(bare, needles)), list(map(bare, texts))
    possible = may_stand_in(looked_in)
    for text in looked_in:
        assert all(map(possible, Needles(bared).found_in(text)))


@pytest.mark.parametrize(("letters", "possible"), [(200_000, False), (200_001, True)])
def test_in_little_text_what_is_not_there_is_told_at_once(letters: int, possible: bool) -> None:
    assert may_stand_in(["x" * letters])("nobody@x.example") is possible
    assert may_stand_in(["x" * letters])("xxxxxx")
