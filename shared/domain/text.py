"""Text rules shared by validation, matching and comparison."""

import unicodedata


def tidy(text: str) -> str:
    """Trim (spaces, no-break and zero-width ones included) and compose to NFC."""
    if text.isascii():  # as nearly every value is: nothing to compose, four times as fast
        return text.strip(" \t\r\n\v\f")
    return unicodedata.normalize("NFC", text.strip(" \t\r\n\v\f\u00a0\u200b\ufeff\u2060"))


def fold(text: str) -> str:
    """The form in which emails, usernames and employee numbers are compared: tidy and without case."""
    if text.isascii():
        return text.strip(" \t\r\n\v\f").lower()
    return unicodedata.normalize("NFC", tidy(text).casefold())


def plain(text: str) -> str:
    """The form in which people look for names: without case and accents, so that `pena` finds `Peña`."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in parts if not unicodedata.combining(c))


def masked_email(email: str) -> str:
    """``mario@lincoln.example`` as ``m***@lincoln.example``: enough to recognise, too little to use."""
    local, at, host = email.partition("@")
    return f"{local[:1]}***{at}{host}" if at else "***"


def people_in_words(count: int) -> str:
    """So many people in words."""
    return "1 person" if count == 1 else f"{count:,} people"


def rows_in_words(count: int) -> str:
    """So many rows in words."""
    return "1 row" if count == 1 else f"{count:,} rows"


def printable(text: str) -> str:
    """The text with everything escaped that isn't seen, or that could steer a terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def file_label(name: str) -> str:
    """A sender's file name as it is stored and shown: its last part, printable, at most 255 characters.

    It is never used as a path.
    """
    last = name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    shown = "".join(c if c.isprintable() else "\ufffd" for c in last)
    return shown[:255].strip() or "unnamed"
