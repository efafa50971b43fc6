"""What the simulator's journal tells of people between the first state and the last."""

from collections.abc import Iterable, Mapping
from typing import Any


def out_in_between(state: Any, journal: Iterable[Mapping[str, Any]], group: int) -> set[int]:
    """Who was active and out of a group after some request, though in it before, and back or inactive later.

    Whoever ends active outside was meant to leave.
    """
    active = {p["id"] for p in state["people"] if p["status"] == "active"}
    inside = {p["id"] for p in state["people"] if group in p["groupIds"]}
    before, out = set(inside), set[int]()
    for entry in journal:
        effect = entry["effect"]
        match effect["kind"]:
            case "members_changed" if effect["groupId"] == group:
                inside |= {*effect["added"]}
                inside -= {*effect["removed"]}
                before |= inside
            case "person_reactivated" | "person_created":
                active.add(effect["personId"])
            case "person_deactivated":
                active.remove(effect["personId"])
        out |= (before & active) - inside
    return {who for who in out if who in inside or who not in active}
