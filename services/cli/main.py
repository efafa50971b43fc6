"""`ascip-sync`: parses a command line, hands it to a verb, turns every end into an exit code."""

import signal
import sys
from typing import Any

import typer

from services.cli.app import app

__all__ = ["app", "main"]

# Typer carries a click of its own and exports only the leaves of its errors; this is their base.
_UsageError: Any = typer.BadParameter.__mro__[1]


class _Terminated(BaseException):
    """SIGTERM: leave like a ^C does, closing what is open."""


def main() -> None:
    """Entry point: turns every end into an exit code of the contract."""

    def leave(*_: object) -> None:
        raise _Terminated

    signal.signal(signal.SIGTERM, leave)
    sys.exit(_run())


def _run() -> int:
    try:
        code = app(standalone_mode=False)
    except _UsageError as error:
        error.show()
        return 64
    except _Terminated:
        return 143
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except BrokenPipeError:
        return 0
    except Exception as error:  # noqa: BLE001  # re-raised unless it is one of ours
        return _refused(error)
    return int(code or 0)


def _refused(error: Exception) -> int:
    from services.cli.exits import Exit, exit_of_error
    from shared.domain.errors import EngineError

    if isinstance(error, EngineError):
        print(f"Error ({error.code}): {error}", file=sys.stderr)
        return exit_of_error(error)
    if isinstance(error, OSError) and error.filename is not None:
        print(
            f"Error: {error.filename}: {error.strerror}. Nothing was sent to ASCIP.",
            file=sys.stderr,
        )
        return Exit.INVALID
    raise error


if __name__ == "__main__":
    main()
