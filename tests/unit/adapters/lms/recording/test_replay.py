"""`ReplayTransport`: answers as recorded, and says clearly what was not."""

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.adapters.lms.recording.replay import (
    BadRecording,
    NotRecorded,
    ReplayTransport,
    read_recording,
)

BASE = "https://a.example/api/v1"
HEADER = b'{"format_version":1}\n'


def exchange(
    sequence: int, path: str = "/people/1", body: object = None, **more: Any
) -> dict[str, Any]:
    """A recorded GET and its answer."""
    answer = {
        "status": 200,
        "headers": {"content-type": "application/json"},
        "body": {"json": body},
    }
    request = {"method": "GET", "path": path, "query": [], "body": {"kind": "empty", "bytes": 0}}
    return {"sequence": sequence, **request, "answer": answer, **more}


def ask(
    transport: ReplayTransport, path: str = "/people/1", method: str = "GET", **more: Any
) -> httpx.Response:
    return asyncio.run(transport.handle_async_request(httpx.Request(method, BASE + path, **more)))


def test_equal_requests_are_answered_one_after_another() -> None:
    transport = ReplayTransport([exchange(n, body=n) for n in (1, 2)])
    assert [ask(transport).json() for _ in range(2)] == [1, 2]
    with pytest.raises(
        NotRecorded, match=r"GET /people/1 was asked more often than it was recorded"
    ):
        ask(transport)


def test_what_is_not_recorded_is_named_without_its_values() -> None:
    transport = ReplayTransport([exchange(1)])
    with pytest.raises(NotRecorded) as refused:
        ask(transport, "/people?email=ruiz%40a.example")
    assert "GET /people is not in the recording" in str(refused.value)
    assert "ruiz" not in str(refused.value)
    assert len(transport.left) == 1


def test_query_and_body_are_compared_by_what_they_say() -> None:
    queried = exchange(1, path="/people", query=[["email", "r1@a.example"], ["page", "1"]])
    written = exchange(2, path="/people", method="POST", body={"a": 1, "b": None})
    written["body"] = {"json": {"a": 1, "b": None}}
    transport = ReplayTransport([queried, written])
    assert ask(transport, "/people?page=1&email=r1%40a.example").status_code == 200
    assert ask(transport, "/people", "POST", content=b'{ "b": null, "a": 1 }').status_code == 200
    assert transport.left == []


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        ("unreachable", httpx.ConnectError), ("reset", httpx.ReadError), ("timeout", httpx.ReadTimeout),
        ("canceled", httpx.ReadTimeout), ("undecodable", httpx.DecodingError),
    ],
)  # fmt: skip
def test_what_broke_off_breaks_off(reason: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        ask(ReplayTransport([exchange(1, broke=reason)]))


@pytest.mark.parametrize(
    ("kind", "starts"),
    [("empty", b""), ("html", b"<"), ("truncated_json", b"{"), ("text", b"n"), ("binary", b"\0")],
)
def test_a_stand_in_of_its_kind_is_served_for_what_was_not_kept(kind: str, starts: bytes) -> None:
    recorded = exchange(1)
    recorded["answer"]["body"] = {"kind": kind, "bytes": 3}
    content = ask(ReplayTransport([recorded])).content
    assert content[:1] == starts[:1]
    with pytest.raises(ValueError, match=r"Expecting|decode"):
        json.loads(content)


def test_what_was_too_large_to_read_is_as_large_again() -> None:
    recorded = exchange(1)
    recorded["answer"]["body"] = {"kind": "unread", "bytes": 70_000}
    assert len(ask(ReplayTransport([recorded])).content) == 70_000


def test_a_file_is_read_in_the_order_of_sending_compressed_or_not(tmp_path: Path) -> None:
    lines = b"".join(json.dumps({"sequence": n}).encode() + b"\n" for n in (2, 1))
    (tmp_path / "a.ndjson").write_bytes(HEADER + lines + b'{"sequence": 3, "unfin')
    (tmp_path / "a.ndjson.gz").write_bytes(gzip.compress(HEADER + lines))
    for name in ("a.ndjson", "a.ndjson.gz"):
        recording = read_recording(tmp_path / name)
        assert [line["sequence"] for line in recording.exchanges] == [1, 2]


@pytest.mark.parametrize(
    "content", [b"", b'{"format_version":2}\n', b"sequence;path\n", HEADER + b"{\n", b"[]\n"]
)
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "staff.csv"
    file.write_bytes(content)
    with pytest.raises(BadRecording, match=r"staff\.csv is not a recording"):
        read_recording(file)
