"""ZIPs that harm whoever unpacks them: judged by their directory, and again while they are unpacked."""

import io
import stat
import struct
import time
import tracemalloc
import zipfile
import zlib
from dataclasses import replace

import pytest

from shared.adapters.tabular.xlsx.limits import Limits
from tests.unit.adapters.tabular.xlsx.workbooks import (
    opened,
    parts,
    people,
    person,
    read,
    refusal,
    row,
    workbook,
    zipped,
)

SOUND = parts(people(row(2, *person(1))))
SHEET = "xl/worksheets/sheet1.xml"
MIB = 1 << 20


def with_entry(
    name: str, content: str = "", *, mode: int = 0, method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """A sound workbook with one entry more."""
    file = io.BytesIO(zipped(SOUND))
    with zipfile.ZipFile(file, "a") as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr, info.compress_type = mode << 16, method
        archive.writestr(info, content)
    return file.getvalue()


def deflated(size: int) -> tuple[bytes, int]:
    """So many spaces packed in raw deflate, and their checksum; written without unpacking them here."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block, crc, packed = b" " * MIB, 0, []
    for _ in range(size // MIB):
        packed.append(packer.compress(block))
        crc = zlib.crc32(block, crc)
    packed.append(packer.flush())
    return b"".join(packed), crc


def by_hand(entries: list[tuple[bytes, bytes, int, int]], *, at: list[int] | None = None) -> bytes:
    """A ZIP of deflated entries: name, packed bytes, checksum, and the size its directory claims.

    ``at`` gives other offsets than where the entries are.
    """
    body, directory = b"", b""
    for index, (name, packed, crc, size) in enumerate(entries):
        fields = (20, 0, 8, 0, 33, crc, len(packed), size, len(name), 0)
        offset = len(body) if at is None else at[index]
        body += struct.pack("<4s5H3I2H", b"PK\3\4", *fields) + name + packed
        directory += struct.pack("<4sH5H3I5H2I", b"PK\1\2", 20, *fields, 0, 0, 0, 0, offset) + name
    count = len(entries)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + end


def entry(
    name: str, content: str | bytes, *, size: int | None = None
) -> tuple[bytes, bytes, int, int]:
    data = content.encode() if isinstance(content, str) else content
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush()
    return name.encode(), packed, zlib.crc32(data), len(data) if size is None else size


def all_entries(**changed: tuple[bytes, bytes, int, int]) -> list[tuple[bytes, bytes, int, int]]:
    entries = {name: entry(name, content) for name, content in SOUND.items()}
    entries[SHEET] = changed.get("sheet", entries[SHEET])
    return list(entries.values())


def test_a_workbook_written_by_hand_is_read() -> None:
    assert len(read(by_hand(all_entries()))) == 1
    assert len(read(zipped(SOUND, zipfile.ZIP_STORED))) == 1


def test_ten_megabytes_that_unpack_to_ten_gigabytes_are_refused_at_once() -> None:
    """Measured in a process of its own this takes 0.05 s and 10 MB more than the file is."""
    packed, crc = deflated(64 * MIB)
    bomb = by_hand(all_entries(sheet=(SHEET.encode(), packed * 160, crc, 10_000 * MIB % 2**32)))
    assert len(bomb) > 10_000_000
    tracemalloc.start()
    started = time.perf_counter()
    refused = refusal(bomb)
    took_s, (_, peak) = time.perf_counter() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.code == "too_large"
    assert took_s < 1
    assert peak < 100 * MIB


def test_a_part_that_unpacks_to_more_than_its_directory_says_is_refused_when_it_does() -> None:
    packed, crc = deflated(64 * MIB)
    tracemalloc.start()
    refused = refusal(by_hand(all_entries(sheet=(SHEET.encode(), packed, crc, 1000))))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.code == "unsafe_workbook"
    assert peak < 8 * MIB


def test_a_part_that_unpacks_to_less_than_its_directory_says_is_damaged() -> None:
    sheet = entry(SHEET, SOUND[SHEET], size=100_000)
    assert refusal(by_hand(all_entries(sheet=sheet))).code == "damaged_workbook"


def test_a_wrong_checksum_is_damage() -> None:
    name, packed, crc, size = entry(SHEET, SOUND[SHEET])
    broken = (name, packed, crc ^ 1, size)
    assert refusal(by_hand(all_entries(sheet=broken))).code == "damaged_workbook"


@pytest.mark.parametrize("cut", [10, 200, -10, -30])
def test_a_cut_file_is_damaged(cut: int) -> None:
    assert refusal(zipped(SOUND)[:cut]).code == "damaged_workbook"


def test_bytes_behind_a_packed_part_are_damage() -> None:
    name, packed, crc, size = entry(SHEET, SOUND[SHEET])
    longer = (name, packed + b"more", crc, size)
    assert refusal(by_hand(all_entries(sheet=longer))).code == "damaged_workbook"


def test_parts_that_share_bytes_are_refused() -> None:
    """One part's packed bytes begin with a stored block that holds the next part's local header."""
    name, packed, crc, size = entry("xl/inner", "x" * 1000)
    fields = (20, 0, 8, 0, 33, crc, len(packed), size, len(name), 0)
    header = struct.pack("<4s5H3I2H", b"PK\3\4", *fields) + name
    quoted = b"\0" + struct.pack("<HH", len(header), len(header) ^ 0xFFFF) + header
    outer = (b"xl/outer", quoted + packed, zlib.crc32(header + b"x" * 1000), len(header) + 1000)
    sound = [*all_entries(), outer, (name, packed, crc, size)]
    offsets = [0]
    for part_name, part_packed, *_ in sound[:-1]:
        offsets.append(offsets[-1] + 30 + len(part_name) + len(part_packed))
    assert len(read(by_hand(sound, at=offsets))) == 1
    offsets[-1] = offsets[-2] + 30 + len(outer[0]) + 5
    refused = refusal(by_hand(sound, at=offsets))
    assert refused.code == "unsafe_workbook"
    assert "share the same bytes" in str(refused)


def test_a_part_must_be_what_the_directory_calls_it() -> None:
    data = zipped(SOUND)
    renamed = data.replace(SHEET.encode(), SHEET.upper().encode(), 1)
    assert refusal(renamed).code == "unsafe_workbook"


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/cron.d/x",
        "xl/../../x",
        "/etc/passwd",
        "C:/x",
        "..\\x",
        "xl\\x.xml",
        "./x",
        "x\x01",
    ],
)
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    assert refusal(with_entry(name)).code == "unsafe_workbook"


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO])
def test_links_and_devices_are_refused(kind: int) -> None:
    assert refusal(with_entry("xl/x", "target", mode=kind | 0o777)).code == "unsafe_workbook"


def test_plain_files_and_folders_with_a_mode_are_read() -> None:
    opened(with_entry("xl/x", "x", mode=stat.S_IFREG | 0o600))
    opened(with_entry("xl/media/", mode=stat.S_IFDIR | 0o755))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", [SHEET, SHEET.upper(), SHEET + "/"])
def test_a_part_that_stands_twice_is_refused_in_whatever_case(name: str) -> None:
    assert refusal(with_entry(name)).code == "unsafe_workbook"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_refused(method: int) -> None:
    assert refusal(zipped(SOUND, method)).code == "unsafe_workbook"


@pytest.mark.parametrize("flag", [0x0001, 0x0020, 0x0040, 0x2000])
def test_encrypted_and_patched_parts_are_refused(flag: int) -> None:
    data = bytearray(zipped(SOUND))
    at = data.index(b"PK\1\2")
    struct.pack_into("<H", data, at + 8, flag)
    assert refusal(bytes(data)).code in {"unsafe_workbook", "damaged_workbook"}


def test_a_thousand_parts_are_read_and_one_more_is_not() -> None:
    fill = {f"x/{at}": "" for at in range(1000 - len(SOUND))}
    assert len(read(zipped(SOUND | fill))) == 1
    assert refusal(zipped(SOUND | fill | {"x/more": ""})).code == "too_large"


def test_a_hundred_thousand_parts_are_refused_without_looking_at_each() -> None:
    name = b"x" * 40
    one = struct.pack("<4sH5H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 33, 0, 0, 0, 40, *[0] * 6) + name
    directory = one * 100_000
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 9, 9, len(directory), 30, 0)
    assert refusal(b"PK\3\4" + bytes(26) + directory + end).code == "too_large"


def test_limits_hold_to_the_byte() -> None:
    data = zipped(SOUND)
    total = sum(len(content.encode()) for content in SOUND.values())
    largest = max(len(content.encode()) for content in SOUND.values())
    usual = Limits()
    for exactly in (
        replace(usual, file_bytes=len(data)),
        replace(usual, unpacked_bytes=total),
        replace(usual, part_bytes=largest),
        replace(usual, entries=len(SOUND)),
    ):
        opened(data, limits=exactly)
    for less in (
        replace(usual, file_bytes=len(data) - 1),
        replace(usual, unpacked_bytes=total - 1),
        replace(usual, part_bytes=largest - 1),
        replace(usual, list_part_bytes=100),
        replace(usual, entries=len(SOUND) - 1),
    ):
        assert refusal(data, less).code == "too_large"


def test_only_large_parts_are_held_to_the_ratio() -> None:
    spaces = people(row(2, *person(1)), after=" " * 2 * MIB)
    assert refusal(workbook(spaces)).code == "too_large"
    opened(workbook(spaces), limits=Limits(ratio_from_bytes=3 * MIB))
    opened(workbook(people(row(2, *person(1)), after=" " * (MIB - 2000))))


def test_a_zip_inside_a_workbook_is_never_opened() -> None:
    assert len(read(zipped(SOUND | {"xl/embeddings/inner.xlsx": zipped(SOUND)}))) == 1
