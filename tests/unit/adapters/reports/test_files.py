"""The files of a run: all there, whole or absent, private, and nothing in them can run."""

import base64
import codecs
import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date
from functools import partial
from operator import attrgetter
from pathlib import Path

import pytest

from shared.adapters.reports import FileReports
from shared.adapters.reports.content import KEYS
from shared.adapters.reports.remedies import MISMATCH_REMEDIES
from shared.adapters.reports.tables import EXCEPTION
from shared.adapters.tabular.csv_reader import CsvReader
from shared.adapters.vault.shelves import FolderShelf
from shared.domain.absence import Because
from shared.domain.action import ActionStatus, Change, HeldReason, Kind
from shared.domain.books import Books
from shared.domain.canonical import Json
from shared.domain.feeds.dictionary import HeaderDictionary
from shared.domain.remedies import HELD_REMEDIES
from shared.domain.removal import Fate
from shared.domain.run import RunState
from shared.domain.snapshot import Bucket, Group, Person, PersonStatus, Reference
from shared.ports.plans import StoredAction
from shared.ports.presence import ListedAbsentee
from shared.ports.reader import Dialect, SoundRecord
from shared.ports.reports import Reports
from shared.ports.target import Mismatch
from tests.unit.adapters.reports.example import a_report, a_run, action, actions, stored, stream

NAMES = {
    "report.html", "report.json", "report.xlsx", "actions.csv", "changes.csv", "absentees.csv",
    "exceptions/quarantined.csv",
    "exceptions/held.csv", "exceptions/conflicts.csv", "exceptions/failed.csv",
    "exceptions/mismatches.csv", "exceptions/unmapped.csv", "exceptions/would_remove.csv",
    "exceptions/left_out.csv",
    "exceptions/warnings.csv",
}  # fmt: skip

REPORTS: Reports = FileReports()


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _text(path: Path) -> str:
    """What a file says, packed or not."""
    if path.suffix != ".xlsx":
        return path.read_text(encoding="utf-8")
    with zipfile.ZipFile(path) as parts:
        return "".join(parts.read(name).decode() for name in parts.namelist())


def _nothing() -> Iterator[StoredAction]:
    return iter(())


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """The example, written."""
    folder = tmp_path / "run_41"
    REPORTS.write_run(FolderShelf(folder), a_report(), stream)
    return folder


def test_every_file_is_written_and_named(tmp_path: Path) -> None:
    written = REPORTS.write_run(FolderShelf(tmp_path), a_report(), stream)
    assert {filed.name for filed in written} == NAMES
    assert {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()} == NAMES


def test_files_and_folders_are_private(archive: Path) -> None:
    for path in (archive, *archive.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_a_run_without_anything_has_every_file_with_its_header(tmp_path: Path) -> None:
    bare = replace(
        a_report(), run=a_run(RunState.REJECTED_INPUT), upload=None, plan=None, review=None,
        books=None, phases=[], kind_counts={}, quarantine=[], held_rows=[],
    )  # fmt: skip
    written = REPORTS.write_run(FolderShelf(tmp_path), bare, _nothing)
    assert {filed.name for filed in written} == NAMES
    for path in tmp_path.rglob("*.csv"):
        assert path.read_bytes().count(b"\r\n") == 1, path
    assert "No books were kept" in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("state", list(RunState))
def test_every_state_can_be_reported(tmp_path: Path, state: RunState) -> None:
    REPORTS.write_run(FolderShelf(tmp_path), replace(a_report(), run=a_run(state)), _nothing)
    assert json.loads((tmp_path / "report.json").read_text())["run"]["state"] == state


def test_actions_and_changes_join_on_the_action_id(archive: Path) -> None:
    rows, changes = _rows(archive / "actions.csv"), _rows(archive / "changes.csv")
    assert [row["action_id"] for row in rows] == [a.action.id for a in actions()]
    assert {c["action_id"] for c in changes} <= {row["action_id"] for row in rows}
    assert len(changes) == sum(len(a.action.changes) for a in actions())


def test_actions_are_read_once_and_never_kept(tmp_path: Path) -> None:
    calls, alive, most = 0, 0, 0

    class Counted(Change):
        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def many() -> Iterator[StoredAction]:
        nonlocal calls, alive, most
        calls += 1
        for n in range(5_000):
            alive += 1
            most = max(most, alive)
            yield stored(action(Kind.UPDATE, n, [Counted(path="last_name", before="a", after="b")]))

    REPORTS.write_run(FolderShelf(tmp_path), a_report(), many)
    assert calls == 1
    assert most < 1_000
    assert len(_rows(tmp_path / "actions.csv")) == 5_000


def test_actions_that_end_in_an_error_leave_no_file(tmp_path: Path) -> None:
    def broken() -> Iterator[StoredAction]:
        yield actions()[0]
        raise ConnectionError

    with pytest.raises(ConnectionError):
        REPORTS.write_run(FolderShelf(tmp_path), a_report(), broken)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_second_report_replaces_the_first(archive: Path) -> None:
    REPORTS.write_run(FolderShelf(archive), a_report(), _nothing)
    assert _rows(archive / "actions.csv") == []
    assert {p.relative_to(archive).as_posix() for p in archive.rglob("*") if p.is_file()} == NAMES


def test_a_quarantined_row_has_a_line_per_violation_with_its_remedy(archive: Path) -> None:
    rows = _rows(archive / "exceptions/quarantined.csv")
    assert [(r["row"], r["line"], r["column"], r["code"]) for r in rows] == [
        ("118", "121", "", "bare_quote"),
        ("2210", "2216", "work_email", "invalid_email"),
        ("2210", "2216", "site_code", "missing_value"),
    ]
    assert all(row["remedy"] and row["class"] for row in rows)


def test_quarantined_and_held_rows_name_the_person(archive: Path) -> None:
    quarantined = _rows(archive / "exceptions/quarantined.csv")
    held = _rows(archive / "exceptions/held.csv")
    for rows in (quarantined, held):
        assert tuple(rows[0])[: len(EXCEPTION)] == EXCEPTION
    assert [r["person_key"] for r in quarantined] == ["no trustworthy id", "E11877", "E11877"]
    assert [r["person_key"] for r in held][:2] == ["E10077", "E10078"]
    page = (archive / "report.html").read_text(encoding="utf-8")
    for key in ("no trustworthy id", "E11877", "E10077", "E10301"):
        assert f'data-label="Person"><bdi>{key}</bdi>' in page


def test_whom_no_row_keeps_is_listed_with_what_the_plan_makes_of_them(tmp_path: Path) -> None:
    day = date(2026, 11, 3)
    who = ListedAbsentee(
        ascip_id=7, person_key="E7", email_masked="p***@x.example", fate=Fate.IN_GRACE,
        because=Because.ABSENT, end_date=None, row=None, since=day, grace_days=14,
        leaves_on=date(2026, 11, 17), seen_run="run_1", seen_file="staff.csv", seen_sha256="9f",
        seen_on=day, seen_row=12,
    )  # fmt: skip
    REPORTS.write_run(FolderShelf(tmp_path), replace(a_report(), absentees=[who]), stream)
    (row,) = _rows(tmp_path / "absentees.csv")
    assert (row["person_key"], row["fate"], row["leaves_on"]) == ("E7", "in_grace", "2026-11-17")
    assert (row["last_seen_file"], row["last_seen_row"], row["end_date"]) == ("staff.csv", "12", "")


def test_whom_a_first_run_only_reports_is_listed(archive: Path) -> None:
    reason = (
        "Has left, by this extract. This run only reports it (staff.removal.first_run); the next plan"
        " will propose to remove them."
    )
    assert _rows(archive / "exceptions/would_remove.csv") == [
        {"person_key": key, "reason": reason} for key in ("E10801", "E10802")
    ]
    page = (archive / "report.html").read_text(encoding="utf-8")
    assert "<h3>Would be removed</h3>" in page
    assert reason in page
    assert "<li><bdi>E10802</bdi></li>" in page


@pytest.mark.parametrize("facts", [{}, {"would_remove": []}])
def test_a_run_that_removes_as_planned_lists_nobody(tmp_path: Path, facts: dict[str, Json]) -> None:
    report = a_report()
    assert report.plan is not None
    REPORTS.write_run(
        FolderShelf(tmp_path), replace(report, plan=replace(report.plan, facts=facts)), stream
    )
    data = (tmp_path / "exceptions/would_remove.csv").read_bytes()
    assert data == b'\xef\xbb\xbf"person_key","reason"\r\n'
    assert "Would be removed" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_remedy_follows_the_outcome_code(tmp_path: Path) -> None:
    away = ("unreachable", "throttled", "no_answer", "garbled_answer", "limiter_unavailable")
    listed = [
        *(stored(action(Kind.UPDATE, n), ActionStatus.FAILED, c) for n, c in enumerate(away)),
        stored(action(Kind.UPDATE, 10), ActionStatus.FAILED, "too_long"),
        stored(action(Kind.UPDATE, 11), ActionStatus.UNKNOWN, "no_answer"),
        stored(action(Kind.UPDATE, 12), ActionStatus.CONFLICT, "not_found"),
        stored(action(Kind.UPDATE, 13), ActionStatus.CONFLICT, "changed_by_someone_else"),
    ]
    REPORTS.write_run(FolderShelf(tmp_path), a_report(), lambda: iter(listed))
    failed = [r["remedy"] for r in _rows(tmp_path / "exceptions/failed.csv")]
    not_reached = (
        "ASCIP could not be reached or gave no usable answer; this action was not done."
        " Retry the run: ascip-sync retry RUN."
    )
    assert failed[:5] == [not_reached] * 5
    assert failed[5].startswith("ASCIP refused it.")
    assert failed[6].startswith("The answer was lost and the action may have been done.")
    _row, gone, changed = (r["remedy"] for r in _rows(tmp_path / "exceptions/conflicts.csv"))
    assert gone == "The person no longer exists in ASCIP. The next plan takes it into account."
    assert changed.startswith("Somebody else changed the person")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f"<p>5 of 6: {not_reached}</p>" in page
    assert f"<p>1 of 2: {gone}</p>" in page
    assert f"<p>{failed[6]}</p>" in page


def test_a_lifted_hold_is_told_as_what_the_action_was_released_from(tmp_path: Path) -> None:
    gone = action(Kind.DEACTIVATE, 1, hold=HeldReason.GATE)
    listed = [
        stored(gone, ActionStatus.HELD), stored(gone), stored(gone, ActionStatus.FAILED, "x"),
        stored(action(Kind.UPDATE, 2)),
    ]  # fmt: skip
    REPORTS.write_run(FolderShelf(tmp_path), a_report(), lambda: iter(listed))
    rows = _rows(tmp_path / "actions.csv")
    assert [(r["held_reason"], r["released_from"]) for r in rows] == [
        ("gate", ""), ("", "gate"), ("", "gate"), ("", ""),
    ]  # fmt: skip


def test_the_notice_names_every_file_with_full_emails(archive: Path) -> None:
    REPORTS.write_reference(
        FolderShelf(archive), REFERENCE.to_json(), [], [PERSON], under="reference/"
    )
    full = ("rhill@lincoln.example", PERSON.email or "ann@lincoln.example")
    holding = {
        path.relative_to(archive).as_posix()
        for path in archive.rglob("*")
        if path.is_file() and any(email in _text(path) for email in full)
    }
    assert holding == {"report.html", "report.xlsx", "changes.csv", "reference/people.csv"}
    notice = json.loads((archive / "report.json").read_text(encoding="utf-8"))["notice"]
    assert all(name in notice for name in holding)
    assert notice in (archive / "report.html").read_text(encoding="utf-8")


def test_each_exception_stands_in_its_file(archive: Path) -> None:
    folder = archive / "exceptions"
    conflicts = [(r["line"], r["code"], r["person_key"]) for r in _rows(folder / "conflicts.csv")]
    assert conflicts == [
        ("303", "identity_conflict", "E10301"), ("44", "changed_by_someone_else", "E10441"),
    ]  # fmt: skip
    assert [r["status"] for r in _rows(folder / "failed.csv")] == ["failed", "unknown"]
    held = [(r["row"], r["line"], r["code"], r["class"]) for r in _rows(folder / "held.csv")]
    assert held[:4] == [
        ("77", "79", "unmapped_site", ""), ("78", "80", "unmapped_site", ""),
        ("9", "12", "possible_duplicate", "adds"), ("", "", "gate", "removals"),
    ]  # fmt: skip
    assert len(held) == 15
    unmapped = _rows(folder / "unmapped.csv")
    assert [(r["detail"], r["rows"], r["row"], r["line"], r["column"]) for r in unmapped] == [
        ("site '093' is not in the mapping (groups.sites)", "2", "77", "80", "site_code"),
        ("'Techer' is not a value of Job Class", "3", "40", "43", "job_title"),
    ]


@pytest.mark.parametrize("name", ["quarantined", "held", "conflicts", "failed", "unmapped"])
def test_every_exception_says_where_it_stands_and_what_to_do(archive: Path, name: str) -> None:
    rows = _rows(archive / f"exceptions/{name}.csv")
    assert rows
    assert all(tuple(row)[: len(EXCEPTION)] == EXCEPTION for row in rows)
    assert all(row["code"] and row["remedy"] and row["detail"] for row in rows)


def test_exceptions_open_in_a_spreadsheet_and_read_back(archive: Path) -> None:
    """Which takes a file without a byte order mark for Windows-1252; our own reader leaves it out."""
    for path in sorted((archive / "exceptions").glob("*.csv")):
        assert path.read_bytes().startswith(codecs.BOM_UTF8)
        header = [*_rows(path)[0]] if _rows(path) else []
        if header:
            extract = CsvReader().open(
                partial(io.BytesIO, path.read_bytes()), Dialect(), HeaderDictionary.exactly(header)
            )
            assert all(isinstance(record, SoundRecord) for record in extract.records())


def test_every_held_reason_has_a_remedy() -> None:
    assert set(HELD_REMEDIES) == set(HeldReason)
    assert set(MISMATCH_REMEDIES) == set(Mismatch)


def test_formulas_are_disarmed_in_csv_and_raw_in_json(tmp_path: Path) -> None:
    name = '=HYPERLINK("x").csv'
    change = Change(path="last_name", before="Hill", after="+cmd|' /C calc'!A0")
    listed = [stored(action(Kind.UPDATE, 1, [change]))]
    REPORTS.write_run(FolderShelf(tmp_path), a_report(name), lambda: iter(listed))
    assert _rows(tmp_path / "exceptions/quarantined.csv")[0]["file"] == f"'{name}"
    assert _rows(tmp_path / "changes.csv")[0]["after"] == "'+cmd|' /C calc'!A0"
    assert json.loads((tmp_path / "report.json").read_text())["inputs"]["file"] == name


def test_csv_for_programs_is_utf_8_without_a_byte_order_mark(tmp_path: Path) -> None:
    listed = [stored(action(Kind.UPDATE, 1, reason="José"))]
    REPORTS.write_run(FolderShelf(tmp_path), a_report(), lambda: iter(listed))
    data = (tmp_path / "actions.csv").read_bytes()
    assert data.startswith(b'"action_id",')
    assert "José".encode() in data


def test_html_shows_markup_in_names_as_text(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    change = Change(path="first_name", before="Ann", after=f'"{evil}')
    listed = [stored(action(Kind.UPDATE, 1, [change], reason=evil, email_masked=evil))]
    report = a_report(f"{evil}.csv")
    REPORTS.write_run(FolderShelf(tmp_path), replace(report, district=evil), lambda: iter(listed))
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;.csv" in page
    assert "&#34;&lt;script&gt;" in page


def test_html_asks_for_nothing_from_outside(archive: Path) -> None:
    page = (archive / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"https?:|//[a-z]|\bsrc=|url\(|@import|<script|\bon[a-z]+=|style=\"", page)
    assert re.findall(r'href="([^#][^"]*)"', page) == ["data:,"]
    assert "default-src 'none'" in page


def test_the_policy_of_the_page_lets_its_own_style_through(archive: Path) -> None:
    page = (archive / "report.html").read_text(encoding="utf-8")
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    [allowed] = re.findall(r"style-src 'sha256-([^']+)'", page)
    assert base64.b64decode(allowed) == hashlib.sha256(style.encode()).digest()


def test_html_lists_every_table_beside_it(archive: Path) -> None:
    page = (archive / "report.html").read_text(encoding="utf-8")
    files = page.partition('<h2 id="files">')[2]
    assert [name for name in NAMES - {"report.html"} if f">{name}<" not in files] == []


def test_html_opens_with_the_notice_and_the_books(archive: Path) -> None:
    page = (archive / "report.html").read_text(encoding="utf-8")
    text = " ".join(re.sub(r"<[^>]+>", "", page.partition("<body>")[2]).split())
    notice, title = "Contains staff data: handle as such.", "Report of run_41: applied with errors"
    assert text.startswith(notice)
    assert f"{title} 4,977 rows came in: 12 blank, 3 duplicate" in text
    assert "60 actions were planned: 13 held" in text
    assert "The books balance." in text
    assert "A naive sync would have removed 14 people: 2 of them from damaged rows" in text


def test_every_table_has_a_caption_and_scoped_headers(archive: Path) -> None:
    page = (archive / "report.html").read_text(encoding="utf-8")
    tables = re.findall(r"<table.*?</table>", page, re.DOTALL)
    assert len(tables) >= 8
    for table in tables:
        assert "<caption" in table
        assert all('scope="' in header for header in re.findall(r"<th\b[^>]*>", table))
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:aria-labelledby="|href="#)([^"]+)', page)) <= set(ids)


def test_html_and_json_say_the_same_sentences(archive: Path) -> None:
    content = json.loads((archive / "report.json").read_text(encoding="utf-8"))
    page = (archive / "report.html").read_text(encoding="utf-8")
    said = content["sentences"]
    assert "1 person could not be read: nothing is done to them." in said["not_read"]
    told = (said["verdict"], said["next"], said["counterfactual"], *said["not_read"])
    for sentence in (*said["books"], *told):
        assert sentence in page


def test_the_keys_of_the_json_are_the_documented_ones(archive: Path) -> None:
    content = json.loads((archive / "report.json").read_text(encoding="utf-8"))
    assert list(content) == list(KEYS)
    assert content["exceptions"] == {
        "quarantined": 3, "held": 15, "conflicts": 2, "failed": 2, "mismatches": 0, "warnings": 0,
        "unmapped": 2, "would_remove": 2, "left_out": 0,
    }  # fmt: skip


def test_the_same_report_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        REPORTS.write_run(FolderShelf(tmp_path / name), a_report(), stream)
    for name in NAMES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_books_that_do_not_balance_stand_out(tmp_path: Path) -> None:
    books = Books(rows_in=3, rows={"applied": 2}, planned=0, actions={})
    REPORTS.write_run(FolderShelf(tmp_path), replace(a_report(), books=books), _nothing)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert '<span class="line bad">THE BOOKS DO NOT BALANCE: 2 of 3 rows' in page


def test_the_manifest_names_every_file_with_its_hash(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path)
    written = REPORTS.write_run(shelf, a_report("Peña\udcff.csv"), stream)
    listed = REPORTS.write_manifest(shelf, written, {"staff.csv": "ab" * 32})
    text = (tmp_path / "manifest.json").read_bytes()
    manifest = json.loads(text)
    assert manifest["version"] == 1
    assert manifest["inputs"] == {"staff.csv": "ab" * 32}
    assert [entry["name"] for entry in manifest["files"]] == sorted(NAMES)
    for entry in [*manifest["files"], asdict(listed)]:
        data = (tmp_path / entry["name"]).read_bytes()
        assert entry["sha256"] == hashlib.sha256(data).hexdigest()
        assert entry["size_bytes"] == len(data)
    assert REPORTS.read_manifest(text) == sorted(written, key=attrgetter("name"))


REFERENCE = Reference(
    tenant_id="t", tenant_name="Lincoln",
    groups={402: Group(id=402, name="=Lincoln High", code="010"), 7: Group(id=7, name="All")},
    buckets={
        9: Bucket(id=9, name="Job Class", type="choice", values={55: "Teacher", 51: "Tchr"}),
        4: Bucket(id=4, name="Badge", type="text"),
    },
    roles={3: "Learner"}, timezones={1: "America/Los_Angeles"},
)  # fmt: skip
PERSON = Person(
    id=1, username="ann", email="ann@lincoln.example", first_name="Ann", last_name="Bell",
    status=PersonStatus.ACTIVE, employee_number="007", role_id=3, group_ids=(7, 402),
    buckets=((9, 55),),
)  # fmt: skip


def test_reference_exports_hold_groups_buckets_roles_zones_and_people(tmp_path: Path) -> None:
    gone = Group(id=500, name="Closed school")
    written = REPORTS.write_reference(FolderShelf(tmp_path), REFERENCE.to_json(), [gone], [PERSON])
    folder = tmp_path
    assert {filed.name for filed in written} == {
        "groups.csv", "buckets.csv", "roles.csv", "timezones.csv", "people.csv",
    }  # fmt: skip
    groups = [tuple(row.values()) for row in _rows(folder / "groups.csv")]
    assert groups == [
        ("7", "All", ""), ("402", "'=Lincoln High", "010"), ("500", "Closed school", ""),
    ]  # fmt: skip
    assert [tuple(row.values()) for row in _rows(folder / "buckets.csv")] == [
        ("4", "Badge", "text", "", ""),
        ("9", "Job Class", "choice", "51", "Tchr"),
        ("9", "Job Class", "choice", "55", "Teacher"),
    ]
    [person] = _rows(folder / "people.csv")
    assert person["employee_number"] == "007"
    assert person["group_ids"] == "7 402"
    assert (person["bucket_4"], person["bucket_9"]) == ("", "55")


def test_people_are_left_out_where_none_are_given(tmp_path: Path) -> None:
    written = REPORTS.write_reference(FolderShelf(tmp_path), REFERENCE.to_json(), [], None)
    assert not (tmp_path / "people.csv").exists()
    assert len(written) == 4
