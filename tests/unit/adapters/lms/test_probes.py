"""What one signed read tells about ASCIP, against answers made up for it."""

import json
import threading
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from shared.adapters.lms.probes import MAX_BODY_BYTES, Access, probe
from shared.ports.probe import Finding, Verdict

NOW_S = 1_763_600_000.0
TENANT = {"id": 77, "name": "Lincoln USD", "scopes": ["read", "write"]}


class Lms(HTTPServer):
    """Answers every request alike."""

    def __init__(self) -> None:
        self.status, self.body = 200, json.dumps(TENANT).encode()
        self.headers = {"Content-Type": "application/json", "Date": formatdate(NOW_S, usegmt=True)}
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Lms

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response_only(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def lms() -> Iterator[Lms]:
    with Lms() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def look(lms: Lms) -> Callable[..., dict[str, Finding]]:
    """Ask it; findings by name."""

    def _look(rate_per_s: float = 10, skew_s: float = 0) -> dict[str, Finding]:
        access = Access(
            base_url=f"http://127.0.0.1:{lms.server_port}/api/v1", key_id="district-sync",
            secret="never-said", rate_per_s=rate_per_s,
        )  # fmt: skip
        findings = list(probe(access, lambda: NOW_S + skew_s).look())
        assert "never-said" not in repr((findings, access))
        return {finding.name: finding for finding in findings}

    return _look


Look = Callable[..., dict[str, Finding]]


def test_a_good_answer_says_who_accepts_which_key(lms: Lms, look: Look) -> None:
    found = look()
    assert {f.verdict for f in found.values()} == {Verdict.OK}
    assert "Lincoln USD" in found["ascip"].detail
    assert "accepts key district-sync" in found["ascip"].detail
    assert found["ascip"].facts["response_time_ms"]
    assert lms.asked == ["/api/v1/tenant"]


@pytest.mark.parametrize(
    ("scopes", "verdict"),
    [
        (["read", "write"], Verdict.OK), (["read"], Verdict.WARNING),
        ([], Verdict.ERROR), (None, Verdict.ERROR),
    ],
)  # fmt: skip
def test_a_key_that_may_only_read_is_a_warning(
    lms: Lms, look: Look, scopes: object, verdict: Verdict
) -> None:
    lms.body = json.dumps({**TENANT, "scopes": scopes}).encode()
    assert look()["ascip-scopes"].verdict is verdict


@pytest.mark.parametrize(("skew_s", "side"), [(60, "ahead of"), (-60, "behind")])
def test_clocks_that_drift_apart_are_named_before_ascip_refuses(
    look: Look, skew_s: int, side: str
) -> None:
    nearly = look(skew_s=skew_s * 59 / 60)["ascip-clock"]
    assert nearly.verdict is Verdict.OK
    finding = look(skew_s=skew_s)["ascip-clock"]
    assert finding.verdict is Verdict.WARNING
    assert f"this machine's clock is 60 s {side} ASCIP's" in finding.detail
    assert finding.facts == {"offset_s": -skew_s}


def test_a_rate_above_what_ascip_allows_is_a_warning(lms: Lms, look: Look) -> None:
    lms.headers["X-RateLimit-Limit"] = "10"
    assert look(rate_per_s=10)["ascip-rate"].verdict is Verdict.OK
    finding = look(rate_per_s=10.5)["ascip-rate"]
    assert (finding.verdict, "ascip.rate_per_s = 10" in finding.remedy) == (Verdict.WARNING, True)


def test_a_server_without_date_or_limit_is_no_fault(lms: Lms, look: Look) -> None:
    del lms.headers["Date"]
    assert {f.verdict for f in look().values()} == {Verdict.OK}


@pytest.mark.parametrize(
    ("status", "body", "word"),
    [
        (401, {"error": {"code": "unknown_key"}}, "unknown_key"),
        (401, {"error": {"code": "clock_skew", "serverTime": "2025-11-20T00:53:20Z"}}, "clock_skew"),
        (403, {"error": {"code": "insufficient_scope"}}, "insufficient_scope"),
        (404, {}, "http_404"),
        (302, {}, "redirected"),
        (500, {}, "http_500"),
        (503, {}, "http_503"),
    ],
)  # fmt: skip
def test_every_refusal_is_one_error_with_a_remedy(
    lms: Lms, look: Look, status: int, body: object, word: str
) -> None:
    lms.status, lms.body = status, json.dumps(body).encode()
    found = look()
    assert list(found) == ["ascip"]
    assert found["ascip"].verdict is Verdict.ERROR
    assert found["ascip"].facts["code"] == word
    assert found["ascip"].remedy


def test_a_refused_clock_is_told_in_seconds(lms: Lms, look: Look) -> None:
    lms.status = 401
    error = {"code": "clock_skew", "serverTime": "2025-11-20T01:00:00Z"}
    lms.body = json.dumps({"error": error}).encode()
    assert "ASCIP's clock is +400 s from this machine's: set the clock" in look()["ascip"].remedy


@pytest.mark.parametrize("body", [b"<html>", b"", b"[1]", b" " * (MAX_BODY_BYTES + 1)])
def test_something_else_that_answers_is_not_taken_for_ascip(
    lms: Lms, look: Look, body: bytes
) -> None:
    lms.body = body
    finding = look()["ascip"]
    assert (finding.verdict, finding.remedy) == (Verdict.ERROR, "check ascip.base_url")


def test_nobody_there_is_an_error(lms: Lms) -> None:
    port = lms.server_port
    lms.server_close()
    access = Access(
        base_url=f"http://127.0.0.1:{port}/api/v1", key_id="k", secret="s", rate_per_s=1
    )
    (finding,) = probe(access).look()
    assert (finding.name, finding.verdict) == ("ascip", Verdict.ERROR)
    assert "can't be reached (the connection is refused)" in finding.detail
