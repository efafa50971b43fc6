"""Quarantined records by REST: a record from its fault to its version, and who may do what."""

import uuid
from typing import Any

import httpx
import pytest

from shared.domain.access import Role, Scope
from tests.fakes.api_thread import ApiThread
from tests.fakes.installation import Installation
from tests.fakes.lab import HEADER, Lab

RECORDS = "/api/v1/quarantine/records"


@pytest.fixture
def lab(engine: Installation) -> Lab:
    """Before the interface is made, so that it has the feed."""
    return Lab(engine)


@pytest.fixture
def kim(lab: Lab, api: ApiThread) -> httpx.Client:
    assert lab.engine.tools.feeds
    return api.caller(Role.COMPLIANCE, user="kim")


def resubmit(client: httpx.Client, path: str, rows: str, key: str = "") -> httpx.Response:
    headers = {"Content-Type": "text/csv", "Idempotency-Key": key or str(uuid.uuid4())}
    return client.post(path, content=(HEADER + rows).encode(), headers=headers)


def ids(client: httpx.Client, **query: Any) -> dict[str, str]:
    """Source id → record."""
    return {r["source_id"]: r["id"] for r in client.get(RECORDS, params=query).json()["data"]}


@pytest.mark.slow
def test_a_record_goes_from_its_fault_to_its_version(lab: Lab, kim: httpx.Client) -> None:
    """Slow: two runs, and each address once."""
    lab.plan("T1,Scale,0,R1\nT2,Hood,500,R1\nT3,Lamp,x,R1\n")
    found = ids(kim)
    codes = {c["code"]: c for c in kim.get("/api/v1/quarantine/violation-codes").json()["data"]}
    assert (codes["LAB-COUNT"]["open"], codes["LAB-COUNT"]["authority"]) == (2, "LAB")
    assert (codes["LAB-MANY"]["severity"], codes["LAB-TEST"]["severity"]) == ("attest", "reject")
    assert codes["width"]["class"] == "integrity"
    one = f"{RECORDS}/{found['T1']}"
    assigned = kim.post(f"{one}/assign", json={"owner": "kim", "also": [found["T3"]]}).json()
    assert (assigned["state"], assigned["also"][0]["owner"]) == ("assigned", "kim")
    assert kim.post(f"{one}/comments", json={"text": "asked the lab"}).status_code == 201
    told = kim.post(f"{one}/notify", json={"to": "pi@lab.example"}).json()
    assert (told["state"], told["mail"][0]["sent"]) == ("waiting_on_source", False)
    view = kim.get(one).json()
    assert [e["event"] for e in view["timeline"]] == [
        "opened", "assigned", "commented", "notified", "mail_failed",
    ]  # fmt: skip
    assert {v["field"]: (v["value"], v["failed"]) for v in view["values"]} == {
        "tag": ("T1", False), "name": ("Scale", False), "count": ("0", True), "room": ("R1", False),
    }  # fmt: skip
    assert view["errors"][0]["citation"] == "none"
    path = f"{one}/resubmissions?also={found['T3']}"
    sent = resubmit(kim, path, "T1,Scale,2,R1\n", key="k-1")
    assert (sent.status_code, sent.json()["trigger"]) == (202, "resubmission"), sent.text
    again = resubmit(kim, path, "T1,Scale,2,R1\n", key="k-1")
    assert (again.json(), again.headers["idempotent-replayed"]) == (sent.json(), "true")
    other = resubmit(kim, path, "T1,Scale,3,R1\n", key="k-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    lab.engine.workers.until_quiet()
    lab.apply(lab.engine.run(sent.json()["id"]))
    assert kim.get(one).json()["resolved_by"]["run_id"] == sent.json()["id"]
    assert kim.get(f"{RECORDS}/{found['T3']}").json()["state"] == "assigned"
    attested = kim.post(
        f"{RECORDS}/{found['T2']}/attest", json={"code": "LAB-MANY", "reason": "counted"}
    ).json()
    assert attested["state"] == "resubmitted"
    closed = kim.post(f"{RECORDS}/{found['T3']}/close", json={"reason": "no such lamp"}).json()
    assert closed["closed_reason"] == "no such lamp"
    assert ids(kim, state="closed").keys() == {"T3"}
    assert ids(kim, code="LAB-MANY").keys() == {"T2"}


def test_walking_the_pages_gives_each_record_once_those_that_want_somebody_first(
    lab: Lab, kim: httpx.Client
) -> None:
    lab.plan("".join(f"T{n},Scale,0,R1\n" for n in range(7)))
    found = ids(kim)
    kim.post(f"{RECORDS}/{found['T0']}/close", json={"reason": "gone"})
    kim.post(f"{RECORDS}/{found['T1']}/assign", json={"owner": "kim"})
    seen, after = [], None
    while True:
        query = {"limit": 2} | ({"starting_after": after} if after else {})
        page = kim.get(RECORDS, params=query).json()
        assert page["total"] == 7
        seen += [r["source_id"] for r in page["data"]]
        if not page["has_more"]:
            break
        after = page["next"]
    assert seen == ["T2", "T3", "T4", "T5", "T6", "T1", "T0"]
    assert kim.get(RECORDS, params={"starting_after": "qua_0"}).status_code == 404


def test_a_program_may_resubmit_and_a_person_attests(lab: Lab, api: ApiThread) -> None:
    lab.plan("T1,Scale,500,R1\n")
    scopes = (Scope.QUARANTINE_WRITE, Scope.PLANS_READ)
    program = api.client(api.key(scopes=scopes))
    record = f"{RECORDS}/{ids(program)['T1']}"
    refused = program.post(f"{record}/attest", json={"code": "LAB-MANY", "reason": "r"})
    assert (refused.status_code, refused.json()["code"]) == (409, "person_needed")
    assert resubmit(program, f"{record}/resubmissions", "T1,Scale,5,R1\n").status_code == 202
    headers = {"Content-Type": "text/csv"}
    missing = program.post(f"{record}/resubmissions", content=b"x", headers=headers)
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency_key_missing")
    program.post(f"{record}/close", json={"reason": "gone"})
    before = lab.engine.database.value("SELECT count(*) FROM upload")
    answer = resubmit(program, f"{record}/resubmissions", "T1,Scale,2,R1\n")
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert lab.engine.database.value("SELECT count(*) FROM upload") == before
    files = [path for path in lab.engine.folder.rglob("upl_*") if path.is_file()]
    assert len(files) == before, "what was refused left no file"
