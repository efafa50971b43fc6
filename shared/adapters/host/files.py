"""Looks at files and folders that the configuration names: there, private, writable."""

import os
import stat
from pathlib import Path

from shared.ports.probe import Finding, Verdict


def private_file(name: str, path: Path, *, verdict: Verdict = Verdict.ERROR) -> Finding:
    """A file nobody else may read; ``verdict`` if somebody may. Missing or unreadable is an error."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        return Finding(
            name=name, verdict=Verdict.ERROR, detail=f"{path}: {error.strerror}",
            remedy="put the file there, or name another",
        )  # fmt: skip
    if not os.access(path, os.R_OK):
        return Finding(
            name=name, verdict=Verdict.ERROR, detail=f"{path} can't be read by user {os.geteuid()}",
            remedy=f"chown {os.geteuid()} {path}",
        )  # fmt: skip
    if mode & 0o077:
        return Finding(
            name=name, verdict=verdict, detail=f"{path.name} has mode {mode:04o}, want 0600",
            remedy=f"chmod 600 {path}",
        )  # fmt: skip
    return Finding(name=name, detail=f"{path.name} is private")


def drop_folder(path: Path) -> Finding:
    """Files are taken from here and moved within, so it must be writable, and not by everybody."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        return Finding(
            name="drop", verdict=Verdict.ERROR, detail=f"drop.dir {path}: {error.strerror}",
            remedy=f"make it: install -d -m 770 {path}",
        )  # fmt: skip
    if not path.is_dir():
        what, remedy = "is not a folder", "name a folder in drop.dir"
    elif not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        what = f"can't be read and written by user {os.geteuid()}"
        remedy = f"chgrp its group to {path} and chmod 770 {path}"
    elif mode & stat.S_IWOTH:
        what = f"has mode {mode:04o}: everybody on this machine may start a sync"
        remedy = f"chmod o-w {path}"
    else:
        return Finding(
            name="drop", detail=f"{path} is readable, writable and not open to everybody"
        )
    return Finding(
        name="drop", verdict=Verdict.ERROR, detail=f"drop.dir {path} {what}", remedy=remedy
    )


def log_file(path: Path) -> Finding:
    """A rotating file: its folder must be writable too."""
    folder = path.parent
    if not folder.is_dir():
        what, remedy = f"{folder} doesn't exist", f"mkdir -p {folder}"
    elif not os.access(folder, os.W_OK | os.X_OK):
        what = f"{folder} is not writable for user {os.geteuid()}: the file can't be rotated"
        remedy = f"chown {os.geteuid()} {folder}"
    elif path.exists() and not os.access(path, os.W_OK):
        what, remedy = f"{path} is not writable", f"chown {os.geteuid()} {path}"
    else:
        return Finding(name="log", detail=f"{path} can be written and rotated")
    return Finding(name="log", verdict=Verdict.ERROR, detail=f"log.file: {what}", remedy=remedy)
