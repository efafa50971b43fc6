"""No personal data, no secret and no forged line gets into a log."""

import asyncio
import io
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from pathlib import Path

import psycopg
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import ConfigInvalid, Conflict
from shared.observability import MOST_COLLECTED, collected, configure_logging, redact

#: What must be in no log, whatever goes wrong.
CANARIES = ("zq.canary@lincoln.example", "(555) 010-4477", "078-05-1120", "hunter2-canary")


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
    """What a configured process writes."""
    written = io.StringIO()
    with redirect_stderr(written):
        configure_logging("INFO", "json")
        yield written


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


# What exceptions say


def fail(error: BaseException) -> None:
    raise error


def parse_error() -> None:
    int(CANARIES[2])


def decode_error() -> None:
    json.loads(f'{{"email": "{CANARIES[0]}')


def database_error() -> None:
    detail = f"duplicate key\nDETAIL:  Key (email, phone)=({CANARIES[0]}, {CANARIES[1]}) exists."
    raise psycopg.errors.UniqueViolation(detail)


def chained_error() -> None:
    try:
        parse_error()
    except ValueError as error:
        raise RuntimeError(f"row {CANARIES}") from error


def group_of_errors() -> None:
    raise ExceptionGroup(f"{CANARIES}", [ValueError(CANARIES[3]), KeyError(*CANARIES)])


def noted_error() -> None:
    error = RuntimeError()
    error.add_note(CANARIES[3])
    raise error


FAILURES: list[Callable[[], None]] = [
    parse_error, decode_error, database_error, chained_error, group_of_errors, noted_error,
]  # fmt: skip


def caught(failure: Callable[[], None]) -> Exception:
    try:
        failure()
    except Exception as error:  # noqa: BLE001  # the point is that it may be any
        return error
    raise AssertionError


@pytest.mark.parametrize("failure", FAILURES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("style", ["console", "json"])
def test_no_exception_tells_a_value(
    failure: Callable[[], None],
    style: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("DEBUG", style, process="t")  # type: ignore[arg-type]  # both of its words
    error = caught(failure)
    local = CANARIES  # would be shown by a traceback with locals
    structlog.get_logger("t").error("failed", exc_info=error)
    logging.getLogger("library").error("failed with %r: %s", error, error, exc_info=error)
    logging.getLogger("library").error("failed", exc_info=(type(error), error, None))
    structlog.get_logger("t").warning("no_answer", error=error, args=error.args[:0])
    sys.excepthook(type(error), error, error.__traceback__)
    thread = threading.Thread(target=lambda: fail(error), name="t")
    thread.start()
    thread.join()
    written = capsys.readouterr().err
    assert type(error).__name__ in written
    assert "test_observability.py" in written
    assert [canary for canary in local if canary in written] == []


def test_an_exception_that_asyncio_logs_tells_no_value(logs: io.StringIO) -> None:
    loop = asyncio.new_event_loop()
    task = loop.create_task(asyncio.sleep(0))
    loop.run_until_complete(task)
    error = caught(parse_error)
    loop.call_exception_handler({"message": f"never retrieved {error!r}", "exception": error})
    loop.close()
    assert CANARIES[2] not in logs.getvalue()
    assert "ValueError" in str(lines(logs)[0]["event"])


def test_our_own_errors_and_the_system_s_keep_their_words(logs: io.StringIO) -> None:
    log = structlog.get_logger("t")
    log.error("refused", exc_info=Conflict("Run run_1 is applied.\nforged", code="wrong_state"))
    log.error("refused", exc_info=ConnectionRefusedError(111, "Connection refused"))
    log.error("refused", exc_info=psycopg.OperationalError("connection to db.example failed"))
    ours, system, database = (str(line["exception"]) for line in lines(logs))
    assert ours.endswith("Conflict: Run run_1 is applied.\\nforged")
    assert system.endswith("ConnectionRefusedError: Connection refused")
    assert database.endswith("OperationalError: connection to db.example failed")


def test_what_a_server_s_database_error_says_is_left_out(logs: io.StringIO) -> None:
    error = psycopg.errors.QueryCanceled("canceling statement; row 078-05-11-20 Ann")
    structlog.get_logger("t").error("refused", exc_info=error)
    assert "Ann" not in logs.getvalue()


def test_an_event_named_like_an_exception_s_words_stays(logs: io.StringIO) -> None:
    structlog.get_logger("t").error("item_failed", exc_info=KeyError("item"))
    assert lines(logs)[0]["event"] == "item_failed"


def test_a_record_that_can_not_be_formatted_shows_no_arguments(logs: io.StringIO) -> None:
    logging.getLogger("library").error("%d people", CANARIES[0])
    (line,) = logs.getvalue().splitlines()
    assert "unloggable_event" in line
    assert "canary" not in line


def test_numbers_of_people_and_keys_are_hidden() -> None:
    shown = str(
        redacted(
            event="call (555) 010-4477 or 555-010-4477 or +1 555 010 4477, SSN 078-05-1120",
            header="Bearer abc.def",
            key="ascip_" + "x" * 43,
        )
    )
    assert not any(c in shown for c in ("4477", "1120", "abc", "xxx"))


@pytest.mark.parametrize(
    "plain",
    [
        "2026-11-20T04:20:00Z",
        "run_01J9ZK",
        "192.168.100.200:5432",
        "3f2a-111-22-3333",
        "sha256:555",
    ],
)
def test_times_ids_and_addresses_of_machines_stay(plain: str) -> None:
    assert redacted(event=plain)["event"] == plain


# Lines


@pytest.mark.parametrize(
    "hostile",
    [
        "first\n2026-11-20 [info] login ok", '"}\n{"event": "forged"', "\x1b[31mred\x1b[0m", "\u2028\u2029",
        "\ud800 lone", "\x00\x07\x85", "\u202egnirts", "\ufeff", "a" * 100_000,
    ],
    ids=lambda text: ascii(text[:12]),
)  # fmt: skip
def test_any_text_is_one_line_of_valid_json(logs: io.StringIO, hostile: str) -> None:
    structlog.get_logger("t").info(hostile, value=hostile, table={hostile: [hostile]})
    logging.getLogger("library").warning(hostile)
    written = logs.getvalue()
    assert len(written.splitlines()) == 2
    assert written.isascii()
    assert [line["level"] for line in lines(logs)] == ["info", "warning"]


def refuse(constant: str) -> None:
    raise ValueError(constant)


def test_numbers_that_json_does_not_know_are_words(logs: io.StringIO) -> None:
    structlog.get_logger("t").info("measured", rate=float("nan"), most=float("inf"))
    (line,) = logs.getvalue().splitlines()
    assert json.loads(line, parse_constant=refuse)["rate"] == "nan"


def test_an_event_says_which_part_and_process_it_is_of() -> None:
    written = io.StringIO()
    with redirect_stderr(written):
        configure_logging("INFO", "json", process="worker-1")
    structlog.contextvars.bind_contextvars(run_id="run_1")
    structlog.get_logger("worker").info("worked")
    logging.getLogger("library").warning("slow")
    ours, library = lines(written)
    assert (ours["process"], ours["logger"], ours["run_id"]) == ("worker-1", "worker", "run_1")
    assert (library["process"], library["logger"], library["run_id"]) == (
        "worker-1", "library", "run_1",
    )  # fmt: skip


# Files


def test_a_file_is_written_instead_of_stderr(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "logs" / "engine.log"
    configure_logging("INFO", "json", file=path)
    structlog.get_logger("t").info("worked")
    assert json.loads(path.read_text())["event"] == "worked"
    assert capsys.readouterr().err == ""
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_file_that_can_not_be_written_is_said_at_the_start(
    tmp_path: Path,
) -> None:
    with pytest.raises(ConfigInvalid, match=r"Is a directory.*Nothing was started.*log\.file"):
        configure_logging(file=tmp_path)
    (tmp_path / "plain").write_text("")
    with pytest.raises(ConfigInvalid, match=r"Not a directory|File exists"):
        configure_logging(file=tmp_path / "plain" / "engine.log")


def test_when_the_file_fails_later_the_event_goes_to_stderr(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "engine.log"
    configure_logging("INFO", "json", file=path)
    path.unlink()
    path.mkdir()
    structlog.get_logger("t").info("worked")
    assert json.loads(capsys.readouterr().err)["event"] == "worked"


def test_what_is_logged_meanwhile_can_be_kept_too(logs: io.StringIO) -> None:
    with collected() as kept:
        structlog.get_logger("t").info("asked", email="ann@lincoln.example")
        logging.getLogger("library").warning("for %s", "ann@lincoln.example")
    structlog.get_logger("t").info("after")
    untimed = [{**json.loads(line), "timestamp": ""} for line in kept]
    assert untimed == [{**line, "timestamp": ""} for line in lines(logs)[:-1]]
    assert "ann" not in "".join(kept)
    assert [json.loads(line)["event"] for line in kept] == ["asked", "for ***@***"]


def test_lines_are_kept_as_json_whatever_the_log_looks_like() -> None:
    with redirect_stderr(io.StringIO()) as shown:
        configure_logging("INFO", "console", process="worker-1")
        with collected() as kept:
            structlog.get_logger("t").info("worked", kind="plan")
    (line,) = kept
    assert json.loads(line)["process"] == "worker-1"
    assert "kind=plan" in shown.getvalue()


@pytest.mark.parametrize(("events", "beyond"), [(0, 0), (1, 1), (5, 5)])
def test_of_a_flood_the_first_lines_are_kept_and_the_rest_counted(
    logs: io.StringIO, events: int, beyond: int
) -> None:
    log = structlog.get_logger("t")
    with collected() as kept:
        for n in range(MOST_COLLECTED + events):
            log.info("again", n=n)
    assert len(lines(logs)) == MOST_COLLECTED + events
    last = json.loads(kept[-1])
    if beyond:
        assert last == {"event": "lines_left_out", "count": beyond}
    else:
        assert last["n"] == MOST_COLLECTED - 1


def test_a_process_that_logs_nowhere_keeps_nothing() -> None:
    logging.getLogger().handlers = []
    with collected() as kept:
        logging.getLogger("library").warning("x")
    assert kept == []
