"""JSON from outside: bombs, riddles and numbers nobody can hold are refused before they are used."""

import pytest

from shared.domain.strict_json import MOST_CHARACTERS, read_json


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "line 1, column 2"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested too deeply"),
        ('{"a": 1, "a": 1}', "'a' stands twice"),
        ('{"a": {"b": 1, "c": 2, "b": 3}}', "'b' stands twice"),
        ("[NaN]", "NaN is not JSON"),
        ("[-Infinity]", "-Infinity is not JSON"),
        ("[1e400]", "too large"),
        ("[1e16]", "too large"),
        ("[" + "9" * 5000 + "]", "digits"),
        ('["\\ud800"]', "not Unicode"),
        ('{"\\ud800": 1}', "not Unicode"),
        ("\ufeff{}", "BOM"),
        ("!!python/object:os.system", "line 1, column 1"),
        (" " * (MOST_CHARACTERS + 1), "characters, at most"),
    ],
)
def test_what_is_no_sound_json_is_refused_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_json(text)


def test_sound_json_is_read_as_it_is() -> None:
    assert read_json(' {"a": [1, "x", null, true, 0.5]} ') == {"a": [1, "x", None, True, 0.5]}
    assert read_json("[]" + " " * (MOST_CHARACTERS - 2)) == []


def test_a_whole_number_may_be_written_with_a_point() -> None:
    found = read_json("[402.0, 4.02e2]")
    assert found == [402, 402]
    assert all(type(number) is int for number in found)
