"""Who the servers run as. PostgreSQL refuses uid 0, so root's servers run as `nobody`."""

import os
import pwd
import sys
from collections.abc import Callable
from dataclasses import dataclass

from shared.adapters.embedded.die_with_parent import die_with_parent
from shared.adapters.embedded.errors import EmbeddedError


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerUser:
    """The unprivileged account that root's servers run as."""

    uid: int
    gid: int


def server_user() -> ServerUser | None:
    """The account to change to, None if we are an ordinary user already."""
    if os.geteuid() != 0:
        return None
    if sys.platform != "linux":
        # Reaching the private data directory as another user takes /proc/self/fd.
        raise EmbeddedError(
            "PostgreSQL refuses to run as root. Nothing was written. "
            "Run the command as an ordinary user."
        )
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError as error:
        raise EmbeddedError(
            "PostgreSQL refuses to run as root, and there is no user `nobody` to run it as. "
            "Nothing was written. Run the command as an ordinary user."
        ) from error
    return ServerUser(uid=entry.pw_uid, gid=entry.pw_gid)


def child_setup(user: ServerUser | None, death_signal: int) -> Callable[[], None]:
    """The ``preexec_fn`` of a server: drop root, then die with the supervisor."""
    die = die_with_parent(death_signal)

    def drop_and_tie() -> None:
        # By hand, not by subprocess's `extra_groups=[]`: Python 3.12.0 kept root's groups there
        # (CVE-2023-6507).
        if user is not None:
            os.setgroups([])
            os.setgid(user.gid)
            os.setuid(user.uid)
        die()

    return drop_and_tie
