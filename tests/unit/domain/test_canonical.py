"""The canonical form is RFC 8785, whichever of the two writers makes it."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.canonical import Json, _plain, canonical, fingerprint, sha256, words

VECTORS = Path(__file__).parents[2] / "fixtures" / "rfc8785"
SAFE = 2**53 - 1

characters = st.characters(exclude_categories=["Cs"])
scalars = st.none() | st.booleans() | st.integers(-SAFE, SAFE) | st.text(characters)
documents: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(characters), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_every_published_vector_has_its_published_form(name: str) -> None:
    """`structures` and `values` hold floats, which are not part of `Json`: the library writes them."""
    given_ = json.loads((VECTORS / "input" / f"{name}.json").read_bytes())
    assert canonical(given_) == (VECTORS / "output" / f"{name}.json").read_bytes()


def test_all_six_vectors_are_here() -> None:
    assert len(list((VECTORS / "input").iterdir())) == 6


@given(documents)
def test_the_fast_writer_and_the_library_agree(value: Json) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(st.dictionaries(st.text(st.characters(codec="ascii")), scalars))
def test_the_fast_writer_is_the_one_that_writes_ascii_keys(value: dict[str, Json]) -> None:
    assert _plain(value)
    assert canonical(value) == rfc8785.dumps(value)


@given(documents)
def test_the_form_reads_back_as_the_value(value: Json) -> None:
    assert json.loads(canonical(value)) == value


@given(st.dictionaries(st.text(characters), scalars, min_size=2))
def test_the_order_of_keys_does_not_matter(value: dict[str, Json]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


def test_keys_are_sorted_by_utf_16_units_as_the_rfc_says() -> None:
    """By code points the smiley would come last."""
    value = {"\ufb33": 1, "\U0001f602": 2}
    assert canonical(value) == '{"\U0001f602":2,"\ufb33":1}'.encode()


def test_a_tuple_is_a_list() -> None:
    assert canonical((1, "a", None)) == canonical([1, "a", None]) == b'[1,"a",null]'


@pytest.mark.parametrize("number", [SAFE, -SAFE])
def test_integers_are_safe_up_to_two_to_the_53_less_one(number: int) -> None:
    assert canonical([number]) == f"[{number}]".encode()


@pytest.mark.parametrize("number", [SAFE + 1, -SAFE - 1, 10**30])
def test_an_integer_javascript_would_round_is_refused(number: int) -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical({"id": number})


def test_text_that_is_not_unicode_is_refused() -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical({"name": "\ud800"})


def test_a_fingerprint_is_the_sha256_of_the_form() -> None:
    assert sha256(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert (
        fingerprint({"b": 1, "a": "\u00e9"})
        == hashlib.sha256(b'{"a":"\xc3\xa9","b":1}').hexdigest()
    )


def test_stored_words_come_back_as_words() -> None:
    assert words(None) == []
    assert words(["a", "b"]) == words(("a", "b")) == ["a", "b"]


@pytest.mark.parametrize("value", ["word", 3, {"a": 1}])
def test_what_is_no_list_of_words_is_refused(value: Json) -> None:
    """A string would fall apart into letters."""
    with pytest.raises(TypeError, match="list of words"):
        words(value)
