"""A preexec function that ties a child's life to its parent's; for all who spawn processes."""

import ctypes
import os
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def die_with_parent(signal: int) -> Callable[[], None]:
    """A ``preexec_fn`` after which the kernel sends ``signal`` to the child when its parent dies.

    Two traps. The kernel looks at the parent *thread*: spawn from a thread that lives as long as
    the process, such as the main one. And a change of user clears the setting: call this after
    ``setuid``. Where there is no prctl (not Linux) the returned function does nothing.
    """
    if sys.platform != "linux":
        return _do_nothing
    # Resolved here and not in the child: after fork as little as possible should run.
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def ask_the_kernel() -> None:
        if prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) was refused")
        # A parent that died before the call above sends no signal any more.
        if os.getppid() != parent:
            os._exit(1)

    return ask_the_kernel


def _do_nothing() -> None:
    """Without prctl the supervisor's orderly stop is the only one."""
