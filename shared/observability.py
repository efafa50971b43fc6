"""Logs: structlog to stderr, one event a line, without personal data or secrets."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Literal

import structlog

_EMAIL = re.compile(r"[^\s@\"'=<>,;:()]+@[^\s@\"'<>,;:()]+")
_SECRET = re.compile(r"(?i)(://[^:/@\s]*:)[^@/\s]+@")
_HIDDEN_KEYS = ("secret", "password", "signature", "authorization", "token")


def configure_logging(level: str = "INFO", style: Literal["console", "json"] = "console") -> None:
    """Send structlog's and the standard library's records through the same redaction."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=renderer)
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # They log whole URLs at INFO, and `?email=` is personal data.
    for name in ("httpx", "httpcore", "aiohttp"):
        logging.getLogger(name).setLevel(logging.WARNING)


def redact(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Hide emails, passwords in URLs and values under telling keys; line ends can't forge an event."""
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
        case bool() | int() | float() | None:
            return value
        case Mapping():
            return {_clean(str(k), keep_lines=False): _hidden(str(k), v) for k, v in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_hidden(key, item) for item in value]
        case bytes():
            return _clean(value.decode("utf-8", "replace"), keep_lines=False)
        case _:
            return _clean(str(value), keep_lines=False)


def _clean(text: str, *, keep_lines: bool) -> str:
    text = _SECRET.sub(r"\1***@", _EMAIL.sub("***@***", text))
    if not keep_lines:
        text = text.replace("\r", "\\r").replace("\n", "\\n")
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)
