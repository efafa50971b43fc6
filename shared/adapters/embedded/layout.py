"""What lies where in a data directory, and its creation. Only the owner may look inside."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from shared.adapters.embedded.errors import EmbeddedError

LOG_LIMIT_BYTES = 5_000_000


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths inside one data directory."""

    root: Path

    @property
    def lock(self) -> Path:
        """Held by the supervisor and by every process of its PostgreSQL; never removed."""
        return self.root / "supervisor.lock"

    @property
    def record(self) -> Path:
        """Where the running supervisor is found."""
        return self.root / "supervisor.json"

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data; exists only once it is whole."""
        return self.root / "postgres"

    @property
    def unfinished_cluster(self) -> Path:
        """What initdb is working on, or was when it was interrupted."""
        return self.root / "postgres.unfinished"

    @property
    def password(self) -> Path:
        """The database password, made once."""
        return self.root / "secrets" / "postgres"

    def log(self, name: str) -> Path:
        """The log of `supervisor`, `postgres` or `valkey`."""
        return self.root / "log" / f"{name}.log"

    def open_log(self, name: str) -> BinaryIO:
        """A log to append to, private from its first byte."""
        path = self.log(name)
        if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")

    def log_tails(self, lines: int = 10) -> str:
        """The last lines of the logs that explain a failure."""
        parts = []
        for name in ("supervisor", "postgres"):
            path = self.log(name)
            if path.exists():
                text = path.read_text(encoding="utf-8", errors="replace").splitlines()
                parts.append("\n".join([f"Last lines of {path}:", *text[-lines:]]))
        return "\n".join(parts)


def prepare(data_dir: Path) -> Layout:
    """Create the data directory where it is missing, and close it to everyone else."""
    root = data_dir.expanduser().resolve()
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_owner(root)
        for path in (root, root / "log", root / "secrets"):
            path.mkdir(mode=0o700, exist_ok=True)
            if stat.S_IMODE(path.stat().st_mode) != 0o700:
                path.chmod(0o700)
    except OSError as error:
        raise EmbeddedError(
            f"The data directory {root} can't be used: {error}. No data was written. "
            "Choose a directory that belongs to you, on a local disk."
        ) from error
    return Layout(root)


def _check_owner(root: Path) -> None:
    """Root in a user's directory would leave files there that the user can't read any more."""
    owner = root.stat().st_uid
    if owner != os.geteuid():
        raise EmbeddedError(
            f"The data directory {root} belongs to user id {owner}, this command runs as "
            f"{os.geteuid()}. Nothing was written. Run it as the owner, or choose another "
            "directory."
        )
