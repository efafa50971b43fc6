"""Exports: what was wanted of a plan as one file, encrypted until it expires, and in the audit."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from shared import bootstrap_files
from shared.domain.action import ActionStatus, Kind
from shared.domain.errors import Conflict, NotFound
from shared.domain.run import Run, RunState
from shared.pipeline.carry_out import cancel
from shared.pipeline.export_actions import (
    KEPT,
    expire_exports,
    export_actions,
    export_document,
    file_name,
    open_export,
    order_export,
    view_export,
)
from shared.pipeline.verify_archive import verify_archive
from shared.ports.exports import Export, ExportFormat, ExportState
from shared.ports.plans import ActionFilter
from tests.fakes.database import Database
from tests.fakes.installation import APPROVER, Installation
from tests.fakes.servers import Servers
from tests.fakes.simulator_thread import SimulatorThread

ALL = ActionFilter()


@pytest.fixture(scope="module")
def shared_engine(
    servers: Servers, template: str, simulator_thread: SimulatorThread,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:  # fmt: skip
    """One installation for the tests that only read its plan."""
    database = Database(servers.create("exported", template))
    made = Installation(database, simulator_thread, tmp_path_factory.mktemp("exported"))
    yield made
    made.close()
    database.close()
    servers.drop("exported")


@pytest.fixture(scope="module")
def waiting(shared_engine: Installation) -> Run:
    """A plan that waits, which nobody decides about."""
    return _planned(shared_engine)


@pytest.fixture
def run(engine: Installation) -> Run:
    """A plan that waits."""
    return _planned(engine)


def _planned(engine: Installation) -> Run:
    """Three people renamed, one added."""
    extract = engine.extract()
    extract.rename(extract.ids[:3])
    extract.add(1)
    return engine.plan(extract)


def ordered(
    engine: Installation, run: Run, form: ExportFormat, wanted: ActionFilter = ALL
) -> Export:
    with engine.tools.transactions.begin() as uow:
        return order_export(engine.tools, uow, engine.plan_of(run).id, wanted, form, actor=APPROVER)


def made(
    engine: Installation, run: Run, form: ExportFormat, wanted: ActionFilter = ALL
) -> tuple[Export, bytes]:
    """Ordered, made by a worker, fetched."""
    export_id = ordered(engine, run, form, wanted).id
    engine.workers.until_quiet()
    export, stream = open_export(engine.tools, export_id, APPROVER)
    with stream:
        return export, stream.read()


def tables(content: bytes) -> dict[str, list[dict[str, str]]]:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return {
            name: list(
                csv.DictReader(io.StringIO(parts.read(name).decode("utf-8-sig"), newline=""))
            )
            for name in parts.namelist()
        }


def audited(engine: Installation, verb: str) -> list[dict[str, Any]]:
    rows = engine.database.rows(
        "SELECT entry FROM audit_entry WHERE verb = :verb ORDER BY sequence", verb=verb
    )
    return [json.loads(row.entry) for row in rows]


def test_csv_is_three_tables_joined_on_the_action(
    shared_engine: Installation, waiting: Run
) -> None:
    export, content = made(shared_engine, waiting, ExportFormat.CSV)
    found = tables(content)
    assert set(found) == {"actions.csv", "changes.csv", "errors.csv"}
    ids = [stored.action.id for stored in shared_engine.actions(waiting)]
    assert [row["action_id"] for row in found["actions.csv"]] == ids
    assert {row["action_id"] for row in found["changes.csv"]} <= set(ids)
    assert (export.actions, export.state, file_name(export)) == (
        len(ids), ExportState.READY, f"{export.id}.zip",
    )  # fmt: skip
    assert export.made is not None
    assert export.made.size_bytes == len(content)


def test_a_filter_lets_through_what_the_list_would(
    shared_engine: Installation, waiting: Run
) -> None:
    _, content = made(shared_engine, waiting, ExportFormat.CSV, ActionFilter(kinds=[Kind.UPDATE]))
    found = tables(content)
    assert {row["kind"] for row in found["actions.csv"]} == {"update"}
    assert (
        len(found["actions.csv"]) == len(shared_engine.actions(waiting, kinds=[Kind.UPDATE])) == 3
    )
    assert len(found["changes.csv"]) == 3


def test_ndjson_has_the_actions_as_the_interface_has_them(
    shared_engine: Installation, waiting: Run
) -> None:
    _, content = made(shared_engine, waiting, ExportFormat.NDJSON)
    lines = [json.loads(line) for line in content.decode().splitlines()]
    assert lines == shared_engine.document(waiting)["actions"]


def test_a_workbook_has_the_tables_as_sheets(shared_engine: Installation, waiting: Run) -> None:
    export, content = made(shared_engine, waiting, ExportFormat.XLSX)
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        listed = parts.read("xl/workbook.xml").decode()
        actions = parts.read("xl/worksheets/sheet1.xml").decode()
    assert [
        name for name in ("actions", "changes", "errors") if f'name="{name}"' not in listed
    ] == []
    assert actions.count("<row ") == 1 + (export.actions or 0)


def test_the_archive_is_exported_as_one_file_that_verifies(
    engine: Installation, run: Run, tmp_path: Any
) -> None:
    engine.apply(engine.approve(run))
    export, content = made(engine, run, ExportFormat.ARCHIVE)
    path = tmp_path / file_name(export)
    path.write_bytes(content)
    with bootstrap_files.filled_at(path) as filled:
        verdict = verify_archive(engine.tools.reports, filled)
    assert (verdict.faults, export.actions) == ([], None)


def test_errors_say_how_each_action_went_wrong(engine: Installation) -> None:
    extract = engine.extract()
    extract.add(2)
    run = engine.approve(engine.plan(extract))
    engine.simulator.faults(
        {"fault": "server_error", "status": 422, "method": "POST", "path": "/people$", "max": 1}
    )
    run = engine.apply(run)
    _, content = made(engine, run, ExportFormat.CSV)
    (failed,) = engine.actions(run, statuses=[ActionStatus.FAILED])
    errors = {row["action_id"]: row for row in tables(content)["errors.csv"]}
    assert errors[failed.action.id]["status"] == "failed"
    assert errors[failed.action.id]["remedy"]


def test_order_and_each_fetch_are_in_the_audit_without_what_was_looked_for(
    shared_engine: Installation, waiting: Run
) -> None:
    wanted = ActionFilter(people=["E1"], text="jane.doe@lincoln.example")
    export, _ = made(shared_engine, waiting, ExportFormat.CSV, wanted)
    entry = audited(shared_engine, "plan.exported")[-1]
    assert entry["actor"]["name"] == "anna"
    assert entry["detail"] == {"format": "csv", "filters": ["people", "text"], "export": export.id}
    fetched = audited(shared_engine, "report.exported")[-1]
    assert fetched["detail"] == {"file": f"{export.id}.zip"}
    assert "jane.doe" not in json.dumps(export_document(export))
    rows = shared_engine.database.rows("SELECT entry FROM audit_entry")
    assert not any("jane.doe" in row.entry for row in rows)


def test_nothing_of_an_export_lies_in_clear(shared_engine: Installation, waiting: Run) -> None:
    _, content = made(shared_engine, waiting, ExportFormat.NDJSON)
    stored = b"".join(path.read_bytes() for path in (shared_engine.folder / "raw").iterdir())
    assert content[:40] not in stored


def test_until_it_is_made_there_is_no_file(shared_engine: Installation, waiting: Run) -> None:
    export = ordered(shared_engine, waiting, ExportFormat.CSV)
    with pytest.raises(Conflict) as caught:
        open_export(shared_engine.tools, export.id, APPROVER)
    assert caught.value.code == "export_not_ready"


def test_it_expires_with_its_file(engine: Installation, run: Run) -> None:
    export, _ = made(engine, run, ExportFormat.CSV)
    before = len(list((engine.folder / "raw").iterdir()))
    engine.clock.go_on(seconds=KEPT.total_seconds() - 1)
    assert view_export(engine.tools, export.id).state is ExportState.READY
    engine.clock.go_on(seconds=1)
    with pytest.raises(NotFound):
        open_export(engine.tools, export.id, APPROVER)
    with engine.tools.transactions.begin() as uow:
        expired = expire_exports(engine.tools, uow)
    for location in expired:
        engine.tools.vault.remove(location)
    assert len(list((engine.folder / "raw").iterdir())) == before - 1
    assert engine.database.value("SELECT count(*) FROM export") == 0


def test_one_that_can_t_be_made_says_so_and_leaves_its_run_alone(
    engine: Installation, run: Run
) -> None:
    export = ordered(engine, run, ExportFormat.CSV)
    # What the clock says when a worker comes to it: it has expired.
    engine.clock.go_on(seconds=KEPT.total_seconds())
    engine.workers.until_quiet()
    assert (
        engine.database.value("SELECT state FROM export WHERE id = :id", id=export.id) == "failed"
    )
    assert engine.run(run.id).state is RunState.AWAITING_APPROVAL


def test_a_run_that_ends_takes_no_export_along(engine: Installation, run: Run) -> None:
    engine.approve(run)
    export = ordered(engine, run, ExportFormat.CSV)
    cancel(engine.tools, run.id, APPROVER)
    engine.workers.until_quiet()
    assert view_export(engine.tools, export.id).state is ExportState.READY


def test_the_command_line_writes_at_once_and_notes_it(engine: Installation, run: Run) -> None:
    out = io.BytesIO()
    count = export_actions(
        engine.tools, engine.plan_of(run).id, ALL, ExportFormat.NDJSON, out, actor=APPROVER
    )
    assert count == len(out.getvalue().splitlines()) == len(engine.actions(run))
    (entry,) = audited(engine, "plan.exported")
    assert entry["detail"] == {"format": "ndjson", "filters": [], "export": None}


def test_a_plan_nobody_knows_is_not_exported(engine: Installation) -> None:
    with pytest.raises(NotFound):
        export_actions(
            engine.tools, "pln_none", ALL, ExportFormat.CSV, io.BytesIO(), actor=APPROVER
        )
    assert audited(engine, "plan.exported") == []
