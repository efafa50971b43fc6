"""An archive is what the run left, or says which file is not."""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared import bootstrap_files
from shared.adapters.reports import FileReports
from shared.adapters.vault.shelves import FolderShelf
from shared.domain.archive import ArchiveFault
from shared.domain.audit import AuditVerb
from shared.domain.errors import InputInvalid, NotFound
from shared.domain.run import Run
from shared.pipeline.export import export_reports
from shared.pipeline.verify_archive import verify_archive, verify_run
from shared.ports.shelf import Filed
from tests.fakes.database import Database
from tests.fakes.installation import APPROVER, Installation
from tests.fakes.servers import Servers
from tests.fakes.simulator_thread import SimulatorThread

Faults = list[tuple[str, ArchiveFault]]


@pytest.fixture(scope="module")
def engine(
    servers: Servers, template: str, simulator_thread: SimulatorThread,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:  # fmt: skip
    """One installation with one run: its tests change copies, or put back what they changed."""
    database = Database(servers.create("archived", template))
    made = Installation(database, simulator_thread, tmp_path_factory.mktemp("archived"))
    yield made
    made.close()
    database.close()
    servers.drop("archived")


@pytest.fixture(scope="module")
def applied(engine: Installation) -> Run:
    extract = engine.extract()
    extract.story()
    return engine.sync(extract)


@pytest.fixture(scope="module")
def exported(engine: Installation, applied: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive as a folder and, beside it, as a ZIP file."""
    folder = tmp_path_factory.mktemp("exported") / "run"
    export_reports(engine.tools, applied.id, FolderShelf(folder), APPROVER)
    with bootstrap_files.zip_shelf(folder.with_suffix(".zip")) as shelf:
        export_reports(engine.tools, applied.id, shelf, APPROVER)
    return folder


@pytest.fixture
def folder(exported: Path, tmp_path: Path) -> Path:
    """A copy to change."""
    return Path(shutil.copytree(exported, tmp_path / "run"))


def faults(path: Path) -> Faults:
    with bootstrap_files.filled_at(path) as filled:
        return [(f.name, f.fault) for f in verify_archive(FileReports(), filled).faults]


def zipped(folder: Path) -> Path:
    """The folder packed as anybody would."""
    return Path(shutil.make_archive(str(folder) + "-packed", "zip", folder))


def test_an_archive_verifies_where_it_lies_and_wherever_it_was_brought(
    engine: Installation, applied: Run, exported: Path
) -> None:
    assert (
        faults(exported) == faults(exported.with_suffix(".zip")) == faults(zipped(exported)) == []
    )
    verdict = verify_run(engine.tools, applied.id)
    assert (verdict.faults, verdict.against_audit) == ([], True)
    assert verdict.files == len([p for p in exported.rglob("*") if p.is_file()]) - 1


def test_one_file_is_the_same_bytes_each_time_and_private(
    engine: Installation, applied: Run, exported: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again.zip"
    with bootstrap_files.zip_shelf(again) as shelf:
        export_reports(engine.tools, applied.id, shelf, APPROVER)
    assert again.read_bytes() == exported.with_suffix(".zip").read_bytes()
    assert again.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(again) as parts:
        assert {info.external_attr >> 16 & 0o777 for info in parts.infolist()} == {0o600}


def test_an_export_that_fails_leaves_no_file(engine: Installation, tmp_path: Path) -> None:
    with pytest.raises(NotFound), bootstrap_files.zip_shelf(tmp_path / "x.zip") as shelf:
        export_reports(engine.tools, "run_none", shelf, APPROVER)
    assert list(tmp_path.iterdir()) == []


def changed(folder: Path) -> None:
    path = folder / "actions.csv"
    path.write_bytes(path.read_bytes().replace(b"succeeded", b"succeeden", 1))


def longer(folder: Path) -> None:
    with (folder / "changes.csv").open("ab") as file:
        file.write(b"x")


def gone(folder: Path) -> None:
    (folder / "reference/people.csv").unlink()


def more(folder: Path) -> None:
    (folder / "exceptions" / "notes.csv").write_bytes(b"")


_DAMAGES = [
    (changed, [("actions.csv", ArchiveFault.CHANGED)]),
    (longer, [("changes.csv", ArchiveFault.CHANGED)]),
    (gone, [("reference/people.csv", ArchiveFault.MISSING)]),
    (more, [("exceptions/notes.csv", ArchiveFault.UNKNOWN)]),
]


@pytest.mark.parametrize(("damage", "wanted"), _DAMAGES)
def test_the_file_that_fails_is_named_in_a_folder_and_in_a_zip(
    folder: Path, damage: Callable[[Path], None], wanted: Faults
) -> None:
    damage(folder)
    assert faults(folder) == wanted
    assert faults(zipped(folder)) == wanted


def test_a_link_in_a_folder_is_not_followed(folder: Path) -> None:
    path = folder / "actions.csv"
    path.rename(folder.parent / "elsewhere.csv")
    path.symlink_to(folder.parent / "elsewhere.csv")
    assert faults(folder) == [("actions.csv", ArchiveFault.UNREADABLE)]


def test_a_damaged_entry_of_a_zip_is_named(exported: Path, tmp_path: Path) -> None:
    content = bytearray(exported.with_suffix(".zip").read_bytes())
    with zipfile.ZipFile(exported.with_suffix(".zip")) as parts:
        info = parts.getinfo("report.html")
    content[info.header_offset + info.compress_size // 2] ^= 0xFF
    path = tmp_path / "damaged.zip"
    path.write_bytes(content)
    assert faults(path) == [("report.html", ArchiveFault.UNREADABLE)]


def test_a_second_entry_of_the_same_name_is_no_file_of_ours(exported: Path, tmp_path: Path) -> None:
    path = tmp_path / "twice.zip"
    shutil.copy(exported.with_suffix(".zip"), path)
    with zipfile.ZipFile(path, "a") as parts:
        content = parts.read("report.json")
        with pytest.warns(UserWarning, match="Duplicate name"):
            parts.writestr("report.json", content)
    assert faults(path) == [("report.json", ArchiveFault.UNKNOWN)]


@pytest.mark.parametrize(
    "text", ["", "{}", '{"files": [{"name": 1}]}', '{"files": "x"}', "[" * 9999]
)
def test_without_a_manifest_there_is_nothing_to_verify(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)
    with pytest.raises(InputInvalid) as caught:
        faults(folder)
    assert caught.value.code == "not_an_archive"


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    empty, noise = tmp_path / "empty", tmp_path / "noise.zip"
    empty.mkdir()
    noise.write_bytes(b"PK\x03\x04 and nothing more")
    for path in (empty, noise):
        with pytest.raises(InputInvalid):
            faults(path)


def test_an_entry_of_the_audit_that_was_changed_with_its_manifest_is_found(folder: Path) -> None:
    path = folder / "audit.ndjson"
    lines = path.read_text().splitlines(keepends=True)
    said = json.loads(lines[0])
    lines[0] = json.dumps(said | {"entry": said["entry"].replace("olga", "oleg")}) + "\n"
    path.write_text("".join(lines))
    _list_again(folder)
    assert set(faults(folder)) == {("audit.ndjson", ArchiveFault.AUDIT)}
    path.write_text("no entry\n")
    _list_again(folder)
    assert faults(folder) == [("audit.ndjson", ArchiveFault.AUDIT)]


def test_a_manifest_that_was_written_anew_is_found_by_the_audit(
    engine: Installation, applied: Run, folder: Path
) -> None:
    changed(folder)
    _list_again(folder)
    assert faults(folder) == []
    with engine.tools.transactions.begin() as uow:
        noted = uow.audit.newest(applied.id, AuditVerb.RUN_ARCHIVED)
    assert noted is not None
    said = json.loads(noted.entry)["detail"]["manifest_sha256"]
    with bootstrap_files.filled_at(folder) as filled:
        (fault,) = verify_archive(FileReports(), filled, manifest_sha256=said).faults
    assert (fault.name, fault.fault) == ("manifest.json", ArchiveFault.AUDIT)


def test_an_encrypted_file_that_was_cut_is_named(engine: Installation, applied: Run) -> None:
    path = engine.folder / "archive" / applied.id / "actions.csv"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    named = [(f.name, f.fault) for f in verify_run(engine.tools, applied.id).faults]
    path.write_bytes(whole)
    assert named == [("actions.csv", ArchiveFault.UNREADABLE)]


def test_a_run_that_goes_on_has_nothing_to_verify_yet(engine: Installation) -> None:
    run_id = engine.land(engine.extract(), force=True)
    with pytest.raises(InputInvalid) as caught:
        verify_run(engine.tools, run_id)
    assert caught.value.code == "not_archived"


def _list_again(folder: Path) -> None:
    """A manifest that fits what is there, as somebody with the files could write it."""
    with bootstrap_files.filled_at(folder) as filled:
        names = [name for name in filled.names() if name != "manifest.json"]
    files = [Filed(name=name, **_measured(folder / name)) for name in names]
    FileReports().write_manifest(FolderShelf(folder), files, {})


def _measured(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
