"""No personal data, no secret and no forged line gets into a log."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import redirect_stderr

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from shared.observability import configure_logging, redact


def redacted(**event: object) -> dict[str, object]:
    return dict(redact(None, "info", dict(event)))


@pytest.mark.parametrize(
    "text",
    [
        "ann.lee@lincoln.example",
        "<ann.lee@lincoln.example>",
        "email=ann.lee@lincoln.example&page=1",
        "('ann.lee@lincoln.example', 3)",
        "GET /people?email=ann.lee@lincoln.example",
        "ann.lee+x@lincoln.example,bob@lincoln.example",
        "Zo\u00eb.ann.lee@lincoln.example",
    ],
)
def test_an_email_address_is_hidden_wherever_it_stands(text: str) -> None:
    shown = str(redacted(event=text)["event"])
    assert "***@***" in shown
    assert "ann" not in shown
    assert "lincoln" not in shown


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://sync:hunter2@db.example/ascip",
        "redis://:hunter2@cache.example:6379/0",
        "https://sync:hunter2@ascip.example/api/v1",
        "postgresql+psycopg://sync:hunter2@localhost:5432/ascip",
        "could not connect to postgresql://sync:hunter2@db.example/ascip: refused",
    ],
)
def test_a_password_in_a_url_is_hidden(url: str) -> None:
    assert "hunter2" not in str(redacted(url=url)["url"])


@pytest.mark.parametrize(
    "key",
    ["secret", "ascip_secret", "Password", "X-Ascip-Signature", "Authorization", "api_token"],
)
@pytest.mark.parametrize("value", ["hunter2", 42, ["hunter2"], None])
def test_a_value_under_a_telling_key_is_hidden_whatever_it_is(key: str, value: object) -> None:
    assert redacted(**{key: value}) == {key: "***"}


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_line_end_can_not_forge_an_event(end: str) -> None:
    shown = str(redacted(event=f"first{end}2026-03-02 [error] forged")["event"])
    assert len(shown.splitlines()) == 1
    assert shown.startswith("first\\")


def test_a_traceback_keeps_its_lines_and_nothing_else() -> None:
    shown = str(redacted(exception="Traceback\n  ann@lincoln.example\r\x1b[31m")["exception"])
    assert shown == "Traceback\n  ***@***\\r\\x1b[31m"


@given(st.text())
def test_no_text_makes_a_second_line_or_moves_the_cursor(text: str) -> None:
    shown = str(redacted(event=text)["event"])
    assert shown.isprintable()
    assert len(shown.splitlines()) <= 1


def test_numbers_and_plain_words_stay_as_they_are() -> None:
    event = {"event": "plan stored", "count": 3, "run_id": "run_1", "share": 0.5, "ok": True}
    assert redacted(**event) == event


# Configured


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """What a configured process writes; afterwards logging is as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    written = io.StringIO()
    try:
        with redirect_stderr(written):
            configure_logging("INFO", "json")
            yield written
    finally:
        root.handlers, root.level = handlers, level
        structlog.reset_defaults()


def lines(logs: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in logs.getvalue().splitlines()]


def test_an_event_is_one_json_line_without_personal_data(logs: io.StringIO) -> None:
    structlog.get_logger("t").info("sent to ann@lincoln.example\nforged", token="hunter2")
    (line,) = lines(logs)
    assert (line["event"], line["token"]) == ("sent to ***@***\\nforged", "***")
    assert (line["level"], str(line["timestamp"])[-1]) == ("info", "Z")


def test_records_of_libraries_pass_the_same_redaction(logs: io.StringIO) -> None:
    logging.getLogger("library").warning("no answer from %s", "redis://:hunter2@cache.example")
    assert "hunter2" not in str(lines(logs))


def test_libraries_that_log_whole_urls_are_silent_below_warnings(logs: io.StringIO) -> None:
    logging.getLogger("httpx").info("GET /people?email=...")
    assert lines(logs) == []


def test_an_exception_is_redacted_too(logs: io.StringIO) -> None:
    try:
        int("ann@lincoln.example")
    except ValueError:
        structlog.get_logger("t").exception("failed")
    assert "ann" not in logs.getvalue()
    assert "Traceback" in logs.getvalue()


def test_events_below_the_level_are_not_written(logs: io.StringIO) -> None:
    structlog.get_logger("t").debug("detail")
    assert lines(logs) == []


def test_lists_tables_bytes_and_exceptions_are_looked_into() -> None:
    event = redacted(
        rows=["zoe@lincoln.example"],
        answer={"email": "zoe@lincoln.example", "secret": "abc", "n": 3},
        raw=b"zoe@lincoln.example",
        error=ValueError("zoe@lincoln.example"),
    )
    assert "zoe" not in repr(event)
    assert "abc" not in repr(event)
    assert "'n': 3" in repr(event)
