"""Which passwords are taken: long ones that nobody guesses from names (NIST SP 800-63B-4). Pure.

No rule asks for digits or signs: such rules make passwords that people write down. Who signs in with
nothing but a password needs 15 characters.
"""

import re
import unicodedata
from enum import StrEnum

SHORTEST, LONGEST = 15, 256
#: Of what is sent no more is looked at: accents may come as characters of their own.
LONGEST_SENT = 4 * LONGEST
#: So much must be left when names and the most used words are taken away.
LEFT = 8

_SEQUENCES = tuple(
    sequence
    for row in (
        "01234567890123456789", "1234567890qwertyuiopasdfghjklzxcvbnm", "abcdefghijklmnopqrstuvwxyz",
        "qwertyuiopasdfghjklzxcvbnm", "qazwsxedcrfvtgbyhnujmikolp", "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    )
    for sequence in (row, row[::-1])
)  # fmt: skip
#: Words of this product and those that begin every list of stolen passwords.
_WORDS = (
    "password", "passwort", "passphrase", "letmein", "welcome", "changeme", "iloveyou", "trustno1",
    "correcthorsebatterystaple", "administrator", "admin", "secret", "default", "qwertyuiop", "qwerty",
    "ascip", "sync", "console", "school", "district", "summer", "winter", "spring", "autumn",
)  # fmt: skip
_LETTERS = re.compile(r"[\W_]+")


class PasswordFault(StrEnum):
    """Why a new password is not taken."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    GUESSABLE = "guessable"
    UNCHANGED = "unchanged"
    NOT_YOURS = "not_yours"  # the present one was not typed rightly


def as_typed(password: str) -> str:
    """The same characters from any keyboard: one is sometimes sent as a letter and its accent."""
    return unicodedata.normalize("NFC", password)


def fault_of(password: str, *, names: tuple[str, ...]) -> PasswordFault | None:
    """What is wrong with a new password; ``names`` are the user's, the district's."""
    if len(password) < SHORTEST:
        return PasswordFault.TOO_SHORT
    if len(password) > LONGEST:
        return PasswordFault.TOO_LONG
    plain = _LETTERS.sub("", password.casefold()) or password
    if _repeats(plain) or _in_a_row(plain) or len(_without_words(plain, names)) < LEFT:
        return PasswordFault.GUESSABLE
    return None


def _repeats(text: str) -> bool:
    """Whether it is a shorter text again and again, the last time perhaps in part."""
    return any(
        text == (text[:size] * (len(text) // size + 1))[: len(text)]
        for size in range(1, len(text) // 2 + 1)
    )


def _in_a_row(text: str) -> bool:
    return any(text in sequence for sequence in _SEQUENCES)


def _without_words(text: str, names: tuple[str, ...]) -> str:
    parts = (part for name in names for part in (name, *re.split(r"[\W_]+", name)))
    own = {_LETTERS.sub("", part.casefold()) for part in parts}
    for word in sorted({*own, *_WORDS}, key=len, reverse=True):
        if len(word) > 2:
            text = text.replace(word, "")
    return text
