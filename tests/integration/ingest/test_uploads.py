"""Files come in whole or not at all, whatever their senders do."""

import base64
import hashlib
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.domain.access import Role
from shared.http.service import Patience
from tests.fakes.api_thread import ApiThread
from tests.fakes.full_disk import room_for
from tests.fakes.installation import Installation
from tests.integration.ingest.conftest import upload

CSV = b"employee_id,first_name\nE1,Zo\xc3\xab\n"
PATH = "/api/v1/uploads"
HEADERS = {"Content-Type": "text/csv"}
FORM = "multipart/form-data; boundary=XX"


def stored(engine: Installation) -> list[Path]:
    """Files in the raw zone, those on their way in too."""
    raw = engine.folder / "raw"
    return sorted(raw.iterdir()) if raw.exists() else []


def content(engine: Installation, location: str) -> bytes:
    with engine.tools.vault.open(location) as file:
        return file.read()


def part(name: str | None, body: bytes, field: str = "file") -> bytes:
    named = f'; filename="{name}"' if name is not None else ""
    head = f'--XX\r\nContent-Disposition: form-data; name="{field}"{named}\r\n\r\n'
    return head.encode() + body + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--XX--\r\n"


def test_a_raw_file_is_hashed_and_kept(engine: Installation, operator: httpx.Client) -> None:
    answer = operator.post(PATH, params={"name": "a.csv"}, content=CSV, headers=HEADERS)
    document = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{PATH}/{document['id']}"
    assert document["sha256"] == hashlib.sha256(CSV).hexdigest()
    assert (document["size_bytes"], document["name"]) == (len(CSV), "a.csv")
    assert content(engine, document["id"]) == CSV
    assert operator.get(answer.headers["location"]).json() == document


def test_the_one_file_of_a_form_is_taken(engine: Installation, operator: httpx.Client) -> None:
    answer = operator.post(PATH, files={"file": ("b.csv", CSV)}, data={"comment": "ours"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["name"] == "b.csv"
    assert content(engine, answer.json()["id"]) == CSV


def test_a_large_file_in_a_form_arrives_byte_for_byte(
    engine: Installation, operator: httpx.Client
) -> None:
    body = b"--XX\r\n-XX--" * 200_000
    answer = operator.post(PATH, files={"file": ("b.csv", body)})
    assert content(engine, answer.json()["id"]) == body


def test_the_same_bytes_are_the_same_upload(engine: Installation, operator: httpx.Client) -> None:
    first = upload(operator, CSV)
    again = operator.post(PATH, params={"name": "other.csv"}, content=CSV, headers=HEADERS)
    assert (again.status_code, again.json()) == (200, first)
    assert len(stored(engine)) == 1


def test_the_same_bytes_sent_at_once_are_one_upload(engine: Installation, api: ApiThread) -> None:
    key = api.key(Role.OPERATOR)
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: upload(api.client(key), CSV)["id"], range(8)))
    assert len(ids) == 1
    assert len(stored(engine)) == 1


def test_a_hundred_uploads_at_once_are_all_there(engine: Installation, api: ApiThread) -> None:
    client = api.caller(Role.OPERATOR)
    with ThreadPoolExecutor(100) as pool:
        sent = list(pool.map(lambda n: upload(client, CSV + str(n).encode()), range(100)))
    assert len({document["id"] for document in sent}) == 100
    assert all(content(engine, d["id"]) == CSV + str(n).encode() for n, d in enumerate(sent))
    assert engine.database.value("SELECT count(*) FROM upload") == 100


def test_an_empty_file_is_refused_and_leaves_nothing(
    engine: Installation, operator: httpx.Client
) -> None:
    for answer in (
        operator.post(PATH, content=b"", headers=HEADERS),
        operator.post(PATH, files={"file": ("a.csv", b"")}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "empty")
    assert stored(engine) == []


def test_a_file_over_the_limit_is_refused_before_it_is_read(
    engine: Installation, operator: httpx.Client
) -> None:
    big = bytes(3 * 2**20 + 1)
    answer = operator.post(PATH, content=big, headers=HEADERS)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert operator.post(PATH, content=big[:-1], headers=HEADERS).status_code == 201
    assert len(stored(engine)) == 1


def test_a_file_that_grows_over_the_limit_is_given_up(
    engine: Installation, operator: httpx.Client
) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(5):
            yield bytes(2**20)

    answer = operator.post(PATH, content=endless(), headers=HEADERS)
    assert answer.status_code == 413
    assert stored(engine) == []


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("application/json", b"{}", "unsupported_media_type"),
        ("", CSV, "unsupported_media_type"),
        ("multipart/form-data", form(part("a.csv", CSV)), "invalid_multipart"),
        (FORM, form(part("a.csv", CSV), part("b.csv", CSV)), "invalid_multipart"),
        (FORM, form(part(None, CSV)), "invalid_multipart"),
        (FORM, part("a.csv", CSV), "invalid_multipart"),
        (FORM, form(part("a.csv", CSV)).replace(b"--XX", b"--YY"), "invalid_multipart"),
        (FORM, form(*(part(None, b"x", f"f{n}") for n in range(9)), part("a", CSV)), "invalid_multipart"),
        (FORM, form(part("a" * 9000, CSV)), "invalid_multipart"),
        (FORM, b"", "invalid_multipart"),
        ("multipart/form-data; boundary*0=a; boundary*=b", form(part("a.csv", CSV)), "invalid_multipart"),
        ("multipart/form-data; boundary=" + "X" * 71, form(part("a.csv", CSV)), "invalid_multipart"),
    ],
)  # fmt: skip
def test_what_is_not_one_file_is_refused_and_leaves_nothing(
    engine: Installation, operator: httpx.Client, kind: str, body: bytes, code: str
) -> None:
    answer = operator.post(PATH, content=body, headers={"Content-Type": kind} if kind else {})
    assert answer.json()["code"] == code
    assert stored(engine) == []


def test_compressed_bodies_are_not_taken(operator: httpx.Client) -> None:
    answer = operator.post(PATH, content=CSV, headers={**HEADERS, "Content-Encoding": "gzip"})
    assert answer.status_code == 415


def test_an_announced_hash_is_checked(engine: Installation, operator: httpx.Client) -> None:
    def send(digest: bytes) -> httpx.Response:
        announced = f"sha-256=:{base64.b64encode(digest).decode()}:"
        return operator.post(PATH, content=CSV, headers={**HEADERS, "Content-Digest": announced})

    for broken in ("sha-256=:@@:", "SHA-256=:AAAA:", "sha-256=AAAA"):
        headers = {**HEADERS, "Content-Digest": broken}
        refused = operator.post(PATH, content=CSV, headers=headers)
        assert refused.json()["code"] == "content_digest_mismatch"
    assert send(bytes(32)).json()["code"] == "content_digest_mismatch"
    assert stored(engine) == []
    assert send(hashlib.sha256(CSV).digest()).status_code == 201


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/x.csv", "x.csv"),
        ("..\\..\\x.csv", "x.csv"),
        ("-rf", "-rf"),
        ("CON", "CON"),
        ("a\nb\x00c.csv", "a\ufffdb\ufffdc.csv"),
        ("\u202ecsv.exe", "\ufffdcsv.exe"),
        ("x" * 255, "x" * 255),
        ("/", "unnamed"),
    ],
)
def test_names_are_shown_and_never_used(
    engine: Installation, operator: httpx.Client, sent: str, shown: str
) -> None:
    document = upload(operator, CSV, sent)
    assert document["name"] == shown
    assert [path.name for path in stored(engine)] == [document["id"]]


def _begin(api: ApiThread, *, length: int = 1000) -> socket.socket:
    """A connection on which an upload has begun: 10 bytes of it."""
    key = api.key(Role.OPERATOR)
    connection = socket.create_connection(("127.0.0.1", api.port))
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: text/csv\r\nContent-Length: {length}\r\n\r\n"
    )
    connection.sendall(head.encode() + b"0123456789")
    return connection


def _until(condition: Any) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_upload_that_is_cut_leaves_nothing(engine: Installation, api: ApiThread) -> None:
    connection = _begin(api)
    _until(lambda: stored(engine))
    connection.close()
    _until(lambda: not stored(engine))
    assert engine.database.value("SELECT count(*) FROM upload") == 0


@pytest.fixture
def hurried(api: ApiThread) -> Callable[[Patience], ApiThread]:
    """The same interface, with less patience."""

    def hurry(patience: Patience) -> ApiThread:
        api.app.state.service = replace(api.service, patience=patience)
        return api

    return hurry


Hurried = Callable[[Patience], ApiThread]


def test_a_sender_who_falls_silent_is_given_up(engine: Installation, hurried: Hurried) -> None:
    connection = _begin(hurried(Patience(idle_s=0.2)))
    assert b"408" in connection.recv(100)
    connection.close()
    _until(lambda: not stored(engine))


def test_a_sender_of_a_few_bytes_a_second_is_given_up(
    engine: Installation, hurried: Hurried
) -> None:
    connection = _begin(hurried(Patience(pace_after_s=0.3)))
    connection.settimeout(0.05)
    answer = b""
    for _ in range(40):
        try:
            answer = connection.recv(100)
            break
        except TimeoutError:
            connection.sendall(b"x")
    assert b"408" in answer
    connection.close()
    _until(lambda: not stored(engine))


def test_nothing_of_a_file_is_in_the_clear(engine: Installation, operator: httpx.Client) -> None:
    upload(operator, CSV)
    assert not any(b"employee_id" in path.read_bytes() for path in stored(engine))


@pytest.mark.parametrize(
    "disposition",
    ["attachment; filename*=a; filename*0=b", f"filename*{'9' * 5000}=x", "filename*=idna''%FF%FF"],
)
def test_a_name_that_can_t_be_read_costs_the_name_only(
    operator: httpx.Client, disposition: str
) -> None:
    headers = {**HEADERS, "Content-Disposition": disposition}
    answer = operator.post(PATH, content=CSV, headers=headers)
    assert answer.status_code in (200, 201)


@pytest.mark.parametrize("as_form", [False, True])
def test_a_full_disk_is_said_and_leaves_nothing_behind(
    engine: Installation, operator: httpx.Client, as_form: bool
) -> None:
    """Neither a file nor a row nor an entry; when there is room the same file is taken."""

    def send() -> httpx.Response:
        if as_form:
            return operator.post("/api/v1/uploads", files={"file": ("staff.csv", body)})
        headers = {"Content-Type": "text/csv"}
        return operator.post("/api/v1/uploads", content=body, headers=headers)

    body = engine.extract().csv()
    before = engine.database.dump("upload", "audit_entry")
    with room_for(1000):
        refused = send()
    said = refused.json()
    assert (refused.status_code, said["code"], said["retryable"]) == (507, "storage_full", True)
    assert refused.headers["retry-after"] == "60"
    assert "Nothing" in said["detail"]
    assert not [path for path in engine.folder.rglob("raw/*") if path.is_file()]
    assert engine.database.dump("upload", "audit_entry") == before
    assert send().status_code == 201
