"""The client over recordings: over one made here it does the same again, over any it reads every answer.

A district's own recording is put into `tests/fixtures/exchanges`, and the last test runs over it.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.lms import fields
from shared.adapters.lms.lists import page_reader
from shared.adapters.lms.recording.redact import Redactor
from shared.adapters.lms.recording.replay import NotRecorded, ReplayTransport, read_recording
from shared.adapters.lms.recording.shared_key import FILE_NAME
from shared.adapters.lms.retry import Retry
from shared.adapters.lms.settle import SettlePace
from shared.adapters.lms.signing import Signer
from shared.adapters.lms.target import AscipLms, LmsSettings
from shared.adapters.lms.transport import Wire, WireSettings
from shared.domain.action import Change, Kind
from shared.domain.errors import TargetError
from shared.domain.snapshot import Person, Reference
from shared.ports.target import Attempt
from tests.fakes.owner import always
from tests.integration.lms.conftest import SECRET, Simulator
from tests.integration.lms.test_target import action, details, of_kind
from tests.unit.adapters.lms.fake_time import FakeTime

EXCHANGES = Path(__file__).resolve().parents[2] / "fixtures" / "exchanges"
REPLAYED = "http://replayed.invalid/api/v1"
TEXTS = ("username", "email", "first_name", "last_name", "employee_number", "personal_email")
READ_FAULTS: Sequence[dict[str, Any]] = (
    {"fault": "rate_limited", "request": [4], "retry_after": 2, "path": r"/people/\d+$"},
    {"fault": "server_error", "request": [8], "status": 500, "path": r"/people/\d+$"},
    {"fault": "html", "request": [12], "path": r"/people/\d+$"},
    {"fault": "truncated", "request": [16, 17], "path": r"/people/\d+$"},
    {"fault": "reset", "request": [22], "path": r"/people/\d+$"},
    {"fault": "truncated", "how": "connection", "request": [26], "path": r"/people/\d+$"},
    {"fault": "rate_limited", "request": [1], "retry_after": "date", "path": "/groups$"},
)
WRITE_FAULTS: Sequence[dict[str, Any]] = (
    {"fault": "answer_lost", "request": [1], "method": "POST", "path": "/people$"},
    {"fault": "answer_lost", "request": [1], "method": "PUT"},
    {"fault": "answer_lost", "request": [1], "method": "POST", "path": "/members$"},
    {"fault": "server_error", "request": [2], "status": 503, "method": "POST", "path": "/people$"},
)


def lms(base_url: str, **options: Any) -> AscipLms:
    """A client that does the same each time, and waits by a clock of its own."""
    record = options.pop("record", None)
    time = FakeTime()
    settings = LmsSettings(
        base_url=base_url, key_id="district-sync", secret=SECRET, rate_per_s=0.0, concurrency=1,
        timeout_s=5.0, record=record,
    )  # fmt: skip
    return AscipLms(
        settings,
        retry=Retry(sleep=time.sleep, clock=time.clock, jitter=lambda: 0.5),
        pace=SettlePace(window_s=2.0, sleep=time.sleep, clock=time.clock),
        **options,
    )


@dataclass(frozen=True)
class Story:
    """What the client is asked to do; with pseudonyms it is the same story."""

    people: Sequence[int]
    adds: Sequence[Attempt]
    changes: Sequence[Attempt]
    group_id: int

    def told_to(self, target: AscipLms, between: Callable[[], None]) -> dict[str, Any]:
        """All that came of it, and the calls that it took."""
        group_ids = [self.group_id, 99999]
        found: dict[str, Any] = {
            "reference": target.reference(),
            "list": target.list_people(),
            "people": details(target, self.people),
        }
        between()
        found["added"] = target.apply(self.adds, may_send=always)
        found["changed"] = target.apply(self.changes, may_send=always)
        ids = [outcome.ascip_id for outcome in found["added"]]
        added = [self.people[0], *(person_id for person_id in ids if person_id)]
        for kind in (Kind.JOIN, Kind.LEAVE, Kind.DEACTIVATE, Kind.REACTIVATE):
            group_id = self.group_id if kind in (Kind.JOIN, Kind.LEAVE) else None
            attempts = [of_kind(kind, person_id, group_id) for person_id in added]
            found[kind.value] = target.apply(attempts, may_send=always)
        found["verified"] = target.verify(self.adds)
        found["members"] = target.group_members(group_ids)
        found["calls"] = [(c.call, c.outcome, c.calls) for c in target.take_calls()]
        return found


def add(number: int, **more: str) -> Attempt:
    values = {
        "username": f"Zoe.Ruiz{number}", "email": f"zoe.ruiz{number}@lincoln.example", "first_name": "Zoe",
        "last_name": "Ruiz", "employee_number": f"E1087{number}", **more,
    }  # fmt: skip
    changes = [Change(path=path, before=None, after=value) for path, value in values.items()]
    return Attempt(action=action(Kind.ADD, *changes, key=f"N{number}"), ascip_id=None)


def rename(person: Person, after: str) -> Attempt:
    change = Change(path="last_name", before=person.last_name, after=after)
    return Attempt(action=action(Kind.UPDATE, change, key=str(person.id)), ascip_id=person.id)


class Names:
    """Turns what the client was given and gave into pseudonyms."""

    def __init__(self, key: bytes) -> None:
        self._text = Redactor(key).text

    def attempt(self, attempt: Attempt) -> Attempt:
        changes = tuple(
            replace(c, before=self._any(c.before), after=self._any(c.after))
            for c in attempt.action.changes
        )
        return replace(attempt, action=replace(attempt.action, changes=changes))

    def person(self, person: Any) -> Any:
        if not isinstance(person, Person):
            return person
        texts = {name: self._any(getattr(person, name)) for name in TEXTS}
        buckets = tuple((bucket, self._any(value)) for bucket, value in person.buckets)
        return replace(person, buckets=buckets, **texts)

    def reference(self, found: Reference) -> Reference:
        return replace(
            found,
            tenant_name=self._text(found.tenant_name),
            groups={
                i: replace(g, name=self._text(g.name), code=self._any(g.code))
                for i, g in found.groups.items()
            },
            buckets={
                i: replace(b, name=self._text(b.name), values=self._named(b.values))
                for i, b in found.buckets.items()
            },
            roles=self._named(found.roles),
        )

    def _named(self, names: Any) -> dict[int, str]:
        return {key: self._text(name) for key, name in names.items()}

    def _any(self, value: Any) -> Any:
        return self._text(value) if isinstance(value, str) else value


def test_over_its_recording_the_client_does_the_same_with_as_many_calls(
    simulator: Simulator, tmp_path: Path
) -> None:
    people = [person["id"] for person in simulator.people()[:50]]
    with closing(lms(simulator.url)) as target:
        first, second = [p for p in details(target, people[:2]) if isinstance(p, Person)]
    adds = [add(1), add(2), add(3, email=first.email)]
    story = Story(people, adds, [rename(first, "Ruiz-Lee"), rename(second, "Ruiz")], 401)
    simulator.fail(*READ_FAULTS)
    with closing(lms(simulator.url, record=tmp_path)) as target:
        told = story.told_to(target, between=lambda: simulator.fail(*WRITE_FAULTS))
        names = Names((tmp_path / FILE_NAME).read_bytes())

    (file,) = tmp_path.glob("*.ndjson")
    replayed = ReplayTransport(read_recording(file).exchanges)
    again = replace(
        story,
        adds=[names.attempt(attempt) for attempt in story.adds],
        changes=[names.attempt(attempt) for attempt in story.changes],
    )
    with closing(lms(REPLAYED, transport=replayed)) as target:
        found = again.told_to(target, between=lambda: None)

    told["reference"] = names.reference(told["reference"])
    told["people"] = [names.person(person) for person in told["people"]]
    assert found == told
    assert replayed.left == []
    outcomes = {(o.status.value, o.code, o.settled) for o in found["added"] + found["changed"]}
    assert {("succeeded", None, True), ("succeeded", None, False)} < outcomes
    assert {call[1] for call in found["calls"]} >= {"ok", "http_429", "garbled_answer", "no_answer"}


def test_a_person_who_is_not_recorded_ends_the_fan_out() -> None:
    with (
        closing(lms(REPLAYED, transport=ReplayTransport([]))) as target,
        pytest.raises(NotRecorded, match="GET /people/"),
    ):
        details(target, [1, 2, 3])


def by_id(parse: Callable[[object], Any]) -> Callable[[object], Any]:
    """A page of anything; what identifies an item doesn't matter here."""
    return page_reader(parse, id)


ROUTES: Sequence[tuple[str, str, Callable[[object], Any]]] = (
    ("GET", r"/tenant", fields.tenant),
    ("GET", r"/groups", by_id(fields.group)),
    ("GET", r"/buckets", by_id(fields.bucket)),
    ("GET", r"/(roles|timezones)", by_id(fields.named)),
    ("GET", r"/groups/\d+/members", by_id(fields.member_id)),
    ("GET", r"/people", by_id(fields.summary)),
    ("GET|PUT", r"/people/\d+", fields.person),
    ("POST", r"/people(/\d+/(de|re)activate)?", fields.person),
    ("POST", r"/groups/\d+/members", fields.members_changed),
)


def sendable(exchange: Any) -> Callable[[object], Any] | None:
    """What reads the answer, if the client sends such a request at all."""
    content = exchange["body"]
    sound = isinstance(content.get("json"), dict) and not exchange["query"]
    if exchange["method"] == "GET":
        sound = content.get("kind") == "empty"
    for methods, path, parse in ROUTES:
        if re.fullmatch(methods, exchange["method"]) and re.fullmatch(path, exchange["path"]):
            return parse if sound else None
    return None


async def misread(exchanges: Sequence[Any]) -> list[str]:
    """Whatever the client makes something else of than the recorded answer says."""
    transport = ReplayTransport(exchanges)
    signer = Signer("key", "secret", lambda: 0.0, lambda: "nonce-1")
    problems = []
    for exchange in exchanges:
        if (parse := sendable(exchange)) is None:
            continue
        # A refused key or an open breaker of one call has nothing to do with the next one.
        wire = Wire(WireSettings(base_url=REPLAYED), signer, transport=transport)
        query = tuple((name, value) for name, value in exchange["query"])
        call = partial(wire.call, query=query, body=exchange["body"].get("json"))
        answer = exchange.get("answer", {})
        good = answer.get("status") in (200, 201) and "json" in answer["body"]
        try:
            await call(exchange["method"], exchange["path"], parse)
            ended = ""
        except TargetError as error:
            ended = str(error)
        if (ended == "") is not (good and "broke" not in exchange):
            asked = f"line {exchange['sequence']}: {exchange['method']} {exchange['path']}"
            problems.append(f"{asked} was answered {answer.get('status')}: {ended or 'read'}")
    return problems


RECORDINGS = sorted(EXCHANGES.glob("*.ndjson*"))


@pytest.mark.parametrize("file", RECORDINGS, ids=lambda file: file.name)
def test_the_client_reads_every_answer_of_a_recording(file: Path) -> None:
    exchanges = read_recording(file).exchanges
    assert any(sendable(exchange) for exchange in exchanges)
    assert asyncio.run(misread(exchanges)) == []


def test_an_answer_of_another_shape_is_told_by_its_line() -> None:
    person = {
        "method": "GET",
        "path": "/people/3",
        "query": [],
        "body": {"kind": "empty", "bytes": 0},
    }
    headers = {"content-type": "application/json"}
    answer = {"status": 200, "headers": headers, "body": {"json": {"id": "r1", "uuid": "r2"}}}
    (problem,) = asyncio.run(misread([{"sequence": 7, **person, "answer": answer}]))
    assert problem.startswith(
        "line 7: GET /people/3 was answered 200: unusable answer: id is missing"
    )


def test_there_is_a_recording_to_run_over() -> None:
    assert RECORDINGS
