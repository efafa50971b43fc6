"""What the directory of a ZIP may say of its entries; judged before anything is unpacked."""

import re
import stat
from collections.abc import Sequence
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipInfo

from shared.adapters.tabular.xlsx.limits import Limits, damaged, too_large, unsafe

#: Relative, with slashes, without a character that some system takes for something else.
_NAME = re.compile(r"(?!/)[^\x00-\x1f\x7f\\:]+")
#: Encrypted, strongly encrypted, patched, with a hidden directory.
_REFUSED_FLAGS = 0x0001 | 0x0020 | 0x0040 | 0x2000


def check_entries(infos: Sequence[ZipInfo], limits: Limits) -> None:
    """Look at every entry, also at those nobody will unpack.

    Raises:
        InputInvalid: `too_large`, `unsafe_workbook` or `damaged_workbook`.
    """
    if len(infos) > limits.entries:
        raise too_large("its parts", limits.entries)
    if sum(info.file_size for info in infos) > limits.unpacked_bytes:
        raise too_large("its size unpacked", limits.unpacked_bytes, " bytes")
    for info in infos:
        _check_name(info)
        _check_kind(info)
        _check_size(info, limits)
    if len({info.filename.rstrip("/").casefold() for info in infos}) < len(infos):
        raise unsafe("a part stands twice in its list of parts, perhaps in another case")


def _check_name(info: ZipInfo) -> None:
    name = info.orig_filename
    if not _NAME.fullmatch(name) or {".", ".."} & set(name.split("/")):
        raise unsafe("a part's name leads out of the workbook, or isn't a name")


def _check_kind(info: ZipInfo) -> None:
    if info.flag_bits & _REFUSED_FLAGS:
        raise unsafe("a part has a password")
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise unsafe("a part is packed in a way no spreadsheet program uses")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFDIR if info.is_dir() else stat.S_IFREG):
        raise unsafe("a part is a link or a device")


def _check_size(info: ZipInfo, limits: Limits) -> None:
    packed, size = info.compress_size, info.file_size
    if size > limits.part_bytes:
        raise too_large("a part unpacked", limits.part_bytes, " bytes")
    if size > limits.ratio_from_bytes and size > packed * limits.ratio:
        raise too_large("how often a part is larger than packed", limits.ratio, " times")
    if (info.compress_type == ZIP_STORED and packed != size) or (info.is_dir() and size):
        raise damaged("the sizes in its list of parts contradict each other")
