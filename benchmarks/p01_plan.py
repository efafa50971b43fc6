"""P1: a plan: an extract of 100,000 rows against a stored snapshot of as many people, in one process.

Since the snapshot 3 % came, 5 % changed their last name and 2 % have left; one row in 2,000 is damaged.
Ours: read and judge the file (25 columns, 250 bytes a row, 16 of them mapped), hash what it says, make
people of their stored JSON, match, compare, judge the gates, hash each action's canonical bytes, digest.
Left out: decryption, the database, and what is read from it one by one (links are none).

Floor: `csv.reader` over the extract and over yesterday's, both as dicts by employee id, and the ids that
came, went and differ. It judges nothing, makes no person of anything and proposes nothing.

Noted: the parts of ours, the peak of memory, and how time grows from 10,000 rows to `BENCH_PLAN_GROWN`.
"""

import csv
import json
import math
import os
import resource
import sys
import time
from array import array
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.extract_file import COLUMNS, line, values
from benchmarks.measure import Figures, Result, in_fresh_process, medians, report
from services.worker.collecting import collect_seldom
from shared.adapters.tabular.csv_reader import CsvReader
from shared.domain.feeds.staff import header_dictionary
from shared.domain.mapping import MappedBucket, MappedGroup, Mapping
from shared.domain.plan import PlanInputs
from shared.domain.planning import build_plan
from shared.domain.policy import Policy, RemovalPolicy, StaffPolicy
from shared.domain.snapshot import Bucket, Group, Person, PersonStatus, Reference, Snapshot
from shared.domain.staff_file import check_file
from shared.domain.staff_result import input_hash
from shared.domain.staff_validation import StaffRules
from shared.pipeline.shield_staff import looked_at
from shared.ports.reader import BlankRecord, DamagedRecord, Dialect, OpenExtract, SoundRecord

ROWS = 100_000
SMALL = 10_000
GROWN = int(os.environ.get("BENCH_PLAN_GROWN", "200000"))
GOAL, PEAK_MB, EXPONENT = 2.0, 200.0, 1.05
JOBS = {name: 3001 + n for n, name in enumerate(
    ("Teacher", "Paraeducator", "Custodian", "Office Manager", "Bus Driver", "Teacher, Math",
     'Teacher, "lead"'))}  # fmt: skip
DISTRICT, FIRST_SITE, JOB = 1, 400, 7
SITES = {f"{n:03d}": MappedGroup(id=FIRST_SITE + n, name=f"School {n}") for n in range(90)}
MAPPING = Mapping(
    version=1, district=MappedGroup(id=DISTRICT, name="Lincoln USD"), sites=SITES,
    buckets=(MappedBucket(id=JOB, name="Job Class", column="job_title", values=JOBS),),
    role_default="Learner", role_values={}, timezone_default="America/Los_Angeles",
    privileged_roles=frozenset(), sha256="aa" * 32,
)  # fmt: skip
GROUPS = [MAPPING.district, *SITES.values()]
REFERENCE = Reference(
    tenant_id="t", tenant_name="Lincoln USD",
    groups={group.id: Group(id=group.id, name=group.name) for group in GROUPS},
    buckets={JOB: Bucket(id=JOB, name="Job Class", type="choice",
                         values={id_: name for name, id_ in JOBS.items()})},
    roles={5: "Learner"}, timezones={6: "America/Los_Angeles"},
)  # fmt: skip
POLICY = Policy(
    base_url="https://ascip.example/api/v1", timezone="America/Los_Angeles",
    staff=StaffPolicy(removal=RemovalPolicy(first_run="allow")),
)  # fmt: skip


def measure() -> list[Result]:
    """Seconds, megabytes at the peak, and how both grow."""
    with TemporaryDirectory(prefix="ascip-bench-") as folder:
        sizes = {
            size: str(_written(Path(folder) / str(size), size)) for size in (SMALL, ROWS, GROWN)
        }
        found = medians(__name__, ("floor", "ours"), BENCH_PLAN=sizes[ROWS])
        small, grown = (
            in_fresh_process(__name__, "ours", BENCH_PLAN=sizes[size]) for size in (SMALL, GROWN)
        )
    floor, ours = found["floor"], found["ours"]
    exponent = math.log(grown["seconds"] / small["seconds"]) / math.log(GROWN / SMALL)
    notes = {name: value for name, value in ours.items() if name != "seconds"} | {
        "floor_peak_mb": floor["peak_mb"], "rows_grown": GROWN, "seconds_grown": grown["seconds"],
        "peak_mb_grown": grown["peak_mb"], "exponent": exponent,
    }  # fmt: skip
    met = (
        ours["seconds"] <= GOAL * floor["seconds"]
        and ours["peak_mb"] <= PEAK_MB
        and exponent <= EXPONENT
    )
    return [
        Result(
            id="P1", work=f"plan {ROWS:,} rows against as many people", floor=floor["seconds"],
            ours=ours["seconds"], unit="s", met=met, notes=notes,
            goal=f"≤ {GOAL:.0f} ×, ≤ {PEAK_MB:.0f} MB, exponent ≤ {EXPONENT}",
        )
    ]  # fmt: skip


def _written(folder: Path, size: int) -> Path:
    """Yesterday's extract, today's, and the people as a snapshot keeps them."""
    folder.mkdir()
    header = ",".join(COLUMNS) + "\r\n"
    with (folder / "before.csv").open("w", encoding="utf-8", newline="") as out:
        out.write(header)
        out.writelines(map(line, range(size)))
    with (folder / "now.csv").open("w", encoding="utf-8", newline="") as out:
        out.write(header)
        out.writelines(_now(size))
    with (folder / "people.jsonl").open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(_person(n).to_json()) + "\n" for n in range(size))
    return folder


def _now(size: int) -> Iterator[str]:
    for number in range(size):
        if number % 50 != 7:
            yield line(number, last_name="Ray-Li" if number % 20 == 3 else None)
    yield from map(line, range(size, size + size * 3 // 100))


def _person(number: int) -> Person:
    cells = dict(zip(COLUMNS, values(number), strict=True))
    job = cells["job_title"]
    if number % 20 == 19:
        job = 'Teacher, "lead"' if number % 200 == 19 else "Teacher, Math"
    return Person(
        id=number + 1, username=cells["username"], email=cells["work_email"],
        first_name=cells["first_name"], last_name=cells["last_name"], status=PersonStatus.ACTIVE,
        employee_number=cells["employee_id"], personal_email=cells["personal_email"] or None,
        role_id=5, timezone_id=6, group_ids=(DISTRICT, SITES[cells["site_code"]].id),
        buckets=((JOB, JOBS[job]),),
    )  # fmt: skip


def floor(folder: Path) -> Figures:
    """The standard library: two tables by id, and how they differ."""
    tables = []
    for name in ("before.csv", "now.csv"):
        with (folder / name).open(encoding="utf-8", newline="") as file:
            tables.append({row[0]: row for row in csv.reader(file)})
    before, now = tables
    added, gone = now.keys() - before.keys(), before.keys() - now.keys()
    changed = [key for key in now.keys() & before.keys() if now[key] != before[key]]
    return {"actions": len(added) + len(gone) + len(changed)}


def ours(folder: Path) -> Figures:
    """As the pipeline does it, without the database."""
    started = time.perf_counter()
    headers = header_dictionary(sorted(MAPPING.attribute_columns), {})
    extract = CsvReader().open(lambda: (folder / "now.csv").open("rb"), Dialect(), headers)
    lines = array("q")
    validated = check_file(_noting(extract, lines), StaffRules(columns=extract.columns))
    hashed = input_hash(validated)
    read = time.perf_counter()
    with (folder / "people.jsonl").open(encoding="utf-8") as file:
        people = {person.id: person for person in map(Person.from_json, map(json.loads, file))}
    loaded = time.perf_counter()
    plan = build_plan(
        PlanInputs(
            feed="staff", engine_version="1", as_of=date(2026, 11, 20), policy=POLICY,
            mapping=MAPPING, input_sha256=hashed, config_sha256="cc" * 32,
            records=validated.accepted, columns=extract.columns,
            unverified=looked_at(extract, validated, lines), snapshot=Snapshot(people=people),
            reference=REFERENCE,
        )
    )  # fmt: skip
    planned = time.perf_counter()
    return {
        "read_s": read - started, "people_s": loaded - read, "plan_s": planned - loaded,
        "actions": len(plan.actions), "quarantined": validated.counts.quarantined,
    }  # fmt: skip


def _noting(
    extract: OpenExtract, lines: "array[int]"
) -> Iterator[SoundRecord | DamagedRecord | BlankRecord]:
    for record in extract.records():
        lines.append(record.line)
        yield record


def main(part: str) -> None:
    """One part, in this process."""
    folder = Path(os.environ["BENCH_PLAN"])
    if part == "ours":
        collect_seldom()  # as a worker does
    started = time.perf_counter()
    figures = floor(folder) if part == "floor" else ours(folder)
    figures["seconds"] = time.perf_counter() - started
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report(figures)


if __name__ == "__main__":
    main(sys.argv[1])
