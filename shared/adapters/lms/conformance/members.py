"""Rules about the status of a person and the members of a group."""

from http import HTTPStatus

from shared.adapters.lms.conformance.caller import Answer
from shared.adapters.lms.conformance.judging import Broken, rule
from shared.adapters.lms.conformance.lms import UNKNOWN_ID, Record
from shared.adapters.lms.conformance.sandbox import Sandbox
from shared.adapters.lms.shapes import array, mapping, text

_MOST_IDS = 100


@rule("`deactivate` and `reactivate` answer 200 with the person, also when repeated.", writes=True)
def status_repeated(lms: Sandbox) -> str:
    own = lms.own("statuses")
    for verb, status in (("deactivate", "inactive"), ("reactivate", "active")):
        for time in ("the first time", "repeated"):
            answer = lms.set_status(own.id, verb)
            if answer.status != HTTPStatus.OK:
                raise Broken(f"{verb}, {time}, was answered {answer.said}, not 200")
            person = mapping(answer.document, "the person")
            if (person.get("id"), person.get("status")) != (own.id, status):
                raise Broken(f"{verb}, {time}, was answered without the {status} person")
    return "200 with the person, the first time and repeated"


@rule("Deactivating leaves the memberships.", writes=True)
def status_keeps_groups(lms: Sandbox) -> str:
    own = lms.own("statuses")
    lms.with_status(own.id, "active")
    lms.with_group(own.id, member=True)
    lms.with_status(own.id, "inactive")
    if lms.group_id not in lms.group_ids(own.id):
        raise Broken(f"person {own.id} is out of group {lms.group_id} after being deactivated")
    return f"person {own.id} stays in group {lms.group_id}"


@rule(
    "A change of members is counted as `added`, `removed`, `unchanged` and `failed`.", writes=True
)
def members_counted(lms: Sandbox) -> str:
    one, two = lms.own("members").id, lms.own("more members").id
    for person_id in (one, two):
        lms.with_group(person_id, member=False)
    group_id = lms.group_id
    _counts(lms.change_members(group_id, add=[one, two]), added=2, removed=0, unchanged=0)
    _counts(lms.change_members(group_id, add=[one], remove=[two]), added=0, removed=1, unchanged=1)
    _counts(lms.change_members(group_id, remove=[one]), added=0, removed=1, unchanged=0)
    return "added, removed and unchanged have the right numbers"


@rule("An unknown person is in `failed` with a code, and the others are done.", writes=True)
def members_failed(lms: Sandbox) -> str:
    own = lms.own("members")
    lms.with_group(own.id, member=False)
    answer = _result(lms.change_members(lms.group_id, add=[own.id, UNKNOWN_ID]))
    failed = [mapping(entry, "an entry of failed") for entry in array(answer, "failed")]
    if [entry.get("personId") for entry in failed] != [UNKNOWN_ID]:
        raise Broken("failed does not name the unknown person, and only that one")
    text(failed[0], "code")
    if lms.group_id not in lms.group_ids(own.id):
        raise Broken("the other person was not put into the group")
    return "the unknown person is in failed, the other one in the group"


@rule("More than 100 ids in one change of members are 422.", writes=True)
def members_most(lms: Sandbox) -> str:
    # Nobody has these ids: whatever comes of it, no membership changes.
    nobody = range(UNKNOWN_ID - _MOST_IDS, UNKNOWN_ID + 1)
    answer = lms.change_members(lms.group_id, remove=nobody)
    if answer.status == HTTPStatus.NOT_FOUND:
        # It looks for the people before it counts them: so many copies of one that it knows, then.
        answer = lms.change_members(lms.group_id, remove=[lms.own("members").id] * len(nobody))
    if answer.status != HTTPStatus.UNPROCESSABLE_ENTITY:
        raise Broken(f"{len(nobody)} ids were answered {answer.said}, not 422")
    return f"{len(nobody)} ids are 422"


def _counts(answer: Answer, **wanted: int) -> None:
    result = _result(answer)
    wrong = [name for name, number in wanted.items() if result.get(name) != number]
    if wrong:
        raise Broken(f"{', '.join(wrong)} is missing or has another number")
    if array(result, "failed"):
        raise Broken("failed names people though all could be done")


def _result(answer: Answer) -> Record:
    if answer.status != HTTPStatus.OK:
        raise Broken(f"{answer.asked} was answered {answer.said}, not 200")
    return mapping(answer.document, "the answer")


STATUSES = (status_repeated, status_keeps_groups)
MEMBERS = (members_counted, members_failed, members_most)
