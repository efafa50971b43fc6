"""Reads of the LMS: reference data, whole lists, and single people."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from http import HTTPStatus
from typing import TypeVar

from shared.adapters.lms import fields
from shared.adapters.lms.lists import PASSES, Listed, Listing, page_query, page_reader, read_list
from shared.adapters.lms.loop import together
from shared.adapters.lms.retry import Retry
from shared.adapters.lms.signing import Query
from shared.adapters.lms.transport import Wire
from shared.domain.errors import KeyRefused, Permanent, Transient
from shared.domain.snapshot import Login, Person, Reference
from shared.domain.text import fold
from shared.ports.target import MissingDetail, PeopleList, Trouble

T = TypeVar("T")

#: A single person can't be blamed for these: the target as a whole is out of reach.
_OUT_OF_REACH = frozenset(Trouble)


class Reads:
    """Each call is retried as `Retry` says; a detail has its own number of attempts."""

    def __init__(self, wire: Wire, retry: Retry, *, detail_retries: int = 1) -> None:
        self._wire = wire
        self._retry = retry
        self._detail_attempts = detail_retries + 1

    async def reference(self) -> Reference:
        """Tenant, groups, buckets, roles and time zones; a list that isn't whole is `Transient`."""
        begun = (
            asyncio.ensure_future(self.tenant()),
            asyncio.ensure_future(self._whole("/groups", fields.group, lambda group: group.id)),
            asyncio.ensure_future(self._whole("/buckets", fields.bucket, lambda each: each.id)),
            asyncio.ensure_future(self._whole("/roles", fields.named, lambda role: role[0])),
            asyncio.ensure_future(self._whole("/timezones", fields.named, lambda zone: zone[0])),
        )
        try:
            tenant, groups, buckets, roles, timezones = await asyncio.gather(*begun)
        finally:
            for read in begun:
                read.cancel()
        return Reference(
            tenant_id=tenant[0],
            tenant_name=tenant[1],
            groups={group.id: group for group in groups},
            buckets={bucket.id: bucket for bucket in buckets},
            roles=dict(roles),
            timezones=dict(timezones),
        )

    async def tenant(self) -> tuple[str, str]:
        """Id and name of the tenant: the cheapest read there is."""
        return await self._get("/tenant", fields.tenant)

    async def list_people(self) -> PeopleList:
        """Ids of all people, with the proof that the list is whole or without it."""
        found = await self._listing("/people", fields.summary, _summary_id, (("status", "all"),))
        return PeopleList(
            ids=tuple(sorted(found.items)),
            total_items=found.total,
            complete=found.complete,
            passes=found.passes,
        )

    async def members(self, group_id: int) -> frozenset[int]:
        """Everyone in a group."""
        path = f"/groups/{group_id}/members"
        return frozenset(await self._whole(path, fields.member_id, lambda member: member))

    async def glimpse(self, group_id: int) -> Listing[int] | None:
        """Members as one pass over the list finds them, whole or not; None if the group is gone."""
        path = f"/groups/{group_id}/members"
        try:
            return await self._listing(path, fields.member_id, lambda member: member, passes=1)
        except Permanent as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    async def group_members(self, group_ids: Iterable[int]) -> dict[int, frozenset[int]]:
        """Members of each group; a group that is gone (404) is left out."""
        wanted = sorted(set(group_ids))
        found = await together(map(self._members_if_there, wanted))
        return {i: members for i, members in zip(wanted, found, strict=True) if members is not None}

    async def _members_if_there(self, group_id: int) -> frozenset[int] | None:
        try:
            return await self.members(group_id)
        except Permanent as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    async def person(
        self, person_id: int, *, attempts: int | None = None, suspect: bool = False
    ) -> Person:
        """One person. Raises `Permanent` with status 404 when they are gone."""
        parse = fields.person_with(person_id)
        path = f"/people/{person_id}"
        return await self._get(path, parse, attempts=attempts, suspect=suspect)

    async def person_if_there(self, person_id: int) -> Person | None:
        """One person, None when they are gone."""
        try:
            return await self.person(person_id)
        except Permanent as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    async def detail(self, person_id: int, *, again: bool = False) -> Person | MissingDetail:
        """One person of the fan-out; what only concerns them is a value."""
        try:
            return await self.person(person_id, attempts=self._detail_attempts, suspect=again)
        except KeyRefused:
            raise
        except Permanent as error:
            code = "not_found" if error.status == HTTPStatus.NOT_FOUND else error.code
            return MissingDetail(ascip_id=person_id, code=code)
        except Transient as error:
            if error.code in _OUT_OF_REACH:
                raise
            return MissingDetail(ascip_id=person_id, code=error.code)

    async def named(self, field: str, value: str) -> list[int]:
        """Ids of the people whose ``field`` (`email` or `username`) is ``value``, without case.

        A server that ignores the filter lists everybody, so we look for ourselves, on all pages; that
        nobody was found counts only if the list was whole.
        """
        query = (("status", "all"), (field, value))
        listing = await self._listing("/people", fields.summary, _summary_id, query)
        people = listing.items.values()
        ids = [each.id for each in people if fold(getattr(each, field)) == fold(value)]
        if not ids and not listing.complete:
            raise _incomplete("/people")
        return ids

    async def nobody_has(self, login: Login) -> bool:
        """Whether neither the email nor the username finds anybody; False where nobody can say."""
        email, username = login
        try:
            return not (await self.named("email", email) or await self.named("username", username))
        except KeyRefused:
            raise
        except Permanent:
            return False
        except Transient as error:
            if error.code in _OUT_OF_REACH:
                raise
            return False

    async def _get(
        self,
        path: str,
        parse: Callable[[object], T],
        *,
        query: Query = (),
        attempts: int | None = None,
        suspect: bool = False,
    ) -> T:
        call = partial(self._wire.call, "GET", path, parse, query=query, suspect=suspect)
        return await self._retry(call, attempts)

    async def _listing(
        self,
        path: str,
        parse: Callable[[object], T],
        key: Callable[[T], int],
        query: Query = (),
        *,
        passes: int = PASSES,
    ) -> Listing[T]:
        read = page_reader(parse, key)

        async def page(number: int) -> Listed[T]:
            return await self._get(path, read, query=(*page_query(number), *query))

        return await read_list(page, passes)

    async def _whole(
        self, path: str, parse: Callable[[object], T], key: Callable[[T], int]
    ) -> list[T]:
        found = await self._listing(path, parse, key)
        if not found.complete:
            raise _incomplete(path)
        return list(found.items.values())


def _incomplete(path: str) -> Transient:
    advice = f"ASCIP's list {path} could not be read whole; try again later"
    return Transient(advice, code="list_incomplete")


def _summary_id(summary: fields.Summary) -> int:
    return summary.id
