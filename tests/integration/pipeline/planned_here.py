"""Builds a plan from a made-up tenant and prints its digest; run in processes of their own."""

from datetime import date

from services.simulator.tenant import make_dump
from shared.adapters.lms import fields
from shared.domain.mapping import parse_mapping
from shared.domain.plan import PlanInputs
from shared.domain.planning import build_plan
from shared.domain.policy import Policy
from shared.domain.shield import Unverified
from shared.domain.snapshot import Bucket, Group, Reference, Snapshot
from shared.domain.staff import StaffRecord
from tests.fakes.staff_extract import StaffExtract


def main() -> None:
    state = make_dump(60, 3)
    extract = StaffExtract(state)
    extract.story()
    named = {name: {n["id"]: n["name"] for n in state[name]} for name in ("roles", "timezones")}
    reference = Reference(
        tenant_id="77", tenant_name="Lincoln USD",
        groups={g["id"]: Group(id=g["id"], name=g["name"]) for g in state["groups"]},
        buckets={
            b["id"]: Bucket(
                id=b["id"], name=b["name"], type=b["type"],
                values={v["id"]: v["name"] for v in b["values"]},
            )
            for b in state["buckets"]
        },
        **named,
    )  # fmt: skip
    people = [fields.person(dict(person)) for person in state["people"]]
    plan = build_plan(
        PlanInputs(
            feed="staff", engine_version="1", as_of=date(2026, 11, 20),
            policy=Policy(base_url="https://lms.example", timezone="America/Los_Angeles"),
            mapping=parse_mapping(extract.mapping_text), input_sha256="0" * 64,
            config_sha256="0" * 64, records=[record(*r) for r in enumerate(extract.rows)],
            columns=frozenset(extract.rows[0]), unverified=Unverified(),
            snapshot=Snapshot(
                people={p.id: p for p in people}, missing_details=frozenset(), groups={},
                list_complete=True,
            ),
            reference=reference,
        )
    )  # fmt: skip
    print(plan.digest)  # noqa: T201  # what the parent process reads


def record(number: int, row: dict[str, str]) -> StaffRecord:
    attributes = {name: row[name] for name in ("job_title", "department", "employee_type")}
    return StaffRecord(
        row=number, line=number + 1, username=None, personal_email=None, role=None, timezone=None,
        hire_date=None, end_date=None, attributes=attributes, inactive=False, site_codes=(row["site_code"],),
        employee_id=row["employee_id"], first_name=row["first_name"], last_name=row["last_name"],
        work_email=row["work_email"],
    )  # fmt: skip
