"""Looks at the data directory: private, ours, writable, its master key, and room on its disk."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from shared.ports.probe import Finding, Probe, Verdict

GB, MB = 1_000_000_000, 1_000_000


class Room(NamedTuple):
    """Free and total bytes of a disk."""

    free: int
    total: int


def folder_probe(folder: Path) -> Probe:
    """The data directory and the key in it."""

    def look() -> Iterator[Finding]:
        yield _folder(folder)
        if (key := folder / "master.key").exists():
            yield _master_key(key)

    return Probe(name="data-dir", look=look)


def disk_probe(folder: Path) -> Probe:
    """Room where the data directory is, or will be."""

    def look() -> Iterator[Finding]:
        try:
            usage = shutil.disk_usage(_existing(folder))
        except OSError as error:
            yield Finding(
                name="disk", verdict=Verdict.ERROR, detail=f"{folder}: {error.strerror}",
                remedy="make data.dir reachable for the user who runs this",
            )  # fmt: skip
            return
        yield judge_room(folder, Room(free=usage.free, total=usage.total))

    return Probe(name="disk", look=look)


def judge_room(folder: Path, room: Room) -> Finding:
    """2 GB (200 MB: an error) or 10 % (1 %) of the disk, of which no more than 20 GB (2 GB) count.

    On a large disk a tenth is plenty; warning then would teach people not to read warnings.
    """
    facts = {"free_bytes": room.free, "total_bytes": room.total}
    detail = f"{_size(room.free)} of {_size(room.total)} free at {folder}"
    remedy = "make room: old archives under archive/ may go to another disk"
    if room.free < max(200 * MB, min(room.total // 100, 2 * GB)):
        verdict, detail = Verdict.ERROR, f"{detail}: files are refused when nothing is left"
    elif room.free < max(2 * GB, min(room.total // 10, 20 * GB)):
        verdict = Verdict.WARNING
    else:
        verdict, remedy = Verdict.OK, ""
    return Finding(name="disk", verdict=verdict, detail=detail, remedy=remedy, facts=facts)


def _folder(folder: Path) -> Finding:
    if not folder.exists():
        return _to_be_made(folder)
    status = folder.stat()
    mode = stat.S_IMODE(status.st_mode)
    if not folder.is_dir():
        what, remedy = "is not a folder", f"move {folder} away, or name another data.dir"
    elif status.st_uid != os.geteuid():
        what = f"belongs to user {status.st_uid}, this runs as {os.geteuid()}"
        remedy = f"chown -R {os.geteuid()} {folder}, or run as its owner"
    elif mode & 0o077:
        what, remedy = f"has mode {mode:04o}, want 0700", f"chmod 700 {folder}"
    elif not os.access(folder, os.W_OK | os.X_OK):
        what, remedy = "is not writable", f"chmod 700 {folder}, and mount its disk for writing"
    else:
        return Finding(name="data-dir", detail=f"{folder} is private and writable")
    return Finding(
        name="data-dir", verdict=Verdict.ERROR, detail=f"data.dir {folder} {what}", remedy=remedy
    )


def _to_be_made(folder: Path) -> Finding:
    above = _existing(folder)
    if os.access(above, os.W_OK | os.X_OK):
        return Finding(name="data-dir", detail=f"{folder} is made at the first start")
    return Finding(
        name="data-dir", verdict=Verdict.ERROR,
        detail=f"data.dir {folder} doesn't exist and can't be made in {above}",
        remedy=f"as root: install -d -m 700 -o {os.geteuid()} {folder}",
    )  # fmt: skip


def _master_key(path: Path) -> Finding:
    mode = stat.S_IMODE(path.stat().st_mode)
    if not os.access(path, os.R_OK):
        what, remedy = "can't be read", f"chown {os.geteuid()} {path}"
    elif mode & 0o077:
        what, remedy = f"has mode {mode:04o}, want 0600", f"chmod 600 {path}"
    else:
        return Finding(
            name="master-key",
            detail=f"{path.name} is private; keep a copy of it away from the data",
        )
    return Finding(name="master-key", verdict=Verdict.ERROR, detail=f"{path} {what}", remedy=remedy)


def _existing(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.exists())


def _size(count: int) -> str:
    return f"{count / GB:,.1f} GB" if count >= GB else f"{count / MB:,.0f} MB"
