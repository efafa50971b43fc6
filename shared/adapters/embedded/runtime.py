"""The runtime directory (sockets, perhaps copied programs) and the record that leads to it.

It lies in the temporary directory because a Unix socket's path is limited to about 107 bytes.
"""

import contextlib
import fcntl
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shared.adapters.embedded.errors import EmbeddedError
from shared.adapters.embedded.layout import Layout
from shared.adapters.embedded.privileges import ServerUser

PREFIX = "ascip-sync-"
CONTROL = "control.sock"
#: macOS allows 104 bytes for a socket's path; the longest name of ours takes under 40 of them.
LONGEST_PARENT = 60


@dataclass(frozen=True, slots=True)
class Runtime:
    """The paths inside one runtime directory."""

    root: Path

    @property
    def control(self) -> Path:
        """The supervisor's socket. Outside `servers`, where `nobody` could put its own there."""
        return self.root / CONTROL

    @property
    def servers(self) -> Path:
        """Belongs to the account the servers run as; holds their sockets."""
        return self.root / "servers"

    @property
    def programs(self) -> Path:
        """Copies of the programs, where the servers' account can't reach the wheels."""
        return self.root / "programs"

    @property
    def valkey_socket(self) -> Path:
        """Where Valkey listens."""
        return self.servers / "valkey.sock"


@contextlib.contextmanager
def runtime_dir(user: ServerUser | None) -> Iterator[Runtime]:
    """A new runtime directory, removed at the end."""
    root = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_parent(user)))
    lock = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # Held for our life: systemd-tmpfiles leaves locked directories alone when it clears /tmp.
        fcntl.flock(lock, fcntl.LOCK_EX)
        runtime = Runtime(root)
        runtime.servers.mkdir(mode=0o700)
        if user is not None:
            os.chown(runtime.servers, user.uid, user.gid)
            # Passable for the servers and still closed to everyone else.
            os.chown(root, -1, user.gid)
            root.chmod(0o710)
        yield runtime
    finally:
        os.close(lock)
        shutil.rmtree(root, ignore_errors=True)


def write_record(layout: Layout, runtime: Runtime) -> None:
    """Say where this supervisor is found; replaces the file in one step."""
    draft = layout.record.with_suffix(".draft")
    record = {
        "pid": os.getpid(),
        "control": str(runtime.control),
        "data_dir": _identity(layout),
    }
    text = json.dumps(record)
    draft.write_text(text + "\n", encoding="utf-8")
    draft.replace(layout.record)


def recorded_control(layout: Layout) -> Path | None:
    """The control socket of this directory's last supervisor, None without a valid record.

    In a copy of a data directory the record still leads to the original's servers: writing into
    the wrong database must not be possible.
    """
    control, data_dir = _read_record(layout)
    if control is None or not layout.lock.exists():
        return None
    return control if data_dir == _identity(layout) else None


def remove_stale(layout: Layout) -> None:
    """Remove what a killed supervisor left; the caller holds the lock, so it is dead."""
    control, _ = _read_record(layout)
    if control is not None and _is_ours(control.parent) and not _is_in_use(control.parent):
        shutil.rmtree(control.parent, ignore_errors=True)
    layout.record.unlink(missing_ok=True)


def _identity(layout: Layout) -> str:
    """Survives a move of the data directory; a copy has another one."""
    status = layout.lock.stat()
    return f"{status.st_dev}:{status.st_ino}"


def _read_record(layout: Layout) -> tuple[Path | None, str]:
    try:
        record = json.loads(layout.record.read_text(encoding="utf-8"))
        return Path(record["control"]), record["data_dir"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None, ""


def _is_ours(root: Path) -> bool:
    """A record may be old or damaged: never delete what doesn't look like a runtime directory."""
    if not root.name.startswith(PREFIX) or not root.is_absolute():
        return False
    try:
        status = root.lstat()
    except OSError:
        return False
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        return False
    return Runtime(root).servers.is_dir()


def _is_in_use(root: Path) -> bool:
    """Whether a live supervisor, of the directory that ours is a copy of, holds it."""
    lock = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _parent(user: ServerUser | None) -> str:
    """The first temporary directory that can serve; TMPDIR may be long, odd or private."""
    for candidate in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108  mkdtemp is safe
        path = Path(candidate).resolve()
        # A comma would mean two hosts to libpq, a quote or a space needs escaping elsewhere.
        plain = re.fullmatch(r"[\w./+-]+", str(path), re.ASCII) is not None
        passable = user is None or all(
            part.stat().st_mode & stat.S_IXOTH for part in (path, *path.parents)
        )
        if plain and passable and len(str(path)) <= LONGEST_PARENT and os.access(path, os.W_OK):
            return str(path)
    raise EmbeddedError(
        "No temporary directory is short enough for a socket and passable for the servers "
        "(tried TMPDIR, /tmp and /var/tmp). No data was written. Set TMPDIR to such a directory."
    )
