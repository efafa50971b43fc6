"""HR and an approver, who use the REST interface and don't give up when it does not answer."""

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from tests.faults.plant import Plant

#: States in which nothing more happens by itself.
AT_REST = frozenset(
    {"no_changes", "skipped_unchanged", "rejected_input", "failed", "held", "awaiting_approval",
     "applied", "applied_with_errors", "canceled", "discarded", "stale", "paused", "approved"}
)  # fmt: skip
PATIENCE_S = 60.0


class GivenUp(AssertionError):
    """What was waited for did not come."""


def until(true: Callable[[], object], seconds: float = 30.0, told: Callable[[], str] = str) -> None:
    """Wait for it."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise GivenUp(f"not within {seconds} s: {told() or true}")
        time.sleep(0.03)


class Office:
    """Callers with keys; each request is repeated with its Idempotency-Key until it is answered."""

    def __init__(self, plant: "Plant") -> None:
        self._plant = plant
        self._clients: dict[str, httpx.Client] = {}
        self._background = ThreadPoolExecutor(1, "office")

    def open(self, keys: dict[str, str]) -> None:
        for user, key in keys.items():
            self._clients[user] = httpx.Client(
                base_url=f"http://127.0.0.1:{self._plant.port}/api/v1", timeout=5, trust_env=False,
                headers={"Authorization": f"Bearer {key}"},
            )  # fmt: skip

    def close(self) -> None:
        self._background.shutdown(cancel_futures=True)
        for client in self._clients.values():
            client.close()

    def ask(self, method: str, path: str, *, user: str = "hr", **more: Any) -> Any:
        """An answer below 500, however long it takes; its document.

        A repetition may meet the request it repeats, which is still being worked on: it asks again then.
        """
        headers = {"Idempotency-Key": str(uuid.uuid4())} if method == "POST" else {}
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                answer = self._clients[user].request(method, path, headers=headers, **more)
                told = answer.text
                if (
                    answer.status_code < 500
                    and answer.json().get("code") != "idempotency_in_flight"
                ):
                    return answer.json() | {"_status": answer.status_code}
            except httpx.TransportError as error:
                told = repr(error)
            if time.monotonic() > deadline:
                raise GivenUp(f"{method} {path} is not answered: {told}")
            time.sleep(0.1)

    def send(self, content: bytes, name: str = "staff.csv", feed: str = "staff") -> str:
        """Upload a file; the upload's id."""
        sent = self.ask("POST", "/uploads", params={"feed": feed}, files={"file": (name, content)})
        assert sent["_status"] in (200, 201), sent
        return str(sent["id"])

    def start(self, upload_id: str, *, force: bool = False) -> str:
        """Begin a run; its id."""
        made = self.ask("POST", "/runs", json={"upload_id": upload_id, "force": force})
        assert made["_status"] == 202, made
        return str(made["id"])

    def send_in_background(self, content: bytes) -> Callable[[], str]:
        """Begin to upload; what is returned waits for the upload's id."""
        return self._background.submit(self.send, content).result

    def start_in_background(self, upload_id: str) -> Callable[[], str]:
        """Begin to begin a run; what is returned waits for its id."""
        return self._background.submit(self.start, upload_id).result

    def health(self) -> Any:
        """What monitoring is told."""
        answer = self._clients["hr"].get(f"http://127.0.0.1:{self._plant.port}/health")
        return answer.json()

    def run(self, run_id: str) -> Any:
        return self.ask("GET", f"/runs/{run_id}")

    def state(self, run_id: str) -> str:
        return str(self.run(run_id)["state"])

    def wait(self, run_id: str, *, seconds: float = PATIENCE_S) -> str:
        """Until it is at rest; where."""
        until(lambda: self.state(run_id) in AT_REST, seconds, lambda: str(self.run(run_id)))
        return self.state(run_id)

    def plan(self, content: bytes, *, force: bool = False) -> str:
        """Upload, plan, wait for the plan; the run's id."""
        run_id = self.start(self.send(content), force=force)
        assert self.wait(run_id) == "awaiting_approval", self.run(run_id)
        return run_id

    def approve(self, run_id: str) -> Any:
        plan = self.ask("GET", f"/plans/{self.run(run_id)['plan_id']}", user="anna")
        decision = {"decision": "approve", "plan_digest": plan["digest"]}
        made = self.ask("POST", f"/plans/{plan['id']}/reviews", user="anna", json=decision)
        assert made["_status"] in (201, 202), made
        return plan

    def begin(self, run_id: str) -> None:
        """Approve, and begin to apply."""
        plan = self.approve(run_id)
        body = {"plan_digest": plan["digest"]}
        until(lambda: self._began(f"/plans/{plan['id']}/apply", body), PATIENCE_S)

    def _began(self, path: str, body: object) -> bool:
        """Not while another run has the target."""
        made = self.ask("POST", path, json=body)
        assert made["_status"] == 202 or made["code"] == "locked", made
        return bool(made["_status"] == 202)
