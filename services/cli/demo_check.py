"""Holds the simulator's state against the demo's extract, with none of the engine's code."""

import csv
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: The extract's people who had left by then carry an end date before this year.
_LEFT_BEFORE = "2026"


@dataclass(frozen=True, slots=True)
class Comparison:
    """People as the extract says, leavers, and what differs in words (employee ids only)."""

    agree: int
    gone: int
    differ: list[str]


def waiting_rows(folder: Path) -> set[str]:
    """Employee ids of rows that were built to be quarantined or held."""
    with (folder / "corrections.csv").open(encoding="utf-8", newline="") as file:
        waiting = {row["employee_id"] for row in csv.DictReader(file)}
    with (folder / "staff.csv").open(encoding="utf-8", newline="") as file:
        held = [
            r for r in csv.DictReader(file) if "093" in r.values() or "Data Steward" in r.values()
        ]
    return waiting | {row["employee_id"] for row in held}


def write_corrected(folder: Path) -> int:
    """Make `staff_corrected.csv`: the extract with every damaged row replaced; how many were."""
    with (folder / "corrections.csv").open(encoding="utf-8", newline="") as file:
        header, *fixed = file.read().splitlines()
    ids = {line.split(",", 1)[0] for line in fixed}
    lines = (folder / "staff.csv").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines[1:] if line.split(",", 1)[0].strip('"') not in ids]
    text = "\n".join([header, *kept, *fixed]) + "\n"
    (folder / "staff_corrected.csv").write_text(text, encoding="utf-8")
    return len(fixed)


def compare(folder: Path, extract: str, state: dict[str, Any], waiting: set[str]) -> Comparison:
    """Whether ASCIP has what the extract says, and has removed who isn't in it."""
    mapping = json.loads((folder / "mapping.json").read_text(encoding="utf-8"))
    people = {p["employeeNumber"]: p for p in state["people"] if p["employeeNumber"]}
    agree, differ, here = 0, [], set()
    with (folder / extract).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            number = row["employee_id"]
            if (row["end_date"] or "9999") < _LEFT_BEFORE:
                continue
            here.add(number)
            if number in waiting:
                continue
            faults = _faults(row, people.get(number), mapping)
            differ += [f"{number}: {fault}" for fault in faults]
            agree += not faults
    district = mapping["groups"]["district"]["id"]
    left = [p for n, p in people.items() if n not in here | waiting and district in p["groupIds"]]
    differ += [f"{p['employeeNumber']}: still active" for p in left if p["status"] == "active"]
    return Comparison(agree, sum(p["status"] == "inactive" for p in left), differ)


def _faults(
    row: dict[str, str], person: dict[str, Any] | None, mapping: dict[str, Any]
) -> list[str]:
    if person is None:
        return ["is missing"]
    groups = mapping["groups"]
    managed = {g["id"] for g in groups["sites"].values()}
    wanted = {
        "email": row["work_email"].lower(),
        "lastName": row["last_name"],
        "firstName": row["first_name"],
        "status": "active",
        "site": {groups["sites"][row["site_code"]]["id"]},
        "district": True,
    } | {name: _value_id(bucket, row) for name, bucket in mapping["buckets"].items()}
    values = {b["bucketId"]: b.get("valueId") for b in person["buckets"]}
    found = {
        "email": person["email"].lower(),
        "lastName": person["lastName"],
        "firstName": person["firstName"],
        "status": person["status"],
        "site": set(person["groupIds"]) & managed,
        "district": groups["district"]["id"] in person["groupIds"],
    } | {name: values.get(bucket["id"]) for name, bucket in mapping["buckets"].items()}
    return [f"{key} differs" for key, value in wanted.items() if found[key] != value]


def _value_id(bucket: dict[str, Any], row: dict[str, str]) -> int | None:
    word = row[bucket["column"]].lower()
    for name, value in bucket["values"].items():
        if word in {name.lower(), *(alias.lower() for alias in value.get("aliases", ()))}:
            found: int = value["id"]
            return found
    return None


def created_twice(journal: dict[str, Any] | Iterable[dict[str, Any]]) -> list[str]:
    """Bodies that made more than one person, by the simulator's own journal."""
    entries = journal["entries"] if isinstance(journal, dict) else journal
    made = Counter(
        e["body_sha256"] for e in entries if (e["effect"] or {}).get("kind") == "person_created"
    )
    return [
        f"request {digest[:8]} made {count} people" for digest, count in made.items() if count > 1
    ]
