"""The REST interface as its users have it: `ascip-sync up`, real sockets, an HR system and an approver."""

import json
import os
import re
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import Installation

GIGABYTE = 1 << 30


class Api:
    """`up`, and callers with keys made on the command line."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self._clients: list[httpx.Client] = []
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        config = installation.config.replace("port = 0", f"port = {port}")
        installation.configure(config)
        self.url = f"http://127.0.0.1:{port}"
        self._up = installation.start("up", "--workers", "2")
        self._until(lambda: httpx.get(f"{self.url}/readyz", trust_env=False).status_code == 200)

    def _until(self, good: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if good():
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        self._up.terminate()
        raise AssertionError(self._up.communicate()[0])

    def key(self, *words: str) -> str:
        return self.installation.cli("keys", "create", "--name", "test", *words).strip()

    def client(self, *words: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.key(*words)}"}
        made = httpx.Client(
            base_url=f"{self.url}/api/v1", headers=headers, timeout=60, trust_env=False
        )
        self._clients.append(made)
        return made

    def pid(self) -> int:
        """Of the process that serves."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"services.web" in words and str(self.installation.folder).encode() in b" ".join(
                words
            ):
                return int(folder.name)
        raise AssertionError("nobody serves")

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self._up.terminate()
        self._up.communicate(timeout=60)
        assert self._up.returncode == 0


@pytest.fixture
def api(installation: Installation) -> Iterator[Api]:
    running = Api(installation)
    yield running
    running.close()


def post(client: httpx.Client, path: str, body: object) -> Any:
    answer = client.post(path, json=body, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert answer.status_code in (201, 202), answer.text
    return answer.json()


def follow(client: httpx.Client, run_id: str) -> list[tuple[str, Any]]:
    """Events of a run until nothing moves any more."""
    with client.stream("GET", f"/runs/{run_id}/events") as stream:
        text = stream.read().decode()
    found = re.findall(r"^event: (\w+)\ndata: (.*)$", text, re.MULTILINE)
    return [(name, json.loads(data)) for name, data in found]


@pytest.mark.slow
def test_hr_uploads_and_an_approver_decides(installation: Installation, api: Api) -> None:
    """Slow: six processes start, and a whole sync goes through them."""
    leaver = installation.extract.ids[7]
    installation.extract.remove(leaver)
    installation.extract.rename(installation.extract.ids[:3])
    installation.write()
    hr = api.client("--scope", "runs:read", "--scope", "runs:write", "--scope", "plans:read")
    approver = api.client("--user", "anna", "--role", "approver")
    sent = hr.post("/uploads", files={"file": ("staff.csv", installation.extract.csv())}).json()
    run = post(hr, "/runs", {"upload_id": sent["id"]})
    told = follow(hr, run["id"])
    assert told[-1] == ("done", {"state": "awaiting_approval"})
    assert {"phase", "counts", "state"} <= {name for name, _ in told}
    planned = hr.get(f"/runs/{run['id']}").json()
    plan = approver.get(f"/plans/{planned['plan_id']}").json()
    assert not installation.simulator.writes()
    post(
        approver,
        f"/plans/{plan['id']}/reviews",
        {"decision": "approve", "plan_digest": plan["digest"]},
    )
    post(hr, f"/plans/{plan['id']}/apply", {"plan_digest": plan["digest"]})
    told = follow(hr, run["id"])
    assert told[-1] == ("done", {"state": "applied"})
    people = {p["employeeNumber"]: p for p in installation.simulator.state()["people"]}
    assert people[leaver]["status"] == "inactive"
    assert installation.ask("status")["books"]["balanced"]
    names = {f["name"] for f in hr.get(f"/runs/{run['id']}/reports").json()["data"]}
    assert {"report.html", "actions.csv", "manifest.json"} <= names
    report = hr.get(f"/runs/{run['id']}/reports/report.html")
    assert report.headers["content-disposition"].startswith("attachment")
    assert b"<html" in report.content
    _a_chemical_inventory(installation, api)


INVENTORY = """Barcode,Chemical Name,CAS Number,Location,Quantity,Unit,Hazard Codes,SDS Reference
C-1,Water,7732-18-5,Hall 1/12,1,L,,
C-2,Ethanol,64-17-5,Hall 1/12,2.5,L,H225,{sds}
"""


def _a_chemical_inventory(installation: Installation, api: Api) -> None:
    """The second target, through the same processes; a bad record is mended and comes back once."""
    hr = api.client("--scope", "runs:read", "--scope", "runs:write", "--scope", "plans:read")
    anna = api.client("--user", "anna", "--role", "approver")
    kim = api.client("--user", "kim", "--role", "compliance")

    def carried_out(run_id: str) -> None:
        assert follow(hr, run_id)[-1] == ("done", {"state": "awaiting_approval"})
        plan = anna.get(f"/plans/{hr.get(f'/runs/{run_id}').json()['plan_id']}").json()
        decision = {"decision": "approve", "plan_digest": plan["digest"]}
        post(anna, f"/plans/{plan['id']}/reviews", decision)
        post(hr, f"/plans/{plan['id']}/apply", {"plan_digest": plan["digest"]})
        assert follow(hr, run_id)[-1] == ("done", {"state": "applied"})

    file = {"file": ("inventory.csv", INVENTORY.format(sds="").encode())}
    sent = hr.post("/uploads", params={"feed": "osha_inventory"}, files=file).json()
    carried_out(post(hr, "/runs", {"upload_id": sent["id"]})["id"])
    (bad,) = kim.get("/quarantine/records").json()["data"]
    assert (bad["source_id"], bad["state"]) == ("C-2", "new")
    mended = {"file": ("mended.csv", INVENTORY.format(sds="SDS-17").encode())}
    answer = kim.post(
        f"/quarantine/records/{bad['id']}/resubmissions",
        files=mended, headers={"Idempotency-Key": str(uuid.uuid4())},
    )  # fmt: skip
    assert answer.status_code == 202, answer.text
    carried_out(answer.json()["id"])
    assert kim.get(f"/quarantine/records/{bad['id']}").json()["state"] == "resolved"
    stored = kim.get("/records/osha_inventory").json()["data"]
    assert [(r["source_id"], r["version"]) for r in stored] == [("C-1", 1), ("C-2", 1)]
    installation.cli("records", "reconcile", "osha_inventory")
    assert "All 2 versions fit" in installation.errors


def peak_mib(pid: int) -> int:
    """The most memory a process has had."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) // 1024  # type: ignore[index]  # it is there


@pytest.mark.slow
def test_a_gigabyte_comes_in_without_being_held_in_memory(api: Api) -> None:
    """Slow: a gigabyte is sent, hashed, sealed and written."""
    hr = api.client("--scope", "runs:write", "--scope", "runs:read")
    hr.post("/uploads", content=b"a\n1\n", headers={"Content-Type": "text/csv"})
    before, block = peak_mib(api.pid()), os.urandom(1 << 20)

    def blocks() -> Iterator[bytes]:
        for _ in range(GIGABYTE // len(block)):
            yield block

    answer = hr.post(
        "/uploads", content=blocks(), headers={"Content-Type": "text/csv"}, timeout=300
    )
    assert (answer.status_code, answer.json()["size_bytes"]) == (201, GIGABYTE)
    assert peak_mib(api.pid()) - before < 48
