"""Rules about lists: frame, page size, and that all pages together are the whole."""

from http import HTTPStatus

from shared.adapters.lms.conformance.judging import Broken, rule
from shared.adapters.lms.conformance.lms import Lms, Record, count
from shared.adapters.lms.shapes import array, mapping, positive

_LISTS = ("/people", "/groups", "/buckets", "/roles", "/timezones")
_DEFAULT, _MOST = 50, 200


@rule("Lists have `items`, `page`, `pageSize` and `totalItems`.")
def list_frame(lms: Lms) -> str:
    paths = list(_LISTS)
    paths += [f"/groups/{positive(group, 'id')}/members" for group in lms.groups[:1]]
    for path in paths:
        _frame(path, mapping(lms.get(path, _page(3)).document, path))
    return f"{len(paths)} lists have items, page, pageSize and totalItems"


def _frame(path: str, frame: Record) -> None:
    items = array(frame, "items")
    if (count(frame, "page"), count(frame, "pageSize")) != (1, 3):
        raise Broken(f"{path}: page and pageSize are not those that were asked for")
    if len(items) > min(3, count(frame, "totalItems")):
        raise Broken(f"{path} has more items than its frame says")


@rule("`pageSize` is 50 unless another one is asked for.")
def page_size_default(lms: Lms) -> str:
    frame = mapping(lms.get("/people").document, "the list")
    size, items = count(frame, "pageSize"), len(array(frame, "items"))
    full = count(frame, "totalItems") > _DEFAULT
    if size != _DEFAULT or items > _DEFAULT or (full and items != _DEFAULT):
        raise Broken(f"without a pageSize it is {size}, with {items} items")
    return f"without a pageSize it is {_DEFAULT}"


@rule("A `pageSize` of 200 is accepted, 201 is refused with 400.")
def page_size_most(lms: Lms) -> str:
    lms.get("/people", _page(_MOST))
    over = lms.caller.send("GET", "/people", _page(_MOST + 1))
    if over.status != HTTPStatus.BAD_REQUEST:
        raise Broken(f"pageSize {_MOST + 1} was answered {over.said}, not 400")
    return f"{_MOST} is accepted, {_MOST + 1} is 400"


@rule("The unique ids of all pages number `totalItems`.")
def list_whole(lms: Lms) -> str:
    people, total = lms.everyone
    if len(people) != total:
        raise Broken(f"the pages hold {len(people)} people, totalItems says {total}")
    return f"{total} people on all pages, as totalItems says"


def _page(size: int) -> tuple[tuple[str, str], ...]:
    return (("page", "1"), ("pageSize", str(size)))


LISTS = (list_frame, page_size_default, page_size_most, list_whole)
