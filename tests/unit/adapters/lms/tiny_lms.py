"""A tiny LMS in memory for the settling tests: effects and answers are lost on command."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import httpx

JsonObject = dict[str, Any]


class TinyLms(httpx.AsyncBaseTransport):
    """``plan`` says what becomes of the next writes; after it all are `ok`.

    `lost`: done, no answer; `gone`: neither; `late`: done after 10 reads, no answer; or a status.
    """

    def __init__(self, *plan: str) -> None:
        self.plan = list(plan)
        self.people: dict[int, JsonObject] = {}
        self.members: dict[int, set[int]] = {}
        self.member_failures: dict[int, str] = {}
        self.writes: list[tuple[str, str, JsonObject]] = []
        self.reads = 0
        self.refuse_reads = False
        #: What the next reads of a person show instead of the truth; None is a 404.
        self.older: list[JsonObject | None] = []
        self.ignores_filters = False
        #: Nobody is ever found by name.
        self.ignores_lookups = False
        #: How many members the lists leave out, though their total counts them.
        self.members_left_out = 0
        #: What the next lists of members show instead of the truth.
        self.older_members: list[set[int]] = []
        self._late: list[tuple[int, Callable[[], object]]] = []

    def add(self, **fields: Any) -> int:
        person_id = len(self.people) + 1
        base: JsonObject = {
            "id": person_id,
            "username": f"user{person_id}",
            "email": f"user{person_id}@example.org",
            "firstName": "A",
            "lastName": "B",
            "status": "active",
            "employeeNumber": None,
            "personalEmail": None,
            "roleId": None,
            "timezoneId": None,
            "groupIds": [],
            "buckets": [],
        }
        self.people[person_id] = base | fields
        return person_id

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1")
        if request.method == "GET":
            return self._read(path, request.url.query.decode())
        body = json.loads(request.content)
        self.writes.append((request.method, path, body))
        fate = self.plan.pop(0) if self.plan else "ok"
        if fate.isdigit():
            return refusal(int(fate), "planned")
        if fate == "gone":
            raise httpx.ReadTimeout("gone")
        if fate == "late":
            self._late.append((self.reads + 10, lambda: self._write(path, body)))
            raise httpx.ReadTimeout("late")
        answer = self._write(path, body)
        if fate == "lost":
            raise httpx.ReadTimeout("lost")
        return answer

    def _read(self, path: str, query: str) -> httpx.Response:
        if self.refuse_reads:
            return refusal(401, "unknown_key")
        self.reads += 1
        for due, effect in [late for late in self._late if late[0] <= self.reads]:
            effect()
            self._late.remove((due, effect))
        if path == "/people":
            wanted = {k: v[0].lower() for k, v in parse_qs(query).items()}
            filters = {} if self.ignores_filters else wanted
            everybody = [] if self.ignores_lookups else self.people.values()
            found = [p for p in everybody if _matches(p, filters)]
            return listed(found, int(wanted["page"]))
        parts = path.split("/")
        if parts[-1] == "members":
            if int(parts[2]) not in self.members:
                return refusal(404, "not_found")
            true = self.members[int(parts[2])]
            members = sorted(self.older_members.pop(0) if self.older_members else true)
            shown = [{"personId": i} for i in members[self.members_left_out :]]
            return listed(shown, total=len(members))
        person = self.older.pop(0) if self.older else self.people.get(int(parts[2]))
        return httpx.Response(200, json=person) if person else refusal(404, "not_found")

    def _write(self, path: str, body: JsonObject) -> httpx.Response:
        parts = path.split("/")
        if parts[-1] == "members":
            return self._change_members(int(parts[2]), body)
        if path == "/people":
            for person in self.people.values():
                if person["email"].lower() == body["email"].lower():
                    return refusal(409, "duplicate_email", personId=person["id"])
            return httpx.Response(201, json=self.people[self.add(**body)])
        person = self.people[int(parts[2])]
        status = {"deactivate": "inactive", "reactivate": "active"}.get(parts[-1])
        person.update({"status": status} if status else body)
        return httpx.Response(200, json=person)

    def _change_members(self, group_id: int, body: JsonObject) -> httpx.Response:
        failed = [i for i in body["add"] + body["remove"] if i in self.member_failures]
        self.members[group_id] |= set(body["add"]) - set(failed)
        self.members[group_id] -= set(body["remove"]) - set(failed)
        codes = [{"personId": i, "code": self.member_failures[i]} for i in failed]
        counts = {"added": 0, "removed": 0, "unchanged": 0}
        return httpx.Response(200, json={**counts, "failed": codes})


def _matches(person: JsonObject, wanted: dict[str, str]) -> bool:
    return all(
        person[name].lower() == wanted[name] for name in ("email", "username") if name in wanted
    )


def listed(items: list[JsonObject], page: int = 1, total: int | None = None) -> httpx.Response:
    shown = items[(page - 1) * 200 : page * 200]
    count = len(items) if total is None else total
    frame = {"items": shown, "page": page, "pageSize": 200, "totalItems": count}
    return httpx.Response(200, json=frame)


def refusal(status: int, code: str, **more: object) -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": code}, **more})
