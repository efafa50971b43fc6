"""The same inputs give the same digest, whatever comes in another order, and only they do."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from services.simulator.extract_row import COLUMNS
from shared.domain.run import RunState
from tests.fakes.database import Database
from tests.fakes.installation import Installation
from tests.fakes.staff_extract import StaffExtract
from tests.unit.adapters.tabular.xlsx.workbooks import row, sheet, workbook

Change = Callable[[Installation, StaffExtract], None]


def digest(engine: Installation, extract: StaffExtract | bytes, mapping: str) -> str:
    run = engine.plan(extract, mapping=mapping, force=True)
    assert run.state is RunState.AWAITING_APPROVAL, run.detail
    return engine.plan_of(run).digest


def a_damaged_extract(engine: Installation) -> StaffExtract:
    """With every kind of action, rows in quarantine, and rows held."""
    extract = engine.extract()
    extract.story()
    extract.rows[10]["work_email"] = "no address"
    extract.rows[11]["last_name"] = ""
    extract.rows[12]["site_code"] = "999"
    extract.rows[13]["job_title"] = "Unheard of"
    return extract


def shuffled_rows(_: Installation, extract: StaffExtract) -> None:
    random.Random(1).shuffle(extract.rows)


def shuffled_lists(engine: Installation, _: StaffExtract) -> None:
    engine.simulator.settings(list_order="shuffled", order_seed=77)


def one_thread_small_chunks(engine: Installation, _: StaffExtract) -> None:
    engine.configure(concurrency=1, rate_per_s=0.5)


def four_threads_shuffled_work(engine: Installation, _: StaffExtract) -> None:
    engine.configure(concurrency=4, rate_per_s=0.1)
    engine.workers.threads, engine.workers.random = 4, random.Random(2)


def every_message_three_times(engine: Installation, _: StaffExtract) -> None:
    engine.configure(concurrency=2, rate_per_s=0.1)
    engine.workers.copies = 3


def later_on_the_same_day(engine: Installation, _: StaffExtract) -> None:
    engine.clock.go_on(hours=2)


@pytest.mark.parametrize(
    "change",
    [
        shuffled_rows,
        shuffled_lists,
        one_thread_small_chunks,
        four_threads_shuffled_work,
        every_message_three_times,
        later_on_the_same_day,
    ],
    ids=lambda change: change.__name__,
)
def test_what_makes_no_difference_gives_the_same_digest(
    install: Callable[..., Installation], database: Database, change: Change
) -> None:
    engine = install()
    extract = a_damaged_extract(engine)
    first = digest(engine, extract, extract.mapping_text)
    change(engine, extract)
    assert digest(engine, extract, extract.mapping_text) == first
    bodies = database.rows(
        "SELECT plan_id, array_agg(hash ORDER BY hash) AS h FROM action GROUP BY plan_id"
    )
    assert len({tuple(row.h) for row in bodies}) == 1


def test_the_order_of_columns_and_of_the_mapping_makes_no_difference(engine: Installation) -> None:
    extract = a_damaged_extract(engine)
    first = digest(engine, extract, extract.mapping_text)
    columns = list(reversed(COLUMNS))
    turned = dict(reversed(list(extract.mapping.items())))
    assert digest(engine, extract.csv(columns), json.dumps(turned, indent=2)) == first


def test_a_workbook_gives_the_same_digest_as_text_and_says_what_was_hidden(
    engine: Installation,
) -> None:
    extract = a_damaged_extract(engine)
    first = digest(engine, extract, extract.mapping_text)
    rows = [
        row(at, *(person[column] for column in COLUMNS), attributes='hidden="1"')
        for at, person in enumerate(extract.rows, 2)
    ]
    book = workbook(sheet(row(1, *COLUMNS), *rows))
    run = engine.plan(book, mapping=extract.mapping_text, force=True)
    assert engine.plan_of(run).digest == first
    assert run.counts["hidden_rows"] == len(rows)


def test_the_time_zone_of_the_machine_and_hash_seeds_make_no_difference() -> None:
    """Two processes: the same plan of made-up inputs, built under other TZ and PYTHONHASHSEED."""
    program = "from tests.integration.pipeline.planned_here import main; main()"
    digests = set()
    for zone, seed in (("Pacific/Kiritimati", "0"), ("America/Los_Angeles", "4711")):
        environment = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed, "LC_ALL": "C"}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, check=True, capture_output=True,
        )  # fmt: skip
        digests.add(done.stdout)
    (printed,) = digests
    assert len(printed.strip()) == 64


def another_last_name(_: Installation, extract: StaffExtract) -> None:
    extract.rows[20]["last_name"] += "x"


def another_quarantined_value(_: Installation, extract: StaffExtract) -> None:
    extract.rows[10]["work_email"] = "no address either"


def another_person_in_the_target(engine: Installation, extract: StaffExtract) -> None:
    engine.simulator.edit(extract.rows[25]["employee_id"], personalEmail="new@home.example")


def another_alias(_: Installation, extract: StaffExtract) -> None:
    values = extract.mapping["buckets"]["Job Class"]["values"]
    values["Teacher"]["aliases"].append("Instructor of Everything")


def another_configuration(engine: Installation, _: StaffExtract) -> None:
    engine.configure(config_sha256="f" * 64)


def another_engine(engine: Installation, _: StaffExtract) -> None:
    engine.configure(engine_version="1.2.4")


def the_next_day(engine: Installation, _: StaffExtract) -> None:
    engine.clock.go_on(days=1)


def the_next_day_in_the_district_only(engine: Installation, _: StaffExtract) -> None:
    """From 23:59 to 00:01 in Los Angeles, the same day in UTC."""
    assert engine.clock.now() == datetime(2026, 11, 20, 18, tzinfo=UTC)
    engine.clock.moment = datetime(2026, 11, 21, 8, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "change",
    [
        another_last_name,
        another_quarantined_value,
        another_person_in_the_target,
        another_alias,
        another_configuration,
        another_engine,
        the_next_day,
        the_next_day_in_the_district_only,
    ],
    ids=lambda change: change.__name__,
)
def test_one_difference_gives_another_digest(engine: Installation, change: Change) -> None:
    extract = a_damaged_extract(engine)
    first = digest(engine, extract, extract.mapping_text)
    change(engine, extract)
    assert digest(engine, extract, extract.mapping_text) != first
