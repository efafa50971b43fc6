"""Plans that wait for somebody: a plain one, one over its limits, and one that is large."""

from collections.abc import Iterator
from typing import Any

from services.simulator import names
from services.simulator.story import CLOSING_SITE
from services.simulator.tenant import HARBOR_CODE, JOB_BUCKET, plain_letters
from shared.domain.run import RunState
from tests.fakes.installation import Installation
from tests.fakes.staff_extract import StaffExtract

#: The review's figures, as its pages are expected to show them.
PEOPLE = 4_744
IDENTICAL, REMOVED_AT_ONE_SITE, REMOVED_ELSEWHERE = 1_204, 45, 17
QUARANTINED, MOVED, RENAMED, OTHER_EMAIL, WEAK, ADDED = 7, 45, 60, 9, 3, 41
HELD, ADDED_BY_SMALL = 12, 3
NEWCOMERS = 16_700
UNMAPPED_SITE = HARBOR_CODE
UNMAPPED_TITLE = "Data Steward"
#: Beyond the choices of a made-up tenant.
_SHORT_FOR_TEACHER = {"id": 500, "name": "Tchr"}


def small(extract: StaffExtract) -> StaffExtract:
    """A few people come, are renamed or move; nobody leaves."""
    extract.rename(extract.ids[2:6])
    extract.move(extract.ids[7:10])
    welcome(extract, ADDED_BY_SMALL)
    return extract


def welcome(extract: StaffExtract, count: int) -> None:
    """People with names that nobody in the tenant has."""
    extract.add(count)
    for number, row in enumerate(extract.rows[-count:]):
        first, last = _name_of_nobody(number)
        local = f"{plain_letters(first)}.{plain_letters(last)}{row['employee_id'][1:].lstrip('0')}"
        row |= {"first_name": first, "last_name": last, "work_email": f"{local}@lincoln.example"}


def _name_of_nobody(number: int) -> tuple[str, str]:
    """No two alike: newcomers of one name would be held as one person."""
    lasts = names.LAST_OF_NEWCOMERS
    round_, place = divmod(number, len(lasts))
    last = f"{lasts[place]}-{lasts[round_ % len(lasts)]}" if round_ else lasts[place]
    return names.FIRST[(number + round_ // len(lasts)) % len(names.FIRST)], last


def awaiting(engine: Installation) -> None:
    """A plan that waits for approval and takes nothing away."""
    run = engine.plan(small(engine.extract()))
    assert run.state is RunState.AWAITING_APPROVAL, f"{run.state}: {engine.held(run)}"


def held(engine: Installation) -> None:
    """So many leave that nothing of it can be approved without a release."""
    extract = engine.extract()
    extract.remove(*extract.ids[:HELD])
    run = engine.plan(extract)
    assert run.state is RunState.HELD, run.detail


def mixed(engine: Installation) -> None:
    """A plain plan, and more people who leave than the limit lets through."""
    extract = small(engine.extract())
    extract.remove(*extract.ids[-HELD - ADDED_BY_SMALL : -ADDED_BY_SMALL])
    run = engine.plan(extract)
    assert run.state is RunState.AWAITING_APPROVAL, run.detail


def approved(engine: Installation) -> None:
    """A plan that takes a while to apply, were the LMS as slow as it is."""
    extract = engine.extract()
    extract.rename(extract.ids[:RENAMED])
    extract.move(extract.ids[RENAMED : RENAMED + MOVED // 2])
    welcome(extract, ADDED)
    run = engine.approve(engine.plan(extract))
    assert run.state is RunState.APPROVED, run.detail


def large(engine: Installation) -> None:
    """Three actions for each of many newcomers; shares of so small a tenant hold nothing."""
    extract = engine.extract()
    welcome(extract, NEWCOMERS)
    run = engine.plan(extract)
    assert run.state is RunState.AWAITING_APPROVAL, f"{run.state}: {engine.held(run)}"


def review(engine: Installation) -> None:
    """A plan with something of everything that a reviewer has to look at."""
    before = engine.extract()
    assert engine.sync(before).state is RunState.APPLIED
    _meddle(engine)
    run = engine.plan(_changed(before), mapping=before.mapping_text)
    assert run.state is RunState.AWAITING_APPROVAL, f"{run.state}: {engine.held(run)}"


def _meddle(engine: Installation) -> None:
    """What was done in the LMS meanwhile: accounts by hand, another value for many teachers."""
    state = engine.simulator.state()
    ordinary = [p for p in state["people"] if p["employeeNumber"] and p["status"] == "active"]
    _abbreviate(state)
    for at, like in enumerate(ordinary[:WEAK]):
        name = _login(at)
        by_hand = {
            "id": max(p["id"] for p in state["people"]) + 1, "username": name,
            "email": f"{name}@lincoln.example", "personalEmail": f"{name}@home.example",
            "firstName": names.FIRST[at], "lastName": names.LAST_TAKEN_ON[at],
            "employeeNumber": None,
        }  # fmt: skip
        state["people"].append({**like, **by_hand})
    engine.simulator.put_state(state)


def _login(at: int) -> str:
    return f"{plain_letters(names.FIRST[at])}.{plain_letters(names.LAST_TAKEN_ON[at])}"


def _abbreviate(state: Any) -> None:
    (bucket,) = [b for b in state["buckets"] if b["id"] == JOB_BUCKET]
    (teacher,) = [v["id"] for v in bucket["values"] if v["name"] == "Teacher"]
    bucket["values"].append(dict(_SHORT_FOR_TEACHER))
    held = [
        value
        for person in state["people"]
        if person["status"] == "active"
        for value in person["buckets"]
        if value.get("valueId") == teacher
    ]
    for value in held[-IDENTICAL:]:
        value["valueId"] = _SHORT_FOR_TEACHER["id"]


def _changed(extract: StaffExtract) -> bytes:
    """The extract two weeks later. Nobody has two parts in it."""
    closing = next(
        code for code, site in extract.mapping["groups"]["sites"].items()
        if site["name"] == CLOSING_SITE
    )  # fmt: skip
    # Teachers keep to the change that all of them have in common.
    free = [row for row in extract.rows if row["job_title"] != "Teacher"]
    pool = iter(row["employee_id"] for row in free if row["site_code"] != closing)
    there = [row["employee_id"] for row in free if row["site_code"] == closing]
    extract.remove(*there[:REMOVED_AT_ONE_SITE], *_take(pool, REMOVED_ELSEWHERE))
    extract.move(_take(pool, MOVED))
    extract.rename(_take(pool, RENAMED))
    for employee_id in _take(pool, OTHER_EMAIL):
        row = extract.row(employee_id)
        row["work_email"] = row["work_email"].replace("@", ".new@")
    for employee_id in _take(pool, 2):
        extract.row(employee_id)["job_title"] = UNMAPPED_TITLE
    for employee_id in _take(pool, 2):
        extract.row(employee_id)["site_code"] = UNMAPPED_SITE
    one, other = _take(pool, 2)
    extract.row(one)["work_email"] = extract.row(other)["work_email"]
    welcome(extract, ADDED + WEAK)
    for at, employee_id in enumerate(extract.ids[-WEAK:]):
        row = extract.row(employee_id)
        row |= {"first_name": names.FIRST[at], "last_name": names.LAST_TAKEN_ON[at]}
        row["work_email"] = f"{_login(at)}@home.example"
    extract.row("N00001")["site_code"] = UNMAPPED_SITE
    return _damaged(extract, _take(pool, QUARANTINED))


def _damaged(extract: StaffExtract, employee_ids: list[str]) -> bytes:
    """The file with a mistake in each of these rows, each another one."""
    rows = [extract.row(employee_id) for employee_id in employee_ids]
    email, day, nameless, letters, long, damaged, hidden = rows
    email["work_email"] = email["work_email"].replace("@", " at ")
    day["hire_date"] = "31.02.2026"
    nameless["last_name"] = ""
    letters["work_email"] = f"\u0430{letters['work_email'][1:]}"  # a Cyrillic letter
    long["first_name"] = "Maria " * 50
    damaged["site_code"] = "########"
    hidden["first_name"] = "An\u0007na"  # a bell
    return extract.csv()


def _take(pool: Iterator[str], count: int) -> list[str]:
    return [next(pool) for _ in range(count)]
