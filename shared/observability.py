"""Logs: structlog, one event a line, to stderr or a file, without personal data or secrets."""

import logging
import math
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

import structlog

from shared.domain.errors import ConfigInvalid, EngineError
from shared.log_file import LogFile

# Begins at the first character of a word only: from each one on, a long word would take minutes.
_EMAIL = re.compile(r"(?<![^\s@\"'=<>,;:()])[^\s@\"'=<>,;:()]+@[^\s@\"'<>,;:()]+")
_SECRET = re.compile(r"(?i)(://[^:/@\s]*:)[^@/\s]+@")
#: A header, and keys of the REST interface wherever they stand.
_KEY = re.compile(r"(?i)(\bbearer )\S+|\b(ascip_)[A-Za-z0-9_-]{40,}")
_NUMBER = re.compile(
    r"(?<![\w.-])(?:\d{3}-\d{2}-\d{4}|(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4})(?![\w-])"
)
#: Lines that are kept of one piece of work.
MOST_COLLECTED = 1000
_HIDDEN_KEYS = ("secret", "password", "signature", "authorization", "token")
Event = MutableMapping[str, Any]
Processor = Callable[[object, str, Event], Event]
#: They log whole URLs (`?email=`), bodies, names of files or every task below this level.
_CHATTY = (
    "aiohttp", "celery.app.trace", "celery.worker.strategy", "httpcore", "httpx", "python_multipart",
    "uvicorn.access", "watchfiles",
)  # fmt: skip


def configure_logging(
    level: str = "INFO",
    style: Literal["console", "json"] = "console",
    *,
    file: Path | None = None,
    process: str = "",
) -> None:
    """Send structlog's and the standard library's records through the same redaction.

    Args:
        level: of events that are written. ``style``: how a line looks.
        file: written instead of stderr, and shared with other processes.
        process: the name of a service; each event has it, and what ends the process is logged too.

    Raises:
        ConfigInvalid: the file can't be written.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _stamp(process),
        tell_exception,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
    )
    handler = _Lines(_opened(file), _formatter(shared, _renderer("json", colors=False)))
    colors = file is None and sys.stderr.isatty()
    handler.setFormatter(_formatter(shared, _renderer(style, colors=colors)))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    if process:
        _log_what_python_prints()


def _formatter(shared: list[Any], renderer: Any) -> logging.Formatter:  # noqa: ANN401  # of structlog
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=renderer)


@contextmanager
def collected() -> Iterator[list[str]]:
    """What this process logs while the block runs, as lines of JSON; the log itself has it too.

    Of a flood only the first lines are kept, and how many came after.
    """
    lines: list[str] = []
    handlers = [h for h in logging.getLogger().handlers if isinstance(h, _Lines)]
    for handler in handlers:
        handler.collected = lines
    try:
        yield lines
    finally:
        for handler in handlers:
            handler.collected = None
        if (beyond := len(lines) - MOST_COLLECTED) > 0:
            lines[MOST_COLLECTED:] = [f'{{"event": "lines_left_out", "count": {beyond}}}']


class _Lines(logging.Handler):
    """Writes an event with one call; no failure of logging reaches the code that logs.

    The standard library would print the arguments of a record it can't format: personal data.
    """

    def __init__(self, file: LogFile | None, as_json: logging.Formatter) -> None:
        super().__init__()
        self._file, self._stream, self._as_json = file, sys.stderr, as_json
        #: Where lines are kept besides, if anybody wants them.
        self.collected: list[str] | None = None

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception as error:  # noqa: BLE001  # a slip of whoever logs; the event says of whom
            record.msg, record.args, record.exc_info = "unloggable_event", (), None
            line = f"{self.format(record)} {type(error).__name__}"
        if self.collected is not None:
            full = len(self.collected) >= MOST_COLLECTED
            self.collected.append("" if full else self._as_json.format(record))
        if self._file is not None:
            with suppress(OSError):
                self._file.append(line + "\n")
                return
        # The disk is full, or no file is wanted.
        with suppress(OSError, ValueError):
            self._stream.write(line + "\n")
            self._stream.flush()


def _renderer(style: str, *, colors: bool) -> Any:  # noqa: ANN401  # one of structlog's
    if style == "json":
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(
        colors=colors, exception_formatter=structlog.dev.plain_traceback
    )


def _stamp(process: str) -> Processor:
    """Puts the name of the process on each event."""
    named = {"process": process} if process else {}

    def stamp(_logger: object, _method: str, event: Event) -> Event:
        event.update(named)
        return event

    return stamp


def _opened(path: Path | None) -> LogFile | None:
    if path is None:
        return None
    try:
        file = LogFile(path)
        file.append("")
    except OSError as error:
        raise ConfigInvalid(
            f"The log file {path} can't be written: {error.strerror}. Nothing was started."
            " Correct log.file, or the rights of its folder.",
            code="log_file",
        ) from error
    return file


def _log_what_python_prints() -> None:
    """Warnings, and what ends the process or a thread of it with all that the exception says."""
    logging.captureWarnings(capture=True)
    log = structlog.get_logger("crash")

    def crashed(error: BaseException | None, thread: str) -> None:
        log.critical("crashed", thread=thread, exc_info=error)

    sys.excepthook = lambda _kind, error, _trace: crashed(error, "main")
    threading.excepthook = lambda args: crashed(
        args.exc_value, args.thread.name if args.thread else "unknown"
    )


def tell_exception(_logger: object, _method: str, event: Event) -> Event:
    """Replace ``exc_info`` by kinds and places. Only our own errors keep their words.

    What others say may repeat a value: `invalid literal for int(): '…'`, `Key (email)=(…) exists`.
    """
    info = event.pop("exc_info", None)
    if isinstance(info, tuple):
        info = info[1]
    elif info and not isinstance(info, BaseException):
        info = sys.exc_info()[1]
    if not isinstance(info, BaseException):
        return event
    chain = _chain(info)
    event["exception"] = "\n".join(line for error in chain for line in _told(error))
    if "_record" in event:  # of a library, which may have put the exception into its message
        for error in chain:
            event["event"] = _without_words(str(event["event"]), error)
    return event


def _chain(error: BaseException) -> list[BaseException]:
    """The exception after what it came from, each once; members of a group before the group."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or any(each is other for other in found):
            continue
        found.append(each)
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions
        waiting.append(each.__cause__ or (None if each.__suppress_context__ else each.__context__))
    return found[::-1]


def _told(error: BaseException) -> Iterator[str]:
    yield "Traceback (most recent call last):"
    for frame in traceback.format_tb(error.__traceback__):
        yield frame.rstrip("\n")
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    yield f"{kind}: {_clean(_words(error) or '(its words are not logged)')}"


def _words(error: BaseException) -> str | None:
    """What may be logged of an exception's words."""
    match error:
        case EngineError():
            return str(error)
        case OSError():
            return error.strerror
    # The database can't be reached: libpq's words name host, port and role.
    unreachable = (
        type(error).__name__ == "OperationalError" and getattr(error, "sqlstate", "") is None
    )
    return str(error) if unreachable else None


def _without_words(text: str, error: BaseException) -> str:
    if _words(error) is None:
        for said in filter(None, (repr(error), str(error).strip())):
            text = text.replace(said, type(error).__name__)
    return text


def redact(_logger: object, _method: str, event: Event) -> Event:
    """Hide emails, numbers of people, passwords and values under telling keys.

    Line ends and control characters are written out, so that they can't forge an event.
    """
    for key, value in event.items():
        event[key] = _hidden(key, value, keep_lines=key == "exception")
    return event


def _hidden(key: str, value: object, *, keep_lines: bool = False) -> object:
    """The value as it may be logged; lists, tables, bytes and exceptions are looked into."""
    if any(word in key.lower() for word in _HIDDEN_KEYS):
        return "***"
    match value:
        case str():
            return _clean(value, keep_lines=keep_lines)
        case float() if not math.isfinite(value):
            return str(value)  # JSON has no such number
        case bool() | int() | float() | None:
            return value
        case Mapping():
            return {_clean(str(k)): _hidden(str(k), v) for k, v in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_hidden(key, item) for item in value]
        case bytes():
            return _clean(value.decode("utf-8", "replace"))
        case BaseException() if _words(value) is None:
            return type(value).__name__
        case _:
            return _clean(str(value))


def _clean(text: str, *, keep_lines: bool = False) -> str:
    text = _SECRET.sub(r"\1***@", _EMAIL.sub("***@***", text))
    text = _NUMBER.sub("***", _KEY.sub(r"\1\2***", text))
    if not keep_lines:
        text = text.replace("\r", "\\r").replace("\n", "\\n")
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)
