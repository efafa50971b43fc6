"""The rows and columns of the fault table: faults as rules, calls as functions that say what came."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.simulator.faults import Faults
from shared.adapters.lms.retry import Retry
from shared.adapters.lms.settle import SettlePace
from shared.adapters.lms.target import AscipLms, LmsSettings
from shared.domain.action import Action, ActionClass, Change, Kind
from shared.domain.errors import TargetError
from shared.ports.target import Attempt, MissingDetail, Outcome
from tests.fakes.owner import always
from tests.fakes.simulator_thread import KEY_ID, SECRET, SimulatorThread
from tests.unit.adapters.lms.fake_time import FakeTime

#: Of the simulator's tenant of 20 people with seed 1.
SUBJECT, INACTIVE, MEMBER, NEWCOMER, NOBODY = 9, 21, 3, 4, 99999
GROUP, BUCKET = 402, 9
WINDOW_S, LAG_S = 45.0, 15.0
#: On a real socket: the second is what a black hole costs each time it is met.
TIMEOUT_S, SHORT_TIMEOUT_S = 10.0, 0.3
Rule = dict[str, Any]
People = Mapping[int, Mapping[str, Any]]


class World:
    """The simulator, and a client whose waiting takes no time."""

    def __init__(self, simulator: SimulatorThread, timeout_s: float = TIMEOUT_S) -> None:
        self.simulator, self.time = simulator, FakeTime()
        self.outcomes: list[Outcome] = []
        settings = LmsSettings(
            base_url=simulator.base_url, key_id=KEY_ID, secret=SECRET, rate_per_s=0, concurrency=1,
            timeout_s=timeout_s, patience_s=0,
        )  # fmt: skip
        sleep, clock = self.time.sleep, self.time.clock
        self.target = AscipLms(
            settings,
            retry=Retry(patience_s=60, sleep=sleep, clock=clock, jitter=lambda: 1.0),
            pace=SettlePace(window_s=WINDOW_S, lag_s=LAG_S, sleep=sleep, clock=clock),
        )

    def people(self) -> People:
        """Everybody as the simulator has them, by id."""
        return {each["id"]: each for each in self.simulator.state()["people"]}

    def apply(self, *attempts: Attempt) -> str:
        """Carry out, keep the outcomes, and say them."""
        self.outcomes = self.target.apply(attempts, may_send=always)
        return ", ".join(dict.fromkeys(map(_said, self.outcomes)))

    def prime(self) -> None:
        """Write to everything of which a stale read could show an older state."""
        self.apply(_updating(self.people(), first_name="Primed", bucket=52))
        self.apply(_adding("primed"))
        self.apply(_of_kind(Kind.JOIN, NEWCOMER, GROUP))
        self.time.now_s = 1000.0


@dataclass(frozen=True, kw_only=True)
class Call:
    """A column: what is called, and the request that a fault strikes."""

    name: str
    method: str
    path: str
    do: Callable[[World], str]
    #: Whether the effect of a write is there; None for what only reads.
    done: Callable[[People], bool] | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row: rules for the call's own request, and for the reads that settle it."""

    name: str
    rules: Sequence[Rule]
    reads: Sequence[Rule] = ()
    #: Something must have been written just before.
    primed: bool = False
    #: Nobody could tell the answer from a true one, so what follows from it may be wrong.
    believable: bool = False

    @property
    def timeout_s(self) -> float:
        """How long an answer is waited for."""
        swallowed = any(rule["fault"] == "black_hole" for rule in self.rules)
        return SHORT_TIMEOUT_S if swallowed else TIMEOUT_S

    @property
    def late(self) -> bool:
        """Whether an effect may be still to come."""
        return any(rule["fault"] == "late_effect" for rule in self.rules)

    def rules_for(self, call: Call) -> list[Rule]:
        """The rules as the simulator takes them."""
        own = [{**rule, "method": call.method, "path": call.path} for rule in self.rules]
        return own + [{**rule, "method": "GET"} for rule in self.reads]

    def can_strike(self, call: Call) -> bool:
        """Whether these faults could hit that call's request at all; the simulator itself judges."""
        faults = Faults()
        faults.load({"rules": [{**rule, "path": call.path, "request": 1} for rule in self.rules]})
        struck = faults.hitting(call.method, "/api/v1" + call.path.removesuffix("$"))
        return (
            len(struck) == len(self.rules)
            and (not self.reads or call.method != "GET")
            and all(_concerns(rule, call) for rule in self.rules)
            # A read has no effect before which, or after which, its answer could be lost.
            and not (call.method == "GET" and any(r.get("takes_effect") for r in self.rules))
        )


#: What somebody else does in the LMS, and the requests that have to do with it.
_CONCERNED = {
    "edited_elsewhere": ("/people/9",),
    "bucket_deleted": ("/people/9$", "/buckets$"),
    "group_deleted": ("/groups/402",),
    "comes_back": ("/people/21",),
}


def _concerns(rule: Rule, call: Call) -> bool:
    return any(part in call.path for part in _CONCERNED.get(rule["fault"], ("",)))


def _said(outcome: Outcome) -> str:
    words = [outcome.status.value, outcome.code, "settled" if outcome.settled else None]
    return " ".join(word for word in words if word)


def _reading(read: Callable[[World], str]) -> Callable[[World], str]:
    def do(world: World) -> str:
        try:
            return read(world)
        except TargetError as error:
            return f"{type(error).__name__} {error.code}"

    return do


def _ping(world: World) -> str:
    world.target.ping()
    return "right"


def _reference(world: World) -> str:
    found = world.target.reference().buckets
    return _compared(set(found), {each["id"] for each in world.simulator.state()["buckets"]})


def _list_people(world: World) -> str:
    people = world.target.list_people()
    if not people.complete:
        return f"incomplete, {people.passes} passes"
    return _compared(set(people.ids), set(world.people()))


def _detail(world: World) -> str:
    ((found,),) = world.target.fetch_people([SUBJECT])
    if isinstance(found, MissingDetail):
        return f"missing {found.code}"
    true = world.people()[SUBJECT]
    right = found.id == SUBJECT and found.first_name == true["firstName"]
    return "right" if right else "an older state"


def _members(world: World) -> str:
    found = world.target.group_members([GROUP])
    if GROUP not in found:
        return "left out"
    people = world.people().items()
    return _compared(set(found[GROUP]), {i for i, each in people if GROUP in each["groupIds"]})


def _compared(found: set[int], true: set[int]) -> str:
    if found == true:
        return "right"
    return "an older state" if found else "empty"


def _action(kind: Kind, *changes: Change, key: str, group_id: int | None = None) -> Action:
    return Action(
        kind=kind, action_class=ActionClass.UPDATES, person_key=key, ascip_id=None,
        group_id=group_id, changes=changes,
    )  # fmt: skip


def _adding(name: str, *, retry: bool = False) -> Attempt:
    values = {
        "username": name, "email": f"{name}@example.org", "first_name": "Zoë", "last_name": "Ruiz",
    }  # fmt: skip
    changes = [Change(path=path, before=None, after=value) for path, value in values.items()]
    return Attempt(action=_action(Kind.ADD, *changes, key=name), ascip_id=None, retry=retry)


def _updating(people: People, *, first_name: str, bucket: int) -> Attempt:
    """As a plan would, from the state that is true now."""
    person = people[SUBJECT]
    values = {each["bucketId"]: each["valueId"] for each in person["buckets"]}
    changes = [
        Change(path="first_name", before=person["firstName"], after=first_name),
        Change(path=f"buckets.{BUCKET}", before=values[BUCKET], after=bucket),
    ]
    return Attempt(action=_action(Kind.UPDATE, *changes, key="E9"), ascip_id=SUBJECT)


def _of_kind(kind: Kind, person_id: int, group_id: int | None = None) -> Attempt:
    action = _action(kind, key=f"E{person_id}", group_id=group_id)
    return Attempt(action=action, ascip_id=person_id)


def _update(world: World) -> str:
    return world.apply(_updating(world.people(), first_name="Anew", bucket=53))


def _change_members(world: World) -> str:
    """One joins, one leaves, and one can't join."""
    return world.apply(
        _of_kind(Kind.JOIN, SUBJECT, GROUP),
        _of_kind(Kind.LEAVE, MEMBER, GROUP),
        _of_kind(Kind.JOIN, NOBODY, GROUP),
    )


def _is_there(name: str) -> Callable[[People], bool]:
    return lambda people: any(each["username"] == name for each in people.values())


def _is_updated(people: People) -> bool:
    person = people[SUBJECT]
    return (
        person["firstName"] == "Anew" and {"bucketId": BUCKET, "valueId": 53} in person["buckets"]
    )


def _is_moved(people: People) -> bool:
    return GROUP in people[SUBJECT]["groupIds"] and GROUP not in people[MEMBER]["groupIds"]


READS = (
    Call(name="ping", method="GET", path="/tenant$", do=_reading(_ping)),
    Call(name="reference", method="GET", path="/buckets$", do=_reading(_reference)),
    Call(name="list_people", method="GET", path="/people$", do=_reading(_list_people)),
    Call(name="detail", method="GET", path="/people/9$", do=_reading(_detail)),
    Call(name="members", method="GET", path="/groups/402/members$", do=_reading(_members)),
    Call(
        name="look-up", method="GET", path="/people$", done=_is_there("primed"),
        do=lambda world: world.apply(_adding("primed", retry=True)),
    ),
    Call(
        name="re-read, update", method="GET", path="/people/9$", done=_is_updated, do=_update,
    ),
    Call(
        name="re-read, members", method="GET", path="/groups/402/members$", done=_is_moved,
        do=_change_members,
    ),
)  # fmt: skip

WRITES = (
    Call(
        name="create", method="POST", path="/people$", done=_is_there("new"),
        do=lambda world: world.apply(_adding("new")),
    ),
    Call(name="update", method="PUT", path="/people/9$", done=_is_updated, do=_update),
    Call(
        name="deactivate", method="POST", path="/people/9/deactivate$",
        done=lambda people: people[SUBJECT]["status"] == "inactive",
        do=lambda world: world.apply(_of_kind(Kind.DEACTIVATE, SUBJECT)),
    ),
    Call(
        name="reactivate", method="POST", path="/people/21/reactivate$",
        done=lambda people: people[INACTIVE]["status"] == "active",
        do=lambda world: world.apply(_of_kind(Kind.REACTIVATE, INACTIVE)),
    ),
    Call(
        name="change members", method="POST", path="/groups/402/members$", done=_is_moved,
        do=_change_members,
    ),
)  # fmt: skip


def _twice(name: str, **rule: Any) -> list[Row]:
    """A fault that strikes once, and one that strikes every time."""
    return [
        Row(name=f"{name}, once", rules=[{**rule, "request": 1}]),
        Row(name=f"{name}, always", rules=[rule]),
    ]


_LATE = {"fault": "late_effect", "request": 1}
_STALE = {"fault": "stale_read", "lag_ms": 3_600_000}
_LOST = {"fault": "answer_lost", "request": 1}
_EDIT = {"fault": "edited_elsewhere", "personId": SUBJECT, "fields": {"firstName": "X"}}

ROWS = (
    Row(name="latency", rules=[{"fault": "latency", "ms": 20}]),
    Row(name="clock_offset", rules=[{"fault": "clock_offset", "offset_s": 600}]),
    Row(name="key_revoked", rules=[{"fault": "key_revoked", "request": 1}]),
    Row(name="edited_elsewhere", rules=[{**_EDIT, "request": 1}]),
    Row(name="bucket_deleted", rules=[{"fault": "bucket_deleted", "bucketId": 9, "request": 1}]),
    Row(name="group_deleted", rules=[{"fault": "group_deleted", "groupId": 402, "request": 1}]),
    Row(name="comes_back", rules=[{"fault": "comes_back", "personId": INACTIVE, "request": 1}]),
    *_twice("rate_limited", fault="rate_limited", retry_after=1),
    *_twice("500", fault="server_error"),
    *_twice("500 after the effect", fault="server_error", takes_effect=True),
    *_twice("503", fault="server_error", status=503),
    *_twice("503 after the effect", fault="server_error", status=503, takes_effect=True),
    *_twice("400", fault="server_error", status=400),
    *_twice("404", fault="server_error", status=404),
    *_twice("reset", fault="reset"),
    *_twice("answer_lost by reset", fault="answer_lost"),
    *_twice("answer_lost by close", fault="answer_lost", how="close"),
    Row(name="black_hole, once", rules=[{"fault": "black_hole", "request": 1}]),
    Row(
        name="black_hole after the effect, once",
        rules=[{"fault": "black_hole", "request": 1, "takes_effect": True}],
    ),
    *_twice("html", fault="html"),
    *_twice("html after the effect", fault="html", takes_effect=True),
    *_twice("truncated", fault="truncated"),
    *_twice("truncated on the wire", fault="truncated", how="connection"),
    *_twice("empty_200", fault="empty_200", takes_effect=False),
    *_twice("empty_200 after the effect", fault="empty_200", takes_effect=True),
    Row(name="huge_body, once", rules=[{"fault": "huge_body", "megabytes": 36, "request": 1}]),
    Row(name="gzip_bomb, once", rules=[{"fault": "gzip_bomb", "megabytes": 36, "request": 1}]),
    *_twice("page_shift", fault="page_shift"),
    *_twice("page_repeat", fault="page_repeat"),
    *_twice("page_miss", fault="page_miss"),
    *_twice("wrong_total +1", fault="wrong_total", delta=1),
    *_twice("wrong_total -1", fault="wrong_total", delta=-1),
    Row(name="empty_list, once", rules=[{"fault": "empty_list", "request": 1}], believable=True),
    Row(name="empty_list, always", rules=[{"fault": "empty_list"}], believable=True),
    Row(name="stale_read, once", rules=[{**_STALE, "request": 1}], primed=True, believable=True),
    Row(name="stale_read, always", rules=[_STALE], primed=True, believable=True),
    Row(name="late_effect, while we look", rules=[{**_LATE, "after_requests": 4}]),
    Row(name="late_effect, after the second send", rules=[{**_LATE, "after_requests": 30}]),
    Row(name="answer_lost, then stale twice", rules=[_LOST], reads=[{**_STALE, "request": [2, 3]}]),
    Row(name="answer_lost, then stale for good", rules=[_LOST], reads=[_STALE]),
    Row(
        name="late_effect while we look, then stale twice",
        rules=[{**_LATE, "after_requests": 3}], reads=[{**_STALE, "request": [4, 5]}],
    ),
    Row(
        name="answer_lost, then an empty_list", rules=[_LOST],
        reads=[{"fault": "empty_list", "request": 2}],
    ),
    Row(name="answer_lost, then 401", rules=[_LOST], reads=[{"fault": "key_revoked", "request": 2}]),
    Row(
        name="answer_lost, then 400 for good", rules=[_LOST],
        reads=[{"fault": "server_error", "status": 400, "request": list(range(2, 100))}],
    ),
    Row(
        name="reset, then 404 for good", rules=[{"fault": "reset", "request": 1}],
        reads=[{"fault": "server_error", "status": 404, "request": list(range(2, 100))}],
    ),
)  # fmt: skip
