"""The unsigned routes under `/_sim`: reset, state, journal, faults, settings. Used by `app`."""

import json
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web

from .broken import Broken, UnknownRuleError
from .model import Dump, JsonObject
from .reading import parameters
from .rules import BadRuleError
from .signature import Key
from .state import State, encoded
from .tenant import make_dump

if TYPE_CHECKING:
    from .app import Simulator


class BadDocumentError(ValueError):
    """A document for `/_sim` that can't be used; nothing was changed."""


class Admin:
    def __init__(self, simulator: "Simulator") -> None:
        self._simulator = simulator
        self._routes: dict[tuple[str, str], Callable[[str, JsonObject], object]] = {
            ("POST", "/_sim/reset"): self._reset,
            ("GET", "/_sim/state"): lambda _query, _body: self._simulator.api.state.dump(),
            ("PUT", "/_sim/state"): self._put_state,
            ("POST", "/_sim/save"): lambda _query, _body: self._save(),
            ("GET", "/_sim/journal"): self._journal,
            ("GET", "/_sim/faults"): lambda _query, _body: self._simulator.faults.report(),
            ("PUT", "/_sim/faults"): self._put_faults,
            ("GET", "/_sim/settings"): lambda _query, _body: self._settings(),
            ("PUT", "/_sim/settings"): self._put_settings,
        }

    def answer(self, method: str, path: str, query: str, body: bytes) -> web.Response:
        route = self._routes.get((method, path))
        if route is None:
            return _response(404, {"error": f"no route {method} {path}"})
        try:
            document = json.loads(body) if body else {}
            if not isinstance(document, dict):
                raise BadDocumentError("the body is a JSON object")
            return _response(200, route(query, document))
        except (BadRuleError, UnknownRuleError) as error:
            return _response(422, {"error": str(error)})
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            return _response(422, {"error": f"{type(error).__name__}: {error}"})

    def _reset(self, _query: str, body: JsonObject) -> object:
        """Back to the tenant of the start; `{"people", "seed"}` one made from these, this once."""
        people = body.get("people")
        dump = make_dump(int(people), int(body.get("seed", 1))) if people is not None else None
        self._simulator.reset(dump)
        return {"people": len(self._simulator.api.state.people)}

    def _put_state(self, _query: str, body: JsonObject) -> object:
        """Everything else (faults, journal, settings) stays as it is."""
        state = State(cast("Dump", body))
        self._simulator.api.take_state(state)
        return {"people": len(state.people)}

    def _save(self) -> object:
        file = self._simulator.state_file
        if file is None:
            raise BadDocumentError("there is no file; start the simulator with --state FILE")
        return {"bytes": file.save(self._simulator.api.state)}

    def _journal(self, query: str, _body: JsonObject) -> object:
        asked = parameters(query)
        journal = self._simulator.journal
        effects_only = asked.get("effects", "0") not in ("", "0", "false")
        limit = int(asked["limit"]) if "limit" in asked else None
        found = journal.entries(after=int(asked.get("after", "0")), effects_only=effects_only)
        return {
            "entries": [entry.as_json() for entry in islice(found, limit)],
            "last": journal.last,
        }

    def _put_faults(self, _query: str, body: JsonObject) -> object:
        self._simulator.faults.load(body)
        self._simulator.api.verifier.revoked.clear()
        return self._simulator.faults.report()

    def _settings(self) -> JsonObject:
        simulator = self._simulator
        api = simulator.api
        return {
            "list_order": "shuffled" if api.order.shuffled else "id",
            "order_seed": api.order.seed,
            "rate_per_s": api.limiter.rate_per_s,
            "burst": api.limiter.burst,
            "clock_offset_s": simulator.clock_offset_s,
            "duplicates": "accepted" if api.state.accept_duplicates else "refused",
            "broken": api.broken.rules,
            "keys": {name: list(key.scopes) for name, key in api.verifier.keys.items()},
        }

    def _put_settings(self, _query: str, body: JsonObject) -> object:
        """Only what is named changes; `keys` replaces all keys: {id: {"secret", "scopes"}}."""
        unknown = set(body) - set(self._settings())
        if unknown:
            raise BadDocumentError(f"unknown settings: {', '.join(sorted(unknown))}")
        simulator, api = self._simulator, self._simulator.api
        wanted: dict[str, Any] = {**self._settings(), **body}
        order = _one_of(wanted, "list_order", ("id", "shuffled"))
        duplicates = _one_of(wanted, "duplicates", ("accepted", "refused"))
        keys = _keys(body["keys"]) if "keys" in body else api.verifier.keys
        broken = _broken(wanted["broken"])
        seed, offset_s = int(wanted["order_seed"]), float(wanted["clock_offset_s"])
        rate_per_s, burst = float(wanted["rate_per_s"]), int(wanted["burst"])
        api.order.shuffled, api.order.seed = order == "shuffled", seed
        if "rate_per_s" in body or "burst" in body:
            api.limiter.configure(rate_per_s, burst)
        simulator.clock_offset_s = offset_s
        api.state.accept_duplicates = duplicates == "accepted"
        api.verifier.keys = keys
        api.break_rules(broken)
        return self._settings()


def _one_of(document: JsonObject, name: str, allowed: tuple[str, ...]) -> str:
    value = document[name]
    if value not in allowed:
        raise BadDocumentError(f"{name} is one of {', '.join(allowed)}")
    return str(value)


def _broken(document: object) -> Broken:
    if not isinstance(document, list) or any(not isinstance(each, str) for each in document):
        raise BadDocumentError("broken is a list of ids of rules")
    return Broken(document)


def _keys(document: object) -> dict[str, Key]:
    if not isinstance(document, dict):
        raise BadDocumentError("keys is an object")
    return {
        str(key_id): Key(
            secret=str(item["secret"]).encode(),
            scopes=tuple(str(scope) for scope in item.get("scopes", ("read", "write"))),
        )
        for key_id, item in document.items()
    }


def _response(status: int, document: object) -> web.Response:
    return web.Response(status=status, body=encoded(document), content_type="application/json")
