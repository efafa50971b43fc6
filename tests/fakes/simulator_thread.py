"""The simulator in a thread of the test's process, and what tests set and see of it."""

import asyncio
import threading
from collections import Counter
from typing import Any

import httpx

from services.simulator.app import Options, Simulator
from services.simulator.tenant import make_dump

KEY_ID, SECRET = "district-sync", "simulator-secret"


class SimulatorThread:
    """One simulator on a real socket; `reset` gives every test a tenant of its own."""

    def __init__(self) -> None:
        self._simulator = Simulator(make_dump(20, 1), Options(rate_per_s=0))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        starting = self._simulator.start("127.0.0.1", 0)
        port = asyncio.run_coroutine_threadsafe(starting, self._loop).result(10)
        self.base_url = f"http://127.0.0.1:{port}/api/v1"
        self._admin = httpx.Client(
            base_url=f"http://127.0.0.1:{port}/_sim", timeout=30, trust_env=False
        )

    def close(self) -> None:
        self._admin.close()
        asyncio.run_coroutine_threadsafe(self._simulator.stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def reset(self, people: int, seed: int) -> None:
        """Another tenant: no faults, the journal empty, default settings but for the rate."""
        self._ask("POST", "reset", {"people": people, "seed": seed})
        self.settings(
            keys={KEY_ID: {"secret": SECRET}}, list_order="id", duplicates="refused", rate_per_s=0
        )

    def state(self) -> Any:
        """The tenant as it is."""
        return self._ask("GET", "state")

    def put_state(self, state: object) -> None:
        self._ask("PUT", "state", state)

    def settings(self, **settings: object) -> None:
        self._ask("PUT", "settings", settings)

    def faults(self, *rules: dict[str, Any], seed: int = 1) -> None:
        """These faults and no others; a revoked key is good again."""
        self._ask("PUT", "faults", {"seed": seed, "rules": list(rules)})

    def fired(self) -> int:
        """How often a fault has hit since they were set."""
        return sum(count["fired"] for count in self._ask("GET", "faults")["counts"])

    def edit(self, number: str, **fields: object) -> None:
        """Somebody else changes a person, found by employee number."""
        state = self.state()
        (person,) = [p for p in state["people"] if p["employeeNumber"] == number]
        person.update(fields)
        self.put_state(state)

    def person(self, number: str) -> Any:
        """The person with an employee number."""
        (person,) = [p for p in self.state()["people"] if p["employeeNumber"] == number]
        return person

    def journal(self, *, effects: bool = False) -> list[dict[str, Any]]:
        """All requests, or those that changed something."""
        entries: list[dict[str, Any]] = self._ask("GET", f"journal?effects={int(effects)}")[
            "entries"
        ]
        return entries

    def writes(self) -> list[dict[str, Any]]:
        """Requests that could have written."""
        return [entry for entry in self.journal() if entry["method"] in ("POST", "PUT", "DELETE")]

    def done_twice(self) -> list[tuple[str, str, str]]:
        """Changes that were made more than once: method, path and body of each."""
        made = Counter(
            (e["method"], e["path"], e["body_sha256"]) for e in self.journal(effects=True)
        )
        return [change for change, count in made.items() if count > 1]

    def people_twice(self) -> list[str]:
        """Employee numbers and emails that more than one person has."""
        people = self.state()["people"]
        names = Counter(p["employeeNumber"] for p in people if p["employeeNumber"])
        names.update(p["email"].lower() for p in people)
        return [name for name, count in names.items() if count > 1]

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        answer = self._admin.request(method, path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()
