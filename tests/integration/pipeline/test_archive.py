"""Reports: encrypted in the archive, whole or absent, and an audit entry for whatever leaves it."""

import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.vault.folder import FolderVault
from shared.adapters.vault.keyring import Keyring
from shared.adapters.vault.shelves import FolderShelf
from shared.domain.action import ActionClass
from shared.domain.errors import ConfigInvalid, NotFound
from shared.domain.review import Release
from shared.domain.run import Run, RunState
from shared.pipeline.export import archived, export_reports, open_archived
from tests.fakes.installation import APPROVER, Installation

WANTED = {
    "report.html", "report.json", "actions.csv", "changes.csv", "reference/people.csv",
    "exceptions/failed.csv",
}  # fmt: skip


@pytest.fixture
def applied(engine: Installation) -> Run:
    """A run that ended well."""
    extract = engine.extract()
    extract.story()
    return engine.sync(extract)


def read(engine: Installation, run: Run, name: str) -> bytes:
    with open_archived(engine.tools, run.id, name, APPROVER) as stream:
        return stream.read()


def exports(engine: Installation) -> list[dict[str, Any]]:
    rows = engine.database.rows(
        "SELECT entry FROM audit_entry WHERE verb = 'report.exported' ORDER BY sequence"
    )
    return [json.loads(row.entry) for row in rows]


def rekeyed(engine: Installation, *masters: bytes) -> None:
    keyring = Keyring(masters)
    engine.configure(keyring=keyring, vault=FolderVault(engine.folder, keyring))


def test_the_list_of_files_fits_what_is_in_them(engine: Installation, applied: Run) -> None:
    listed = archived(engine.tools, applied.id)
    assert {filed.name for filed in listed} >= WANTED
    assert listed[-1].name == "manifest.json"
    for filed in listed:
        content = read(engine, applied, filed.name)
        assert len(content) == filed.size_bytes
        assert hashlib.sha256(content).hexdigest() == filed.sha256
    manifest = json.loads(read(engine, applied, "manifest.json"))
    assert [file["name"] for file in manifest["files"]] == [f.name for f in listed[:-1]]
    upload = engine.database.value("SELECT sha256 FROM upload")
    assert manifest["inputs"] == {"staff.csv": upload}
    assert json.loads(read(engine, applied, "report.json"))["run"]["state"] == "applied"


def test_what_is_read_is_in_the_audit_with_who_and_which_file(
    engine: Installation, applied: Run
) -> None:
    archived(engine.tools, applied.id)
    assert exports(engine) == []
    read(engine, applied, "changes.csv")
    (entry,) = exports(engine)
    assert entry["actor"] == {"type": "user", "name": "anna"}
    assert entry["object"] == {"type": "run", "id": applied.id}
    assert entry["detail"] == {"file": "changes.csv"}


@pytest.mark.parametrize(
    "name", ["../../raw/upl_1", "exceptions/../report.html", "/etc/passwd", "", "nothing.csv"]
)
def test_only_names_of_the_list_can_be_read(engine: Installation, applied: Run, name: str) -> None:
    with pytest.raises(NotFound):
        open_archived(engine.tools, applied.id, name, APPROVER)
    assert exports(engine) == []


def test_a_run_that_goes_on_has_no_reports_yet(engine: Installation) -> None:
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    run = engine.plan(extract)
    assert archived(engine.tools, run.id) == []
    with pytest.raises(NotFound):
        open_archived(engine.tools, run.id, "report.html", APPROVER)
    with pytest.raises(NotFound):
        archived(engine.tools, "run_none")


def test_an_export_of_an_ended_run_is_a_copy_of_its_archive(
    engine: Installation, applied: Run, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    plan_id = engine.plan_of(applied).id
    listed = export_reports(engine.tools, plan_id, FolderShelf(out), APPROVER)
    assert listed == archived(engine.tools, applied.id)
    for filed in listed:
        assert hashlib.sha256((out / filed.name).read_bytes()).hexdigest() == filed.sha256
        assert (out / filed.name).stat().st_mode & 0o777 == 0o600
    assert [entry["detail"] for entry in exports(engine)] == [{"file": None}]


def test_an_export_of_a_plan_that_waits_says_how_it_stands(
    engine: Installation, tmp_path: Path
) -> None:
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    run = engine.plan(extract)
    listed = export_reports(engine.tools, run.id, FolderShelf(tmp_path / "out"), APPROVER)
    assert {filed.name for filed in listed} >= WANTED | {"manifest.json"}
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["run"]["state"] == "awaiting_approval"
    assert len(exports(engine)) == 1
    assert archived(engine.tools, run.id) == []


def test_a_retried_run_has_no_reports_until_it_ends_again(engine: Installation) -> None:
    extract = engine.extract()
    extract.add(2)
    run = engine.approve(engine.plan(extract))
    refused = {"fault": "server_error", "status": 422, "method": "POST", "path": "/people$"}
    engine.simulator.faults(refused | {"max": 1})
    run = engine.apply(run)
    assert run.state is RunState.APPLIED_WITH_ERRORS
    assert read(engine, run, "exceptions/failed.csv").count(b"\r\n") == 2
    engine.begin(run)
    assert archived(engine.tools, run.id) == []
    engine.workers.until_quiet()
    assert engine.run(run.id).state is RunState.APPLIED
    assert read(engine, run, "exceptions/failed.csv").count(b"\r\n") == 1


def test_reports_and_extracts_outlive_a_rotation_but_not_the_loss_of_their_key(
    engine: Installation, applied: Run
) -> None:
    before = read(engine, applied, "report.html")
    rekeyed(engine, b"n" * 32, b"k" * 32)
    assert read(engine, applied, "report.html") == before
    rekeyed(engine, b"n" * 32)
    with pytest.raises(ConfigInvalid) as caught:
        read(engine, applied, "report.html")
    assert caught.value.code == "master_key_missing"


def test_a_run_whose_extract_is_under_a_missing_key_fails_at_once_and_says_so(
    engine: Installation,
) -> None:
    run_id = engine.land(engine.extract())
    rekeyed(engine, b"n" * 32)
    engine.workers.until_quiet()
    run = engine.run(run_id)
    assert (run.state, run.reason) == (RunState.FAILED, "master_key_missing")
    assert "Nothing was planned" in str(run.detail)
    assert engine.database.value("SELECT max(attempt) FROM work_item WHERE kind = 'validate'") == 1


def test_a_run_whose_extract_was_cut_on_the_disk_fails_and_plans_nothing(
    engine: Installation,
) -> None:
    run_id = engine.land(engine.extract())
    (raw,) = (engine.folder / "raw").iterdir()
    raw.write_bytes(raw.read_bytes()[:-1])
    engine.workers.until_quiet()
    run = engine.run(run_id)
    assert (run.state, run.reason) == (RunState.FAILED, "vault_damaged")
    assert engine.database.value("SELECT max(attempt) FROM work_item WHERE kind = 'validate'") == 1
    assert engine.database.value("SELECT count(*) FROM plan") == 0


def test_nothing_is_applied_while_the_key_of_the_audit_is_missing(engine: Installation) -> None:
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    run = engine.approve(engine.plan(extract))
    rekeyed(engine, b"n" * 32)
    with pytest.raises(ConfigInvalid, match="What the audit says of people"):
        engine.begin(run)
    assert engine.simulator.writes() == []
    rekeyed(engine, b"n" * 32, b"k" * 32)
    assert engine.apply(run).state is RunState.APPLIED


def test_the_audit_speaks_of_a_person_the_same_before_and_after_a_rotation(
    engine: Installation,
) -> None:
    def subjects() -> list[str]:
        rows = engine.database.rows("SELECT entry FROM audit_entry ORDER BY sequence")
        found = [json.loads(row.entry)["subject"] for row in rows]
        return [subject for subject in found if subject]

    extract = engine.extract()
    extract.rename(extract.ids[:1])
    engine.sync(extract)
    rekeyed(engine, b"n" * 32, b"k" * 32)
    extract.row(extract.ids[0])["last_name"] = "Renamed again"
    engine.sync(extract)
    first, second = subjects()
    assert first == second


@pytest.mark.usefixtures("applied")
def test_leftovers_go_and_what_the_database_knows_stays(engine: Installation) -> None:
    (raw,) = (engine.folder / "raw").iterdir()
    engine.tools.vault.deposit(io.BytesIO(b"nobody noted it"), key="upl_lost")
    for path in (engine.folder / "raw").iterdir():
        os.utime(path, (0, 0))
    with engine.tools.transactions.begin() as uow:
        known = uow.runs.locations()
    assert engine.tools.vault.sweep(known) == 1
    assert [path.name for path in (engine.folder / "raw").iterdir()] == [raw.name]


def test_who_was_released_by_name_is_held_no_more(engine: Installation) -> None:
    extract = engine.extract()
    gone = [dict(extract.row(i)) for i in extract.ids[:2]]
    extract.remove(*extract.ids[:2])
    newcomers = extract.add(2)
    for newcomer, person in zip(newcomers, gone, strict=True):
        for column in ("first_name", "last_name", "site_code"):
            extract.row(newcomer)[column] = person[column]
    released = Release(
        action_class=ActionClass.ADDS, count=1, reason="two people", people=(newcomers[0],)
    )
    run = engine.apply(engine.approve(engine.plan(extract), released))
    told = read(engine, run, "exceptions/held.csv").decode("utf-8-sig")
    assert (newcomers[0] in told, newcomers[1] in told) == (False, True)
