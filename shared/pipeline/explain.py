"""Explain one person: every step from their row to a call, run by run. Nothing is called or written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.domain.errors import InputInvalid
from shared.domain.feeds.staff import FEED
from shared.domain.text import fold, masked_email
from shared.pipeline.explain_file import read_again
from shared.pipeline.explain_ground import ExplainedRun, Ground, ground_of, told_runs
from shared.pipeline.explain_mapping import mapping_step
from shared.pipeline.explain_plan import action_step, diff_step
from shared.pipeline.explain_row import import_step, matching_step, scoping_step
from shared.pipeline.tools import Tools
from shared.ports.people import KeyKind, Known, PersonKey, Standing
from shared.ports.unit_of_work import UnitOfWork
from shared.ports.views import Page, PageOf

_DIGITS = 18  # of a bigint
_BY_ID = "ascip:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Somebody, and what became of them in the newest runs."""

    by: KeyKind
    #: None for a key that nothing here goes with.
    who: Known | None
    name: str | None
    email_masked: str | None
    #: Keys of others whom the same key means too, such as an address that two people have.
    also: Sequence[str]
    standing: Standing
    runs: Page[ExplainedRun]


def person_key(text: str) -> PersonKey:
    """What somebody typed: an employee id, `ascip:` and an id, or an email address.

    Raises:
        InputInvalid: it is empty, or no id. What was typed is not repeated.
    """
    word = fold(text)
    if word.startswith(_BY_ID):
        digits = word.removeprefix(_BY_ID)
        if not _is_id(digits):
            raise InputInvalid(
                "After ascip: comes a number. Nothing was looked up.", code="key_invalid"
            )
        return PersonKey(KeyKind.ASCIP_ID, digits)
    if not word:
        raise InputInvalid(
            "A person is named by an employee id, by ascip: and an id in ASCIP, or by an email address."
            " Nothing was looked up.",
            code="key_invalid",
        )
    return PersonKey(KeyKind.EMAIL if "@" in word else KeyKind.EMPLOYEE_ID, word)


def explain(tools: Tools, text: str, page: PageOf, *, run_id: str | None = None) -> Explanation:
    """Explain somebody in the newest runs, or in one.

    Raises:
        InputInvalid: see `person_key`.
        NotFound: there is no such run of the staff feed, or none yet.
    """
    key = person_key(text)
    with tools.transactions.begin() as uow:
        runs = told_runs(uow, FEED, page, run_id)
        # Somebody whose address has changed since is meant by the new one in older runs too.
        newest = told_runs(uow, FEED, PageOf(limit=1), None)
        ids = {view.run.id for view in (*newest.items, *runs.items)}
        key, people = _searched(uow, sorted(ids), key)
        who = people[0] if people else Known(None, None)
        marked = bool(tools.policy.staff.primary)
        grounds = [ground_of(uow, view.run, who, marked=marked) for view in runs.items]
        standing = uow.people.standing(who)
    grounds[0] = read_again(tools, grounds[0], key)
    name, email_masked = _called(grounds)
    known = people or any(ground.unstored for ground in grounds)
    return Explanation(
        by=key.kind, who=who if known else None, also=[_key_of(other) for other in people[1:]],
        name=name, email_masked=email_masked, standing=standing,
        runs=Page(
            items=[_explained(ground) for ground in grounds], has_more=runs.has_more,
            total=runs.total,
        ),
    )  # fmt: skip


def _searched(
    uow: UnitOfWork, run_ids: Sequence[str], key: PersonKey
) -> tuple[PersonKey, list[Known]]:
    """Everybody a key means, the likeliest first, and as what the key was taken."""
    people = _one_each(uow.people.search(run_ids, key))
    if not people and key.kind is KeyKind.EMPLOYEE_ID and _is_id(key.value):
        key = PersonKey(KeyKind.ASCIP_ID, key.value)
        people = _one_each(uow.people.search(run_ids, key))
    if not people:
        return key, []
    who, *also = people
    if who.employee_id is None or who.ascip_id is None:
        more = uow.people.search(run_ids, _other_key(who))
        who = _one_each([who, *(each for each in more if _same(who, each))])[0]
    return key, [who, *(each for each in also if not _same(who, each))]


def _other_key(who: Known) -> PersonKey:
    if who.employee_id is None:
        return PersonKey(KeyKind.ASCIP_ID, str(who.ascip_id))
    return PersonKey(KeyKind.EMPLOYEE_ID, fold(who.employee_id))


def _one_each(found: Iterable[Known]) -> list[Known]:
    """Whoever is known by a common id is one; what one place lacks another may have."""
    people: list[Known] = []
    for each in found:
        at = next((n for n, known in enumerate(people) if _same(known, each)), None)
        if at is None:
            people.append(each)
            continue
        known = people[at]
        both = Known(known.employee_id or each.employee_id, known.ascip_id or each.ascip_id)
        people[at] = both
    return people


def _same(a: Known, b: Known) -> bool:
    """The employee id decides where both have one: an account may have gone to somebody else."""
    if a.employee_id and b.employee_id:
        return fold(a.employee_id) == fold(b.employee_id)
    return a.ascip_id is not None and a.ascip_id == b.ascip_id


def _key_of(who: Known) -> str:
    return who.employee_id or f"{_BY_ID}{who.ascip_id}"


def _is_id(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= _DIGITS


def _called(grounds: Iterable[Ground]) -> tuple[str | None, str | None]:
    """Name and masked address, as the newest run that has them says."""
    for ground in grounds:
        if record := ground.record:
            return f"{record.first_name} {record.last_name}", masked_email(record.work_email)
        if person := ground.person:
            return f"{person.first_name} {person.last_name}", masked_email(person.email)
    return None, None


def _explained(ground: Ground) -> ExplainedRun:
    steps = (
        import_step(ground), scoping_step(ground), matching_step(ground), mapping_step(ground),
        diff_step(ground), action_step(ground),
    )  # fmt: skip
    return ExplainedRun(
        run=ground.run, plan_id=ground.plan.id if ground.plan else None, steps=steps
    )
