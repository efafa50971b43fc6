"""`Recorder` and its transport: nothing personal is written, and no call is worse for it."""

import asyncio
import gzip
import json
import os
import re
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from shared.adapters.lms.recording.recorder import Answer, Exchange, Recorder
from shared.adapters.lms.recording.shared_key import FILE_NAME
from shared.adapters.lms.recording.transport import RecordingSyncTransport, RecordingTransport
from shared.adapters.lms.signing import Signer, encoded
from tests.fakes.full_disk import room_for
from tests.unit.adapters.lms.recording.canaries import SPELLINGS, CanaryLms, person

BASE = "https://canary.example/canary-usd/api/v1"
SECRET, NONCE, KEY_ID = "s3cr3t-of-the-key", "nonce-0000001", "key-of-the-district"


def recorder(folder: Path, **options: Any) -> Recorder:
    return Recorder(folder, base_path="/canary-usd/api/v1", engine_version="1.2.3", **options)


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.ndjson"))


def lines(folder: Path) -> list[Any]:
    """The exchanges of all files, headers left out."""
    return [
        json.loads(line) for file in files(folder) for line in file.read_bytes().splitlines()[1:]
    ]


def exchange(recording: Recorder, name: str = "Ruiz") -> Exchange:
    request = httpx.Request("GET", f"{BASE}/people", params={"username": name})
    return Exchange(
        mark=recording.mark(), request=request, answer=Answer(status=404, headers=httpx.Headers())
    )


async def send(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> bytes:
    answer = await transport.handle_async_request(request)
    try:
        return b"".join([chunk async for chunk in answer.aiter_bytes()])
    finally:
        await answer.aclose()


def requests() -> Iterator[httpx.Request]:
    """Signed as the client signs, canaries wherever something can be put."""
    signer = Signer(KEY_ID, SECRET, lambda: 1763600000.0, lambda: NONCE)
    query = (
        ("email", "canary@canary.example"),
        ("q", "canary"),
        ("status", "canary"),
        ("can ary", "x"),
    )
    for path in ("/people", "/people/canary", "/people/canary%40canary.example", "/canary/1"):
        body = json.dumps(person(3)).encode()
        for method, content in (("GET", b""), ("POST", body), ("PUT", b"canary"), ("CANARY", body)):
            headers = signer.headers(method, path, query, content) | {"X-Extra": "canary"}
            url = f"{BASE}{path}?{encoded(query)}"
            yield httpx.Request(method, url, headers=headers, content=content)


def test_no_canary_no_secret_and_no_signature_is_written(tmp_path: Path) -> None:
    async def talk() -> None:
        transport = RecordingTransport(CanaryLms(), recorder(tmp_path))
        for _ in range(3):
            for request in requests():
                try:
                    await send(transport, request)
                except httpx.ReadError:
                    continue
        await transport.aclose()

    with capture_logs() as logged:
        asyncio.run(talk())
    (file,) = files(tmp_path)
    signatures = {request.headers["X-Ascip-Signature"] for request in requests()}
    hidden = {*SPELLINGS, SECRET, NONCE, KEY_ID, *signatures}
    text = file.read_text(encoding="utf-8")
    assert [value for value in hidden if value in text] == []
    assert len(lines(tmp_path)) == 3 * len(list(requests()))
    assert [value for value in hidden if value in str(logged)] == []
    assert {line.get("broke") for line in lines(tmp_path)} == {None, "reset"}


def test_a_line_says_how_the_request_went(tmp_path: Path) -> None:
    times = iter([100.0, 100.25, 101.5])
    recording = recorder(tmp_path, clock=lambda: next(times), now=lambda: 1763600000.0)
    recording.record(exchange(recording))
    recording.close()
    header = json.loads(files(tmp_path)[0].read_bytes().splitlines()[0])
    assert header.pop("pseudonyms")
    assert header == {
        "format_version": 1, "engine_version": "1.2.3", "recorded_at": "2025-11-20T00:53:20+00:00",
    }  # fmt: skip
    (line,) = lines(tmp_path)
    assert (line["sequence"], line["offset_ms"], line["elapsed_ms"]) == (1, 250, 1250)
    assert (line["method"], line["path"], line["answer"]["status"]) == ("GET", "/people", 404)


def test_the_caller_gets_what_was_sent_and_the_size_of_json_is_not_told(tmp_path: Path) -> None:
    content = json.dumps({"firstName": "Zoe", "id": 3}).encode()

    def answer(_request: httpx.Request) -> httpx.Response:
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        return httpx.Response(200, headers=headers, content=gzip.compress(content))

    async def ask() -> bytes:
        transport = RecordingTransport(httpx.MockTransport(answer), recorder(tmp_path))
        return await send(transport, httpx.Request("GET", f"{BASE}/people/3"))

    assert asyncio.run(ask()) == content
    (line,) = lines(tmp_path)
    assert line["answer"]["body"]["json"]["id"] == 3
    assert "content-length" not in line["answer"]["headers"]
    # As a word of its own: the digits may stand in a hash.
    assert str(len(content)) not in re.findall(r"\w+", str(line["answer"]))


def test_a_body_that_nobody_reads_to_its_end_is_not_kept(tmp_path: Path) -> None:
    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            while True:
                yield b"Ruiz"

    async def ask() -> None:
        inner = httpx.MockTransport(lambda _: httpx.Response(200, stream=Endless()))
        transport = RecordingTransport(inner, recorder(tmp_path))
        answer = await transport.handle_async_request(httpx.Request("GET", f"{BASE}/people"))
        body = answer.aiter_bytes()
        await anext(body)
        await answer.aclose()

    asyncio.run(ask())
    (line,) = lines(tmp_path)
    assert line["answer"]["body"] == {"kind": "unread", "bytes": 4}
    assert "broke" not in line


@pytest.mark.parametrize(
    ("limit_s", "broke"), [(0.02, "timeout"), (60.0, "canceled")], ids=["limit", "earlier"]
)
def test_a_call_that_met_its_limit_is_told_from_one_that_was_given_up(
    tmp_path: Path, limit_s: float, broke: str
) -> None:
    class Silent(httpx.AsyncBaseTransport):
        async def handle_async_request(self, _request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(60)
            raise AssertionError

    async def ask() -> None:
        limits = {"timeout": {"read": limit_s}}
        request = httpx.Request("GET", f"{BASE}/people", extensions=limits)
        transport = RecordingTransport(Silent(), recorder(tmp_path))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(send(transport, request), 0.03)

    asyncio.run(ask())
    assert [line["broke"] for line in lines(tmp_path)] == [broke]


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "recordings"
    recording = recorder(folder)
    recording.record(exchange(recording))
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    assert modes == {folder: 0o700, folder / FILE_NAME: 0o600, files(folder)[0]: 0o600}
    recording.close()


def test_who_records_into_one_folder_at_once_agrees_on_pseudonyms(tmp_path: Path) -> None:
    first, second = recorder(tmp_path), recorder(tmp_path)
    for recording in (first, second):
        recording.record(exchange(recording))
    one, other = lines(tmp_path)
    assert one["query"] == other["query"]
    first.close()
    assert (tmp_path / FILE_NAME).exists()
    second.close()
    assert not (tmp_path / FILE_NAME).exists()


def test_a_recording_after_that_has_others_and_so_has_one_after_a_crash(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"k" * 32)  # left behind by a process that was killed
    left = {b"k" * 32}
    for _ in range(2):
        recording = recorder(tmp_path)
        recording.record(exchange(recording))
        left.add((tmp_path / FILE_NAME).read_bytes())
        recording.close()
    assert len(left) == 3
    one, other = lines(tmp_path)
    assert one["query"] != other["query"]


def test_a_process_that_was_forked_writes_a_file_of_its_own(tmp_path: Path) -> None:
    recording = recorder(tmp_path)  # made before, as a worker's is
    child = os.fork()
    if child == 0:
        recording.record(exchange(recording))
        os._exit(0)
    os.waitpid(child, 0)
    recording.record(exchange(recording))
    recording.close()
    assert len(files(tmp_path)) == 2


def test_threads_write_whole_lines(tmp_path: Path) -> None:
    recording = recorder(tmp_path)

    def work() -> None:
        for _ in range(50):
            recording.record(exchange(recording))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(line["sequence"] for line in lines(tmp_path)) == list(range(1, 201))
    recording.close()


def size_of(folder: Path, count: int) -> int:
    """Bytes of a file with that many exchanges."""
    recording = recorder(folder, clock=lambda: 0.0)
    for _ in range(count):
        recording.record(exchange(recording))
    recording.close()
    return files(folder)[0].stat().st_size


@pytest.mark.parametrize(("spare", "kept"), [(0, 3), (-1, 2)])
def test_a_file_that_would_get_too_large_is_ended_and_said_once(
    tmp_path: Path, spare: int, kept: int
) -> None:
    most = size_of(tmp_path / "sample", 3) + spare
    recording = recorder(tmp_path / "real", clock=lambda: 0.0, most_bytes=most)
    with capture_logs() as logged:
        for _ in range(5):
            recording.record(exchange(recording))
    assert len(lines(tmp_path / "real")) == kept
    assert [entry["event"] for entry in logged] == ["recording_started", "recording_stopped"]
    assert logged[1]["reason"] == "file_full"
    assert files(tmp_path / "real")[0].stat().st_size <= most
    assert not (tmp_path / "real" / FILE_NAME).exists()


def test_a_full_disk_ends_the_recording_and_no_call(tmp_path: Path) -> None:
    room = size_of(tmp_path / "sample", 2) + 20

    async def ask() -> list[bytes]:
        inner = httpx.MockTransport(lambda _: httpx.Response(200, content=b"{}"))
        transport = RecordingTransport(inner, recorder(tmp_path / "real"))
        return [await send(transport, httpx.Request("GET", f"{BASE}/people")) for _ in range(9)]

    with capture_logs() as logged, room_for(room):
        assert asyncio.run(ask()) == [b"{}"] * 9
    (file,) = files(tmp_path / "real")
    assert file.read_bytes().endswith(b"}\n")
    assert 0 < len(lines(tmp_path / "real")) < 9
    stopped = [entry for entry in logged if entry["event"] == "recording_stopped"]
    assert [(entry["reason"], entry["errno"]) for entry in stopped] == [("OSError", "ENOSPC")]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: folder.write_text("a file"),
        lambda folder: (folder / FILE_NAME).mkdir(parents=True),
    ],
    ids=["not a folder", "no key"],
)
def test_a_folder_that_can_t_be_used_costs_no_call(
    tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    spoil(tmp_path / "folder")
    recording = recorder(tmp_path / "folder")
    with capture_logs() as logged:
        recording.record(exchange(recording))
        recording.record(exchange(recording))
    assert [entry["event"] for entry in logged] == ["recording_stopped"]
    recording.close()


def test_a_check_is_recorded_like_the_client(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            raise httpx.ReadError("Ruiz")
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        return httpx.Response(200, headers=headers, content=gzip.compress(b'{"id": 3}'))

    transport = RecordingSyncTransport(httpx.MockTransport(answer), recorder(tmp_path))
    with httpx.Client(transport=transport) as client:
        assert client.get(f"{BASE}/people/3").json() == {"id": 3}
        with pytest.raises(httpx.ReadError):
            client.post(f"{BASE}/people", json={"firstName": "Zoe"})
    read, lost = lines(tmp_path)
    assert (read["path"], read["answer"]["body"]) == ("/people/3", {"json": {"id": 3}})
    assert (lost["broke"], "Zoe" in str(lost)) == ("reset", False)
    assert not (tmp_path / FILE_NAME).exists()
