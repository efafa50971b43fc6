"""What goes wrong, as an entry of the catalogue, whoever says it and in whatever form."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.domain.errors import ConfigInvalid, Conflict, EngineError, InputInvalid, NotFound
from shared.http.catalogue import PROBLEMS, ProblemType

#: What the database's driver calls a database that does not answer, or has no connection left.
_DOWN = frozenset({"OperationalError", "InterfaceError", "TimeoutError"})


class ProblemError(Exception):
    """A problem that an interface itself finds; ``code`` is in the catalogue."""

    def __init__(
        self, code: str, detail: str = "", *, errors: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        super().__init__(code)
        self.type, self.detail, self.errors = PROBLEMS[code], detail, errors


def problem_of(error: EngineError) -> ProblemType:
    """The problem of an engine's error: by its code, else by its class."""
    if error.code in PROBLEMS:
        return PROBLEMS[error.code]
    match error:
        case NotFound():
            return PROBLEMS["not_found"]
        case InputInvalid():
            return PROBLEMS["invalid_request"]
        case Conflict():
            return PROBLEMS["wrong_state"]
        case ConfigInvalid():
            return PROBLEMS["config_invalid"]
        case _:
            return PROBLEMS["internal_error"]


def problem_of_fault(error: Exception) -> ProblemType:
    """The problem of what nobody expected."""
    return PROBLEMS["unavailable" if type(error).__name__ in _DOWN else "internal_error"]


def what_happened(error: EngineError, kind: ProblemType) -> str:
    """An engine's words, and whether anything was written if they don't say."""
    words = str(error)
    return words if "written" in words else f"{words} {kind.written}"
