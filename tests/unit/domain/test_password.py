"""Which passwords are taken."""

import unicodedata

import pytest

from shared.domain.password import LONGEST, SHORTEST, PasswordFault, as_typed, fault_of

NAMES = ("kim.lee", "Lincoln USD")


@pytest.mark.parametrize(
    "password",
    [
        "plums on a windowsill",  # no digits, no signs, spaces
        "ein Löffel für Großmutter",
        "x7!kQ2vw9#Lp0zTm",
        "日本語のとても長い合言葉です。はい",
        "a password that nobody would think of",
        "Ω" * 7 + "plum window sill",
    ],
)
def test_long_ones_that_nobody_guesses_are_taken(password: str) -> None:
    assert fault_of(password, names=NAMES) is None


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaaaaaa",
        "passwordpassword",
        "abcabcabcabcabca",
        "123456789012345",
        "qwertyuiopasdfghjkl",
        "Password Password 1",
        "zyxwvutsrqponmlkj",
        "Kim.Lee@Lincoln-USD 2026",
        "kimleekimlee2026!!",
        "Lincoln USD Summer 2026",
        "correct horse battery staple",
        "----------------------",
    ],
)
def test_what_is_guessed_from_names_and_habits_is_not(password: str) -> None:
    assert fault_of(password, names=NAMES) is PasswordFault.GUESSABLE


def test_its_length_is_counted_in_characters() -> None:
    long = "plum, window, sill, ladder, " * 20
    assert fault_of("plums on window"[: SHORTEST - 1], names=NAMES) is PasswordFault.TOO_SHORT
    assert fault_of("plüms ön windöw", names=NAMES) is None
    text = "".join(chr(0x4E00 + number) for number in range(LONGEST + 1))
    assert fault_of(text[:LONGEST], names=NAMES) is None
    assert fault_of(text, names=NAMES) is PasswordFault.TOO_LONG
    assert fault_of(long, names=NAMES) is PasswordFault.TOO_LONG


def test_a_letter_with_its_accent_is_one_character_from_any_keyboard() -> None:
    apart = unicodedata.normalize("NFD", "plüms ön windöw")
    assert apart != "plüms ön windöw"
    assert as_typed(apart) == "plüms ön windöw"


def test_a_name_of_two_letters_takes_nothing_away() -> None:
    assert fault_of("plums on a windowsill", names=("on", "U")) is None
