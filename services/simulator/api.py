"""One signed request in, one answer out, without any transport. Used by `app`."""

import json
import time
from collections.abc import Mapping
from typing import cast

from . import writes
from .broken import Broken
from .limiter import Limiter
from .messages import PREFIX, Answer, Request
from .model import Effect, JsonObject, Status
from .reading import Order, Reader
from .refusals import Refusal, not_found
from .signature import Key, Verifier, require_write
from .state import State, encoded


class Api:
    def __init__(self, state: State, verifier: Verifier, limiter: Limiter) -> None:
        self.state = state
        self.verifier = verifier
        self.limiter = limiter
        self.order = Order()
        self.broken = Broken()

    def take_state(self, state: State) -> None:
        """Another tenant, judged by the same settings."""
        state.accept_duplicates = self.state.accept_duplicates
        state.leniency = self.state.leniency
        self.state, self.order = state, self.order.fresh()

    def break_rules(self, broken: Broken) -> None:
        self.broken = broken
        self.state.leniency = broken.leniency

    def answer(self, request: Request) -> Answer:
        try:
            answer = self.perform(request, self.admit(request))
        except Refusal as refusal:
            body = refusal.body(request.request_id)
            answer = Answer(status=refusal.status, body=body, headers=refusal.headers)
        answer.headers = {**self.limit_headers(request), **answer.headers}
        self.broken.answered(request, answer)
        return answer

    def admit(self, request: Request) -> Key:
        """Length, key, limit, signature, clock and nonce, in this order; raises what refuses."""
        request = self.broken.arriving(request, self.verifier)
        refuse_without_length(request.method, request.headers)
        key_id = request.headers.get("X-Ascip-Key", "")
        key = self.verifier.find(key_id)
        now = self._now(request)
        self.limiter.take(key_id, now)
        self.verifier.check(key, request.signed_parts(), request.headers, now)
        if request.method != "GET":
            require_write(key)
        return key

    def perform(self, request: Request, key: Key) -> Answer:
        """What an admitted request does; apart from `admit` because a fault may delay it."""
        request = self.broken.admitted(request, self.state)
        segments = tuple(request.path.removeprefix(PREFIX + "/").split("/"))
        if request.method != "GET":
            return self._write(request, segments)
        reader = Reader(self.state, self.order, request.twist)
        return Answer(status=200, body=self._read(reader, segments, request.query, key.scopes))

    def limit_headers(self, request: Request) -> dict[str, str]:
        return self.limiter.headers(request.headers.get("X-Ascip-Key", ""), self._now(request))

    def _now(self, request: Request) -> float:
        return time.time() + request.clock_offset_s

    def _read(
        self, reader: Reader, segments: tuple[str, ...], query: str, scopes: tuple[str, ...]
    ) -> bytes:
        match segments:
            case ("people", number):
                return reader.person(_id(number, "person"))
            case ("people",):
                return reader.people(query)
            case ("groups", number, "members"):
                return reader.members(_id(number, "group"), query)
            case ("groups",):
                return reader.groups(query)
            case ("buckets",):
                return reader.buckets(query)
            case ("roles",):
                return reader.named(self.state.roles, query)
            case ("timezones",):
                return reader.named(self.state.timezones, query)
            case ("tenant",):
                return encoded({**self.state.tenant, "scopes": list(scopes), "apiVersion": "1"})
        raise not_found("route")

    def _write(self, request: Request, segments: tuple[str, ...]) -> Answer:
        state = self.state
        match (request.method, *segments):
            case ("POST", "people"):
                person, effect = writes.create_person(state, _object(request.body))
                return _person(201, state, person["id"], effect)
            case ("PUT", "people", number):
                person_id = _id(number, "person")
                _, effect = writes.update_person(state, person_id, _object(request.body))
                return _person(200, state, person_id, effect)
            case ("POST", "people", number, "deactivate" | "reactivate" as verb):
                person_id = _id(number, "person")
                _object(request.body)
                status: Status = "inactive" if verb == "deactivate" else "active"
                _, effect = writes.set_status(state, person_id, status)
                return _person(200, state, person_id, effect)
            case ("DELETE", "people", number):
                effect = writes.delete_person(state, _id(number, "person"))
                return Answer(status=204, body=b"", effect=effect)
            case ("POST", "groups", number, "members"):
                group_id = _id(number, "group")
                result, effect = writes.change_members(state, group_id, _object(request.body))
                return Answer(status=200, body=encoded(result), effect=effect)
        raise not_found("route")


def refuse_without_length(method: str, headers: Mapping[str, str]) -> None:
    if method not in ("POST", "PUT"):
        return
    chunked = "chunked" in headers.get("Transfer-Encoding", "").lower()
    if chunked or headers.get("Content-Length", "0").strip() in ("", "0"):
        raise Refusal(411, "length_required", "A POST or PUT needs a body and its Content-Length.")


def _person(status: int, state: State, person_id: int, effect: Effect) -> Answer:
    return Answer(status=status, body=state.detail(person_id) or b"", effect=effect)


def _id(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit()) or text.startswith("0") or len(text) > 18:
        raise not_found(what)
    return int(text)


def _object(body: bytes) -> JsonObject:
    try:
        document: object = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise Refusal(400, "malformed_json", "The body is not JSON in UTF-8.") from None
    if not isinstance(document, dict):
        raise Refusal(400, "malformed_json", "The body is not a JSON object.")
    return cast("JsonObject", document)
