"""Creates PostgreSQL's data directory and its password, each of them whole or not at all."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from shared.adapters.embedded.binaries import Binaries
from shared.adapters.embedded.errors import EmbeddedError
from shared.adapters.embedded.layout import Layout
from shared.adapters.embedded.privileges import ServerUser, child_setup
from shared.adapters.embedded.runtime import Runtime

ROLE = "ascip"
#: PostgreSQL's environment: nothing of ours, so that no PG* variable of the user changes it.
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
#: It takes under a second; a disk that needs longer than this is not usable.
INITDB_S = 300.0
INITDB = (
    f"--username={ROLE}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)


@contextlib.contextmanager
def directory_argument(path: Path, user: ServerUser | None) -> Iterator[tuple[str, list[int]]]:
    """How to name ``path`` to PostgreSQL, and the descriptors it must inherit for that.

    The data directory is closed to everyone but root, so `nobody` can't walk the path to its own
    folder. The link /proc/self/fd/N leads there without a walk, in PostgreSQL's forked processes
    too, and nothing outside the data directory has to be opened up for it.
    """
    if user is None:
        yield str(path), []
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}", [descriptor]
    finally:
        os.close(descriptor)


def ensure(
    binaries: Binaries, layout: Layout, runtime: Runtime, user: ServerUser | None, lock: int
) -> str:
    """Create the database directory at the first start; returns the password."""
    if layout.cluster.exists():
        return _existing_password(layout)
    password = _new_password(layout)
    unfinished = layout.unfinished_cluster
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(mode=0o700)
    # `nobody` can't read our secrets folder, so initdb gets a copy for the time of its run.
    copy = runtime.servers / "password"
    copy.touch(mode=0o600)
    copy.write_text(password + "\n", encoding="ascii")
    if user is not None:
        os.chown(unfinished, user.uid, user.gid)
        os.chown(copy, user.uid, user.gid)
    try:
        code = _run_initdb(binaries, layout, copy, user, lock)
    except subprocess.TimeoutExpired:
        code = -signal.SIGKILL
    finally:
        copy.unlink()
    if code != 0:
        raise EmbeddedError(
            f"PostgreSQL's initdb ended with code {code}. No data was written; what it left in "
            f"{unfinished} is removed at the next start. Look at free space and at the log, then "
            "run the command again."
        )
    # In one step: a directory that an interrupted initdb left is never taken for a database.
    unfinished.rename(layout.cluster)
    _sync(layout.root)
    return password


def _run_initdb(
    binaries: Binaries, layout: Layout, password: Path, user: ServerUser | None, lock: int
) -> int:
    with (
        layout.open_log("postgres") as log,
        directory_argument(layout.unfinished_cluster, user) as (argument, inherited),
    ):
        done = subprocess.run(
            [str(binaries.initdb), "-D", argument, f"--pwfile={password}", *INITDB],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=ENVIRONMENT,
            check=False,
            pass_fds=[*inherited, lock],
            preexec_fn=child_setup(user, signal.SIGKILL),
            timeout=INITDB_S,
        )
    return done.returncode


def _existing_password(layout: Layout) -> str:
    try:
        return layout.password.read_text(encoding="ascii").strip()
    except FileNotFoundError as error:
        raise EmbeddedError(
            f"The database is there, but its password is missing: {layout.password}. Nothing was "
            "written. Restore this file from the backup that belongs to the data directory."
        ) from error


def _new_password(layout: Layout) -> str:
    """Made once, on disk before the database can know it."""
    if layout.password.exists():
        return _existing_password(layout)
    password = secrets.token_urlsafe(32)
    draft = layout.password.with_suffix(".draft")
    with draft.open("w", encoding="ascii") as file:
        file.write(password + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(layout.password)
    _sync(layout.password.parent)
    return password


def _sync(directory: Path) -> None:
    """Make a rename in ``directory`` survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
