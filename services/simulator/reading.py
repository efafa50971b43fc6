"""Lists and details as bytes: order, paging, filters, and how faults bend them. Used by `api`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from .model import Person
from .refusals import Refusal, not_found
from .state import State, encoded, summary_of

DEFAULT_PAGE_SIZE = 50
LARGEST_PAGE_SIZE = 200
_STATUSES = frozenset({"active", "inactive", "all"})
_MASK = (1 << 64) - 1


@dataclass(slots=True, kw_only=True)
class Twist:
    """How faults bend one read; the default bends nothing."""

    empty: bool = False
    total_delta: int = 0
    miss: int = 0
    repeat: int = 0
    #: another order for this page alone
    order_seed: int | None = None
    lag_s: float = 0.0


@dataclass(slots=True, kw_only=True)
class Order:
    """The order of lists: by id, or shuffled by a seed so that no client can rely on it."""

    shuffled: bool = True
    seed: int = 0
    _kept: dict[tuple[object, ...], tuple[object, list[int]]] = field(default_factory=dict)

    def fresh(self) -> "Order":
        return Order(shuffled=self.shuffled, seed=self.seed)

    def arrange(self, ids: Iterable[int], seed: int | None = None) -> list[int]:
        if not self.shuffled and seed is None:
            return sorted(ids)
        salt = self.seed if seed is None else seed
        return sorted(ids, key=lambda each: (_mixed(each, salt), each))

    def people(self, state: State, status: str, seed: int | None) -> list[int]:
        """The arranged ids of a whole tenant, kept until someone comes, goes or changes status."""

        def chosen() -> list[int]:
            people = state.people.values()
            return [each["id"] for each in people if status in ("all", each["status"])]

        return self._once(("people", status), state.people_revision, chosen, seed)

    def members(self, state: State, group_id: int, seed: int | None) -> list[int]:
        """The arranged ids of a group, kept until its members change."""
        members = state.members[group_id]
        return self._once((group_id,), state.member_revisions[group_id], lambda: members, seed)

    def _once(
        self,
        name: tuple[object, ...],
        revision: int,
        ids: Callable[[], Iterable[int]],
        seed: int | None,
    ) -> list[int]:
        """Arranged once per revision, not once per page.

        Kept per order, so an order belongs to one state; `fresh` gives one for another state.
        """
        if seed is not None:
            return self.arrange(ids(), seed)
        mark = (revision, self.shuffled, self.seed)
        kept = self._kept.get(name)
        if kept is None or kept[0] != mark:
            kept = self._kept[name] = (mark, self.arrange(ids()))
        return kept[1]


def _mixed(number: int, salt: int) -> int:
    """splitmix64: a fixed shuffle, the same in every process and on every machine."""
    mixed = (number + (salt + 1) * 0x9E3779B97F4A7C15) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return mixed ^ (mixed >> 31)


class Reader:
    """Answers one GET over the state, seen through one twist."""

    def __init__(self, state: State, order: Order, twist: Twist) -> None:
        self._state = state
        self._order = order
        self._twist = twist
        self._earlier = state.earlier(twist.lag_s) if twist.lag_s else {}

    def person(self, person_id: int) -> bytes:
        if person_id in self._earlier:
            earlier = self._earlier[person_id]
            if earlier is None:
                raise not_found("person")
            return encoded(earlier)
        found = self._state.detail(person_id)
        if found is None:
            raise not_found("person")
        return found

    def people(self, query: str) -> bytes:
        asked = parameters(query)
        status = asked.get("status", "all")
        if status not in _STATUSES:
            raise Refusal(400, "bad_request", "status is active, inactive or all.")
        if "email" in asked or "username" in asked:
            ids = self._arranged(_matching(self._candidates(asked), asked, status))
        elif self._earlier:
            ids = self._arranged(_matching(self._everyone_as_they_were(), asked, status))
        else:
            ids = self._order.people(self._state, status, self._twist.order_seed)
        return self._page(ids, asked, self._summary)

    def groups(self, query: str) -> bytes:
        return self._listed(
            query,
            {
                group["id"]: encoded({**group, "memberCount": len(self._members(group["id"]))})
                for group in self._state.groups.values()
            },
        )

    def members(self, group_id: int, query: str) -> bytes:
        if group_id not in self._state.groups:
            raise not_found("group")
        if self._earlier:
            ids = self._arranged(self._members(group_id))
        else:
            ids = self._order.members(self._state, group_id, self._twist.order_seed)
        return self._page(ids, parameters(query), lambda each: b'{"personId":%d}' % each)

    def buckets(self, query: str) -> bytes:
        return self._listed(
            query, {each["id"]: encoded(each) for each in self._state.buckets.values()}
        )

    def named(self, names: Mapping[int, str], query: str) -> bytes:
        return self._listed(
            query, {each: encoded({"id": each, "name": name}) for each, name in names.items()}
        )

    def _listed(self, query: str, items: Mapping[int, bytes]) -> bytes:
        return self._page(self._arranged(items), parameters(query), items.__getitem__)

    def _arranged(self, ids: Iterable[int]) -> list[int]:
        return self._order.arrange(ids, self._twist.order_seed)

    def _candidates(self, asked: Mapping[str, str]) -> list[Person]:
        held = self._state.emails.holders(asked["email"]) if "email" in asked else None
        if "username" in asked:
            named = self._state.usernames.holders(asked["username"])
            held = named if held is None else held & named
        return self._as_they_were([self._state.people[person_id] for person_id in held or ()])

    def _everyone_as_they_were(self) -> list[Person]:
        return self._as_they_were(self._state.people.values())

    def _as_they_were(self, people: Iterable[Person]) -> list[Person]:
        """Who has changed since, in the earlier version, in place of these."""
        unchanged = [person for person in people if person["id"] not in self._earlier]
        return unchanged + [person for person in self._earlier.values() if person is not None]

    def _summary(self, person_id: int) -> bytes:
        earlier = self._earlier.get(person_id)
        return encoded(summary_of(earlier)) if earlier else self._state.summary(person_id)

    def _members(self, group_id: int) -> set[int]:
        members = self._state.members[group_id]
        if not self._earlier:
            return members
        unchanged = members - self._earlier.keys()
        were = {each for each, old in self._earlier.items() if old and group_id in old["groupIds"]}
        return unchanged | were

    def _page(
        self, ids: Sequence[int], asked: Mapping[str, str], render: Callable[[int], bytes]
    ) -> bytes:
        page = _number(asked, "page", 1, None)
        size = _number(asked, "pageSize", DEFAULT_PAGE_SIZE, LARGEST_PAGE_SIZE)
        twist = self._twist
        if twist.empty:
            ids = ()
        shown = list(ids[(page - 1) * size : page * size])
        if twist.miss:
            shown = shown[twist.miss :]
        if twist.repeat and shown:
            repeated = [each for each in ids[: twist.repeat] if page > 1] or shown[:1]
            shown[-len(repeated) :] = repeated[: len(shown)]
        items = b",".join([render(each) for each in shown])
        total = max(0, len(ids) + twist.total_delta)
        return b'{"items":[%b],"page":%d,"pageSize":%d,"totalItems":%d}' % (
            items,
            page,
            size,
            total,
        )


def parameters(query: str) -> dict[str, str]:
    return dict(parse_qsl(query, keep_blank_values=True)) if query else {}


def _number(asked: Mapping[str, str], name: str, default: int, largest: int | None) -> int:
    text = asked.get(name)
    if text is None:
        return default
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if number < 1 or (largest is not None and number > largest):
        raise Refusal(400, "bad_request", f"{name} is out of range.", fields={name: "out_of_range"})
    return number


def _matching(people: Iterable[Person], asked: Mapping[str, str], status: str) -> list[int]:
    email = asked["email"].lower() if "email" in asked else None
    username = asked["username"].lower() if "username" in asked else None
    return [
        person["id"]
        for person in people
        if status in ("all", person["status"])
        and (email is None or person["email"].lower() == email)
        and (username is None or person["username"].lower() == username)
    ]
