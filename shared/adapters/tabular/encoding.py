"""The declared encoding: what a file's first bytes say against it, and its bytes in chunks."""

import codecs
from collections.abc import Generator, Iterable, Iterator
from itertools import chain

from shared.adapters.tabular.faults import Fault
from shared.domain.errors import ConfigInvalid, InputInvalid
from shared.ports.reader import Source

CHUNK_BYTES = 256 << 10

_CODECS = {
    "utf8": "utf-8",
    "utf8sig": "utf-8",
    "utf16": "utf-16",
    "cp1252": "cp1252",
    "windows1252": "cp1252",
}
_MAGIC = (
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an Office document that is old (such as XLS) or has a password"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"(\xb5/\xfd", "a zstd archive"),
    (b"PAR1", "a Parquet file"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG", "an image"),
    (b"\x7fELF", "a program"),
)
_UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def codec_of(encoding: str) -> str:
    """The codec of a declared encoding.

    Raises:
        ConfigInvalid: the encoding isn't one of UTF-8, UTF-16, Windows-1252.
    """
    codec = _CODECS.get(encoding.lower().replace("-", "").replace("_", ""))
    if codec is None:
        raise ConfigInvalid(
            f"The encoding {encoding!r} is not supported. Declare utf-8, utf-16 or cp1252"
            " (staff.encoding). Nothing was started."
        )
    return codec


def chunks(source: Source, codec: str) -> Generator[bytes, None, None]:
    """The file's bytes without its byte order mark; UTF-16 comes as UTF-8, broken where it is.

    Raises:
        InputInvalid: `not_text` or `encoding_mismatch` by the first bytes.
    """
    with source() as file:
        first = file.read(CHUNK_BYTES)
        _check_start(first[:8], codec)
        rest = iter(lambda: file.read(CHUNK_BYTES), b"")
        read = chain([first.removeprefix(codecs.BOM_UTF8)], rest)
        yield from _utf16_as_utf8(read) if codec == "utf-16" else read


def bom_size(source: Source) -> int:
    """How many bytes `chunks` leaves out at the start, for offsets people can use."""
    with source() as file:
        return 3 if file.read(3) == codecs.BOM_UTF8 else 0


def _check_start(start: bytes, codec: str) -> None:
    for magic, what in _MAGIC:
        if start.startswith(magic):
            raise InputInvalid(
                f"The file is {what}, not delimited text. Save it as CSV; renaming is not enough."
                " Nothing was planned.",
                code="not_text",
            )
    found = _looks_like(start)
    if found is not None and found != codec:
        raise InputInvalid(
            f"The file is written in {found}, but {codec} is declared. Declare its encoding"
            " (staff.encoding), or export in the declared one. Nothing was planned.",
            code="encoding_mismatch",
        )
    if start and codec == "utf-16" and not start.startswith(_UTF16_BOMS):
        raise InputInvalid(
            "utf-16 is declared, but the file doesn't begin with its byte order mark (offset 0)."
            " Nothing was planned.",
            code="encoding_mismatch",
        )


def _looks_like(start: bytes) -> str | None:
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if start.startswith(_UTF16_BOMS):
        return "utf-16"
    # ASCII letters of a header with a zero byte beside each: UTF-16 that lost its mark.
    if len(start) >= 4 and (not any(start[::2]) or not any(start[1::2])):
        return "utf-16 without byte order mark"
    return None


def _utf16_as_utf8(read: Iterable[bytes]) -> Iterator[bytes]:
    """A lone surrogate and a half character come out as bytes that are invalid in UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-16")("surrogatepass")
    for chunk in read:
        yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
    try:
        yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        yield b"\xff"


def decoded(raw: bytes, codec: str, offset: int) -> str | Fault:
    """A line's text, or where its bytes are not of the encoding (``offset``: of the line).

    Text that is declared cp1252, goes beyond ASCII and is valid UTF-8 is taken for UTF-8:
    by chance that doesn't happen, and accepting it would put `PeÃ±a` for `Peña` into the plan.
    """
    if codec == "cp1252" and not raw.isascii() and _is_utf8(raw):
        return Fault("encoding", f"bytes are UTF-8, not cp1252, in the line at offset {offset}")
    try:
        return raw.decode("utf-8" if codec == "utf-16" else codec)
    except UnicodeDecodeError as error:
        return Fault("encoding", f"byte 0x{raw[error.start]:02X} at offset {offset + error.start}")


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
