"""A repeat under the same Idempotency-Key does nothing twice."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx
import pytest

from shared.domain.access import Role
from shared.pipeline.once import once
from shared.ports.access import Answer, RequestKey
from shared.ports.unit_of_work import UnitOfWork
from tests.fakes.api_thread import ApiThread
from tests.fakes.installation import Installation
from tests.integration.ingest.conftest import post, upload

CSV = b"employee_id\nE1\n"


def runs(engine: Installation) -> int:
    return int(engine.database.value("SELECT count(*) FROM run"))


@pytest.fixture
def order(operator: httpx.Client) -> Any:
    return {"upload_id": upload(operator, CSV)["id"]}


def test_the_same_key_twice_is_one_run(
    engine: Installation, operator: httpx.Client, order: Any
) -> None:
    first = post(operator, "/runs", order, key="k-1")
    again = post(operator, "/runs", order, key="k-1")
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert runs(engine) == 1


def test_the_same_key_with_another_body_is_refused(
    engine: Installation, operator: httpx.Client, order: Any
) -> None:
    post(operator, "/runs", order, key="k-1")
    other = post(operator, "/runs", order | {"force": True}, key="k-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert runs(engine) == 1


def test_keys_of_two_callers_are_apart(
    engine: Installation, api: ApiThread, operator: httpx.Client, order: Any
) -> None:
    post(operator, "/runs", order, key="k-1")
    post(api.caller(Role.OPERATOR, user="kim"), "/runs", order, key="k-1")
    assert runs(engine) == 2


def test_the_same_key_at_once_is_one_run(engine: Installation, api: ApiThread, order: Any) -> None:
    client = api.caller(Role.OPERATOR)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: post(client, "/runs", order, key="k-1"), range(10)))
    assert {a.status_code for a in answers} <= {202, 409}
    assert len({a.json()["id"] for a in answers if a.status_code == 202}) == 1
    assert all(a.json()["code"] == "idempotency_in_flight" for a in answers if a.status_code == 409)
    assert runs(engine) == 1


def test_while_the_first_is_worked_on_the_second_is_told_so(engine: Installation) -> None:
    request = RequestKey(principal="key_1", path="/x", key="k", body_sha256="ab")
    inside, leave = threading.Event(), threading.Event()

    def slow(_: UnitOfWork) -> Answer:
        inside.set()
        assert leave.wait(10)
        return Answer(status=202, body={"n": 1})

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(once, engine.tools, request, slow)
        assert inside.wait(10)
        with pytest.raises(Exception, match="is being worked on"):
            once(engine.tools, request, never)
        leave.set()
        assert first.result() == (Answer(status=202, body={"n": 1}), False)
    assert once(engine.tools, request, never) == (Answer(status=202, body={"n": 1}), True)


def never(_: UnitOfWork) -> Answer:
    raise AssertionError("asked twice")


def test_what_failed_is_not_remembered(engine: Installation) -> None:
    request = RequestKey(principal="key_1", path="/x", key="k", body_sha256="ab")
    with pytest.raises(AssertionError):
        once(engine.tools, request, never)
    done = Answer(status=202, body={})
    assert once(engine.tools, request, lambda _: done) == (done, False)


def test_a_server_that_dies_before_it_answers_has_one_run(
    engine: Installation, operator: httpx.Client, order: Any
) -> None:
    """The answer is kept in the transaction of the run: the repeat finds both, or neither."""
    post(operator, "/runs", order, key="k-1")
    assert engine.database.rows("SELECT xmin FROM request")[0].xmin == (
        engine.database.rows("SELECT xmin FROM run")[0].xmin
    )


def test_answers_are_forgotten_after_their_time(
    engine: Installation, operator: httpx.Client, order: Any
) -> None:
    post(operator, "/runs", order, key="k-1")
    engine.database.change("UPDATE request SET created_at = now() - interval '8 days'")
    with engine.tools.transactions.begin() as uow:
        assert uow.access.forget_requests(before=engine.clock.now()) in (0, 1)


@pytest.mark.parametrize("path", ["/runs", "/plans/pln_1/reviews", "/plans/pln_1/apply"])
@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "idempotency_key_missing"),
        ("", "idempotency_key_missing"),
        ("x" * 256, "idempotency_key_invalid"),
        ("a b", "idempotency_key_invalid"),
    ],
)
def test_a_key_is_needed(api: ApiThread, path: str, key: str | None, code: str) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = api.caller(Role.ADMIN).post(f"/api/v1{path}", json=BODIES[path], headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


BODIES: dict[str, Any] = {
    "/runs": {"upload_id": "upl_1"},
    "/plans/pln_1/reviews": {"decision": "discard", "plan_digest": "ab"},
    "/plans/pln_1/apply": {"plan_digest": "ab"},
}

Change = Callable[[RequestKey], RequestKey]


@pytest.mark.parametrize(
    "other",
    [
        lambda r: replace(r, principal="key_2"),
        lambda r: replace(r, path="/y"),
        lambda r: replace(r, key="l"),
    ],
)
def test_caller_address_and_key_make_a_request(engine: Installation, other: Change) -> None:
    request = RequestKey(principal="key_1", path="/x", key="k", body_sha256="ab")
    one, two = Answer(status=202, body={"n": 1}), Answer(status=202, body={"n": 2})
    once(engine.tools, request, lambda _: one)
    assert once(engine.tools, other(request), lambda _: two) == (two, False)
