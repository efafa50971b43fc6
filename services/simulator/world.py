"""Changes the tenant in mid-run as somebody else would: an edit, a group gone, a person come back.

Used by `hostile` when a rule fires.
"""

import random

from . import writes
from .fault import Fault
from .model import Effect
from .rules import Rule
from .state import State


def change_world(state: State, rule: Rule) -> Effect:
    """Parameters name the victim; without them the rule's own generator picks one."""
    match rule.fault:
        case Fault.EDITED_ELSEWHERE:
            return _edit(state, rule)
        case Fault.BUCKET_DELETED:
            bucket_id = _chosen(rule, "bucketId", sorted(state.buckets))
            state.drop_bucket(bucket_id)
            return {"kind": "bucket_deleted", "bucketId": bucket_id}
        case Fault.GROUP_DELETED:
            group_id = _chosen(rule, "groupId", sorted(state.groups))
            state.drop_group(group_id)
            return {"kind": "group_deleted", "groupId": group_id}
        case Fault.COMES_BACK:
            return _come_back(state, rule)
        case _:
            return None


def _edit(state: State, rule: Rule) -> Effect:
    person_id = _chosen(rule, "personId", sorted(state.people))
    fields = rule.params.get("fields", {"lastName": "Elsewhere"})
    _, effect = writes.update_person(state, person_id, fields)
    return effect


def _come_back(state: State, rule: Rule) -> Effect:
    """A deleted person first; else one who is inactive."""
    inactive = sorted(key for key, each in state.people.items() if each["status"] == "inactive")
    person_id = _chosen(rule, "personId", sorted(state.deleted) or inactive)
    if person_id in state.deleted:
        deleted = state.deleted.pop(person_id)
        kept = [group_id for group_id in deleted["groupIds"] if group_id in state.groups]
        state.put({**deleted, "groupIds": kept})
        return {"kind": "person_restored", "personId": person_id}
    _, effect = writes.set_status(state, person_id, "active")
    return effect


def _chosen(rule: Rule, name: str, candidates: list[int]) -> int:
    named = rule.params.get(name)
    if isinstance(named, int):
        return named
    return _pick(rule.random, candidates)


def _pick(generator: random.Random, candidates: list[int]) -> int:
    return generator.choice(candidates) if candidates else 0
