"""A running simulator on a real socket, and a client with a signer of its own.

This is the third signer in the house (client, simulator, this one); the vectors of the contract
page tie them together.
"""

import asyncio
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any
from urllib.parse import quote, unquote_plus

import httpx
import pytest

from services.simulator.app import Options, Simulator
from services.simulator.tenant import make_dump

PEOPLE, SEED = 300, 7


class Signer(httpx.Auth):
    requires_request_body = True

    def __init__(self, key_id: str = "district-sync", secret: str = "simulator-secret") -> None:
        self.key_id = key_id
        self.secret = secret
        self.clock_offset_s = 0
        self.nonce: str | None = None

    def signature(self, request: httpx.Request, timestamp: str, nonce: str) -> str:
        path, _, query = request.url.raw_path.decode().partition("?")
        pairs = sorted(piece.partition("=")[::2] for piece in query.split("&") if piece)
        canonical = "&".join(
            "=".join(quote(unquote_plus(each), safe="-._~") for each in pair) for pair in pairs
        )
        digest = hashlib.sha256(request.content).hexdigest()
        text = f"{request.method}\n{path}\n{canonical}\n{timestamp}\n{nonce}\n{digest}"
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        timestamp = str(int(time.time()) + self.clock_offset_s)
        nonce = self.nonce or secrets.token_hex(12)
        request.headers["X-Ascip-Key"] = self.key_id
        request.headers["X-Ascip-Timestamp"] = timestamp
        request.headers["X-Ascip-Nonce"] = nonce
        request.headers["X-Ascip-Signature"] = self.signature(request, timestamp, nonce)
        yield request


class Lms:
    """What tests hold: signed calls on the API, unsigned ones on /_sim."""

    def __init__(self, port: int) -> None:
        self.root = f"http://127.0.0.1:{port}"
        self.port = port
        self.signer = Signer()
        self.http = httpx.Client(
            base_url=f"{self.root}/api/v1",
            auth=self.signer,
            timeout=5,
            trust_env=False,
            verify=False,  # noqa: S501  # plain HTTP on loopback; loading CA files is slow
        )
        self._admin = httpx.Client(
            base_url=f"{self.root}/_sim",
            timeout=10,
            trust_env=False,
            verify=False,  # noqa: S501
        )

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.http.get(path, params=params or None)

    def post(self, path: str, body: object) -> httpx.Response:
        return self.http.post(path, json=body)

    def put(self, path: str, body: object) -> httpx.Response:
        return self.http.put(path, json=body)

    def sim(self, method: str, path: str, body: object = None) -> Any:
        response = self._admin.request(method, path, json=body)
        assert response.status_code == 200, response.text
        return response.json()

    def sim_refusal(self, method: str, path: str, body: object) -> str:
        response = self._admin.request(method, path, json=body)
        assert response.status_code == 422
        return str(response.json()["error"])

    def faults(self, *rules: dict[str, Any], seed: int = 1) -> None:
        self.sim("PUT", "faults", {"seed": seed, "rules": list(rules)})

    def effects(self) -> list[dict[str, Any]]:
        entries = self.sim("GET", "journal?effects=1")["entries"]
        return [entry["effect"] for entry in entries]

    def person(self, **wanted: object) -> dict[str, Any]:
        """The first active member of the district with these fields, straight from the state."""
        for person in self.sim("GET", "state")["people"]:
            managed = person["status"] == "active" and person["employeeNumber"]
            if managed and all(person[name] == value for name, value in wanted.items()):
                return dict(person)
        raise LookupError(wanted)

    def close(self) -> None:
        self.http.close()
        self._admin.close()


@pytest.fixture(scope="session")
def port() -> Iterator[int]:
    """One simulator for all tests, in a thread with a loop of its own."""
    simulator = Simulator(make_dump(PEOPLE, SEED), Options(rate_per_s=0))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    chosen = asyncio.run_coroutine_threadsafe(simulator.start("127.0.0.1", 0), loop).result(10)
    yield chosen
    asyncio.run_coroutine_threadsafe(simulator.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def lms(port: int) -> Iterator[Lms]:
    """The simulator as at its start, and a client for it."""
    client = Lms(port)
    client.sim("POST", "reset")
    yield client
    client.close()


@pytest.fixture
def newcomer() -> Callable[..., dict[str, Any]]:
    """A body that POST /people accepts, with the fields given instead."""

    def make(**fields: object) -> dict[str, Any]:
        return {
            "username": "zadler",
            "email": "zadler@lincoln.example",
            "firstName": "Zoë",
            "lastName": "Adler",
            **fields,
        }

    return make
