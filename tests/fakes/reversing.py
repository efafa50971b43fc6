"""For tests that take a run back: a story with every kind of action, and dumps side by side."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from shared.domain.action import Action, Kind
from shared.domain.reversal import Done
from shared.domain.run import Run
from shared.domain.snapshot import Person, PersonStatus
from shared.pipeline.revert import revert
from tests.fakes.installation import APPROVER, Installation
from tests.fakes.staff_extract import StaffExtract


def take_back(engine: Installation, run: Run, *, mapping: str | None = None) -> Run:
    """Order that a run be taken back, and work until its plan waits for a review."""
    mapping = mapping or engine.extract().mapping_text
    run_id = revert(engine.tools, run.id, APPROVER, trigger="cli", mapping_text=mapping)
    engine.workers.until_quiet()
    return engine.run(run_id)


def with_every_kind(engine: Installation) -> StaffExtract:
    """An extract that adds, updates, reactivates, joins, leaves and deactivates."""
    extract = engine.extract()
    # Inactive, and in the extract all the same.
    engine.simulator.edit(extract.ids[9], status="inactive")
    extract.story()
    return extract


def people(engine: Installation) -> dict[int, Mapping[str, Any]]:
    """Everybody in the simulator by id, without the time of their last change."""
    state = engine.simulator.state()
    return {p["id"]: {k: v for k, v in p.items() if k != "updatedAt"} for p in state["people"]}


def carried_out(
    found: Mapping[int, Person], actions: Iterable[Action]
) -> tuple[dict[int, Person], list[Done]]:
    """People as actions leave them, and what was done; held actions and held changes are left out."""
    after, done, added = dict(found), [], dict[str, int]()
    for action in sorted(actions, key=lambda a: list(Kind).index(a.kind)):
        if action.hold:
            continue
        if action.kind is Kind.ADD:
            added[action.person_key] = max(after, default=0) + 1
            values = {c.path: c.after for c in action.sent if "." not in c.path}
            after[added[action.person_key]] = Person(
                id=added[action.person_key], status=PersonStatus.ACTIVE, **values  # type: ignore[arg-type]  # names of its fields
            )  # fmt: skip
        ascip_id = action.ascip_id or added.get(action.person_key)
        if ascip_id is None:  # waits for an add that is held
            continue
        after[ascip_id] = _after(after[ascip_id], action)
        done.append(Done(action, ascip_id))
    return after, done


def _after(person: Person, action: Action) -> Person:
    groups = set(person.group_ids)
    buckets: dict[int, Any] = dict(person.buckets)
    if action.kind is Kind.JOIN:
        groups.add(action.group_id or 0)
    elif action.kind is Kind.LEAVE:
        groups.remove(action.group_id or 0)
    values: dict[str, Any] = {}
    for change in action.sent:
        if change.path.startswith("buckets."):
            buckets[int(change.path.removeprefix("buckets."))] = change.after
        else:
            values[change.path] = change.after
    if "status" in values:
        values["status"] = PersonStatus(values["status"])
    kept = tuple(sorted((b, v) for b, v in buckets.items() if v is not None))
    return replace(person, group_ids=tuple(sorted(groups)), buckets=kept, **values)
