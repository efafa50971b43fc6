"""Inputs of a plan out of a file, and its digest: `python -m tests.fakes.frozen_plan FILE`.

Needs the pure domain and nothing of the test tools, so that any Python can be asked.
"""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

from shared.domain.mapping import mapping_of
from shared.domain.plan import PlanInputs
from shared.domain.planning import build_plan
from shared.domain.policy import Policy, RemovalPolicy, StaffPolicy
from shared.domain.shield import Unverified
from shared.domain.snapshot import Group, Person, Snapshot, reference_from_json
from shared.domain.staff import StaffRecord

FILE = Path(__file__).parents[1] / "fixtures" / "plan" / "inputs.json"


def inputs_of(document: dict[str, Any]) -> PlanInputs:
    """The inputs a file says."""
    unverified: dict[str, Any] = {n: tuple(words) for n, words in document["unverified"].items()}
    groups = (Group(id=g["id"], name=g["name"], member_ids=frozenset(g["members"]))
              for g in document["groups"])  # fmt: skip
    people = map(Person.from_json, document["people"])
    return PlanInputs(
        feed="staff",
        engine_version="1.0.0",
        as_of=date.fromisoformat(document["as_of"]),
        policy=Policy(
            base_url="https://ascip.example/api/v1", timezone="America/Los_Angeles",
            staff=StaffPolicy(removal=RemovalPolicy(first_run="allow")),
        ),
        mapping=mapping_of(document["mapping"]),
        input_sha256="bb" * 32,
        config_sha256="cc" * 32,
        records=[StaffRecord.from_json(record) for record in document["records"]],
        columns=frozenset(document["columns"]),
        unverified=Unverified(**unverified),
        snapshot=Snapshot(
            people={person.id: person for person in people}, groups={g.id: g for g in groups}
        ),
        reference=reference_from_json(document["reference"]),
        links=document["links"],
    )  # fmt: skip


def main(path: str) -> None:
    """Print the digest."""
    document = json.loads(Path(path).read_text(encoding="utf-8"))
    sys.stdout.write(build_plan(inputs_of(document)).digest)


if __name__ == "__main__":
    main(sys.argv[1])
