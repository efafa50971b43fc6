"""The LMS under judgement as the read rules see it; what several of them need is read once."""

import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from http import HTTPStatus

from shared.adapters.lms.conformance.caller import Answer, Caller
from shared.adapters.lms.conformance.judging import Broken
from shared.adapters.lms.shapes import array, mapping, positive
from shared.adapters.lms.signing import Query
from shared.domain.errors import KeyRefused

PAGE_SIZE = 200
#: The order may change between pages, so one pass can miss items.
PASSES = 3
_MOST_PAGES = 10_000
_SAMPLE = 8
#: Nobody has it: ids count up from 1.
UNKNOWN_ID = 2_147_483_647

Record = Mapping[str, object]


class Lms:
    """Reads that must succeed, and samples.

    It takes from an answer only what is asked for: what is wrong elsewhere in it is left to the rule
    that is about it.
    """

    def __init__(self, caller: Caller, tenant: Record) -> None:
        self.caller = caller
        self.tenant = tenant

    def get(self, path: str, query: Query = ()) -> Answer:
        """A GET that must be answered 200.

        Raises:
            Broken: it is not.
            KeyRefused: the key is not known any more.
        """
        answer = self.caller.send("GET", path, query)
        if answer.status != HTTPStatus.OK:
            if answer.code == "unknown_key":
                raise KeyRefused(
                    "ASCIP does not know the key any more: it was revoked while the rules were"
                    " checked. Check the key, then start again.",
                    code="unknown_key", status=answer.status,
                )  # fmt: skip
            raise Broken(f"{answer.asked} was answered {answer.said}")
        return answer

    def record(self, path: str) -> Record:
        """One object."""
        return mapping(self.get(path).document, "the answer")

    def page(self, path: str, number: int = 1, query: Query = ()) -> Record:
        """A page of up to 200 items, with its frame."""
        asked = (*query, ("page", str(number)), ("pageSize", str(PAGE_SIZE)))
        return mapping(self.get(path, asked).document, "the list")

    def items(self, path: str, query: Query = ()) -> list[Record]:
        """Up to 200 items of a list."""
        return [mapping(item, "an item") for item in array(self.page(path, query=query), "items")]

    def person(self, person_id: int) -> Record:
        """One person in full."""
        return self.record(f"/people/{person_id}")

    @cached_property
    def people(self) -> list[Record]:
        """Up to 200 summaries."""
        return self.items("/people", (("status", "all"),))

    @cached_property
    def details(self) -> list[Record]:
        """A few people in full, from all over the first page."""
        step = max(1, len(self.people) // _SAMPLE)
        return [self.person(positive(summary, "id")) for summary in self.people[::step][:_SAMPLE]]

    @cached_property
    def groups(self) -> list[Record]:
        """Up to 200 groups."""
        return self.items("/groups")

    @cached_property
    def buckets(self) -> list[Record]:
        """Up to 200 buckets."""
        return self.items("/buckets")

    @cached_property
    def everyone(self) -> tuple[frozenset[int], int]:
        """Ids of all people in up to three passes, and the `totalItems` said last."""
        found: set[int] = set()
        total = 0
        for _pass in range(PASSES):
            for page in self.pages("/people", (("status", "all"),)):
                found |= ids(page)
                total = count(page, "totalItems")
            if len(found) == total:
                break
        return frozenset(found), total

    def pages(self, path: str, query: Query = ()) -> Iterator[Record]:
        """All pages of a list: as many as `totalItems` takes, or to the first empty one."""
        number, last = 1, 1
        while number <= last:
            page = self.page(path, number, query)
            yield page
            if not array(page, "items"):
                return
            last = min(math.ceil(count(page, "totalItems") / PAGE_SIZE), _MOST_PAGES)
            number += 1


def ids(page: Record) -> set[int]:
    """Ids of the items of a page."""
    return {positive(mapping(item, "an item"), "id") for item in array(page, "items")}


def count(record: Record, name: str) -> int:
    """A number from 0 up. Raises `Garbled`."""
    value = record.get(name)
    if type(value) is not int or value < 0:
        raise Broken(f"{name} is missing or not a number from 0 up")
    return value
