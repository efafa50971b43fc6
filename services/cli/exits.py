"""Exit codes (docs/reference/exit-codes.md), and which error gives which."""

from enum import IntEnum

from shared.domain.errors import (
    ConfigInvalid,
    Conflict,
    EngineError,
    InputInvalid,
    KeyRefused,
    NotFound,
    StorageFull,
    TargetError,
    VaultDamaged,
)
from shared.domain.run import RunState


class Exit(IntEnum):
    """What a command's end says."""

    DONE = 0
    UNEXPECTED = 1
    CHANGES = 2
    HELD = 3
    INVALID = 4
    ERRORS = 5
    UNREACHABLE = 6
    CONFLICT = 7
    USAGE = 64
    INTERRUPTED = 130
    TERMINATED = 143


#: Reasons of a pause that lie with the target.
_WITH_TARGET = frozenset({"auth", "breaker", "throttled"})


def exit_of_error(error: EngineError) -> Exit:
    """The code for an error."""
    match error:
        case InputInvalid() | ConfigInvalid() | StorageFull() | VaultDamaged():
            return Exit.INVALID
        case Conflict():
            return Exit.CONFLICT
        case NotFound():
            return Exit.USAGE
        case KeyRefused() | TargetError():
            return Exit.UNREACHABLE
        case _:
            return Exit.UNEXPECTED


def exit_of_run(state: RunState, reason: str | None, *, held: bool, wanted_apply: bool) -> Exit:
    """The code for how a run came to rest."""
    match state:
        case RunState.APPLIED | RunState.SKIPPED_UNCHANGED:
            return Exit.DONE
        case RunState.NO_CHANGES:
            # A short file whose absentees are in their grace changes nothing yet.
            return Exit.HELD if held else Exit.DONE
        case RunState.HELD:
            return Exit.HELD
        case RunState.AWAITING_APPROVAL:
            return Exit.HELD if held or wanted_apply else Exit.DONE
        case RunState.REJECTED_INPUT:
            return Exit.INVALID
        case RunState.APPLIED_WITH_ERRORS:
            return Exit.ERRORS
        case RunState.QUEUED | RunState.PAUSED | RunState.STALE | RunState.CANCELED:
            return Exit.UNREACHABLE if reason in _WITH_TARGET else Exit.CONFLICT
        case RunState.FAILED:
            return _of_failure(reason or "")
        case _:
            return Exit.DONE


def _of_failure(reason: str) -> Exit:
    if reason == "mapping_drift":
        return Exit.INVALID
    with_target = reason in ("auth", "snapshot_fewer") or reason.startswith("target_")
    return Exit.UNREACHABLE if with_target else Exit.UNEXPECTED
