"""Signing: the vectors of the contract page, and each refusal."""

import hashlib
from typing import Any

import httpx
import pytest

from services.simulator.refusals import Refusal
from services.simulator.signature import Key, SignedParts, Verifier, canonical_query, sign

SECRET = b"s3cr3t-key-for-test-vectors"
TIMESTAMP = "1763600000"
VECTORS = [
    (
        "GET",
        "/api/v1/people?pageSize=200&page=2",
        "n-0001",
        "",
        "de1e38894a07fc13a96440d1d995c921095669eeedea29b74e72650f41e33c3c",
    ),
    (
        "POST",
        "/api/v1/people",
        "n-0002",
        '{"email":"zoë@example.org","firstName":"Zoë"}',
        "0191347694949bef89022994392a874f16be02f1074039f88246b41c01a199bb",
    ),
    (
        "GET",
        "/api/v1/people?status=all&email=a%2Bb%40example.org",
        "n-0003",
        "",
        "14a8b158c87a957b663323e9c2d237da6a5141a081f645cb8bb090920bdda7c1",
    ),
]


@pytest.mark.parametrize(("method", "target", "nonce", "body", "expected"), VECTORS)
def test_the_simulator_computes_the_published_signatures(
    method: str, target: str, nonce: str, body: str, expected: str
) -> None:
    path, _, query = target.partition("?")
    digest = hashlib.sha256(body.encode()).hexdigest()
    parts = SignedParts(method=method, path=path, query=query, body_sha256=digest)
    assert sign(SECRET, parts, TIMESTAMP, nonce) == expected


@pytest.mark.parametrize(("method", "target", "nonce", "body", "expected"), VECTORS)
def test_the_signer_of_these_tests_computes_the_published_signatures(
    lms: Any, method: str, target: str, nonce: str, body: str, expected: str
) -> None:
    signer = type(lms.signer)(secret=SECRET.decode())
    request = httpx.Request(method, f"http://lms.example{target}", content=body.encode())
    assert signer.signature(request, TIMESTAMP, nonce) == expected


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("", ""),
        ("b=2&a=1", "a=1&b=2"),
        ("a=2&a=1", "a=1&a=2"),
        ("q=two+words", "q=two%20words"),
        ("q=two%20words", "q=two%20words"),
        ("flag", "flag="),
        ("n=%7e~", "n=~~"),
        ("q=%c3%ab", "q=%C3%AB"),
    ],
)
def test_a_query_has_one_canonical_form(raw: str, canonical: str) -> None:
    assert canonical_query(raw) == canonical


def test_a_signed_request_is_answered(lms: Any) -> None:
    assert lms.get("/tenant").status_code == 200


def test_a_query_that_needs_encoding_is_verified(lms: Any) -> None:
    response = lms.get("/people", status="all", email="a+b ë@example.org")
    assert response.json()["totalItems"] == 0


def test_an_unknown_key_is_refused(lms: Any) -> None:
    lms.signer.key_id = "somebody"
    assert _refusal(lms.get("/tenant")) == (401, "unknown_key")


def test_a_request_without_headers_is_refused(lms: Any) -> None:
    response = httpx.get(f"{lms.root}/api/v1/tenant", trust_env=False)
    assert _refusal(response) == (401, "unknown_key")


def test_a_wrong_secret_is_refused(lms: Any) -> None:
    lms.signer.secret = "another"
    assert _refusal(lms.get("/tenant")) == (401, "bad_signature")


@pytest.mark.parametrize("nonce", ["short", "x" * 65, "has space", "n-0001!"])
def test_a_malformed_nonce_is_refused(lms: Any, nonce: str) -> None:
    lms.signer.nonce = nonce
    assert _refusal(lms.get("/tenant")) == (401, "bad_signature")


def test_a_body_changed_after_signing_is_refused(lms: Any) -> None:
    request = lms.http.build_request("POST", "/people", json={"email": "a@b.example"})
    signed = next(lms.signer.auth_flow(request))
    forged = httpx.Request(
        "POST", signed.url, headers=signed.headers, content=b'{"email":"x@b.example"}'
    )
    assert _refusal(lms.http.send(forged, auth=None)) == (401, "bad_signature")


@pytest.mark.parametrize("nonce", ["n-0001", "x" * 64])
def test_a_nonce_has_from_six_to_sixty_four_characters(lms: Any, nonce: str) -> None:
    lms.signer.nonce = nonce
    assert lms.get("/tenant").status_code == 200


@pytest.mark.parametrize(("off_s", "code"), [(300, "ok"), (301, "clock_skew")])
@pytest.mark.parametrize("sign_of", [-1, 1])
def test_the_clock_may_be_off_by_three_hundred_seconds(off_s: int, code: str, sign_of: int) -> None:
    verifier = Verifier({"k": Key(secret=SECRET)})
    assert _judged(verifier, "n-0001", 1_763_600_000, 1_763_600_000 + off_s * sign_of) == code


@pytest.mark.parametrize("offset_s", [-310, 310])
def test_a_clock_that_is_off_is_told_the_time_of_the_server(lms: Any, offset_s: int) -> None:
    lms.signer.clock_offset_s = offset_s
    response = lms.get("/tenant")
    assert _refusal(response) == (401, "clock_skew")
    assert response.json()["serverTime"].endswith("Z")


@pytest.mark.parametrize("offset_s", [-290, 290])
def test_a_clock_that_is_slightly_off_is_accepted(lms: Any, offset_s: int) -> None:
    lms.signer.clock_offset_s = offset_s
    assert lms.get("/tenant").status_code == 200


def test_a_nonce_used_twice_is_refused(lms: Any) -> None:
    lms.signer.nonce = "once-only"
    assert lms.get("/tenant").status_code == 200
    assert _refusal(lms.get("/tenant")) == (401, "replayed")


def test_a_refused_request_does_not_burn_its_nonce(lms: Any) -> None:
    lms.signer.nonce = "once-only"
    lms.signer.secret = "another"
    lms.get("/tenant")
    lms.signer.secret = "simulator-secret"
    assert lms.get("/tenant").status_code == 200


@pytest.mark.parametrize(("later_s", "replayed"), [(599, True), (601, False)])
def test_a_nonce_is_remembered_for_ten_minutes(later_s: int, replayed: bool) -> None:
    verifier = Verifier({"k": Key(secret=SECRET)})
    times = (1_763_600_000, 1_763_600_000 + later_s)
    codes = [_judged(verifier, "n-0001", now, now) for now in times]
    assert codes == ["ok", "replayed" if replayed else "ok"]


def test_a_read_only_key_may_read_but_not_write(lms: Any, newcomer: Any) -> None:
    keys = {"reader": {"secret": "simulator-secret", "scopes": ["read"]}}
    lms.sim("PUT", "settings", {"keys": keys})
    lms.signer.key_id = "reader"
    assert lms.get("/tenant").json()["scopes"] == ["read"]
    assert _refusal(lms.post("/people", newcomer())) == (403, "insufficient_scope")
    assert lms.effects() == []


def _judged(verifier: Verifier, nonce: str, now: int, signed_at: int) -> str:
    parts = SignedParts(method="GET", path="/api/v1/tenant", query="", body_sha256="")
    headers = {"X-Ascip-Timestamp": str(signed_at), "X-Ascip-Nonce": nonce}
    headers["X-Ascip-Signature"] = sign(SECRET, parts, str(signed_at), nonce)
    try:
        verifier.check(verifier.find("k"), parts, headers, now)
    except Refusal as refusal:
        return refusal.code
    return "ok"


def _refusal(response: httpx.Response) -> tuple[int, str]:
    body = response.json()
    assert body["requestId"]
    return response.status_code, body["error"]["code"]
