"""A whole sync by real processes; then every file outside PostgreSQL's own is searched for its people."""

from pathlib import Path

import pytest

from services.simulator.extract_row import COLUMNS
from tests.e2e.conftest import Installation

#: Where the database's working tables are, in clear as the documentation says.
POSTGRES = "postgres"
NAME, EMAIL, PHONE = "Canariensis", "serinus.canary@lincoln.example", "+1-555-0100-4711"
UNREADABLE = "Quarantina"


def holding(folder: Path, word: str) -> list[str]:
    """Files below a folder that hold a word, in whatever case or width."""
    forms = {form.encode(code) for form in (word, word.casefold(), word.upper())
             for code in ("utf-8", "utf-16-le")}  # fmt: skip
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if any(form in content(path) for form in forms)
    )


def content(path: Path) -> bytes:
    """Of a file; nothing of what is none, or goes while the parts are being stopped."""
    try:
        return path.read_bytes() if path.is_file() else b""
    except FileNotFoundError:
        return b""


def landed(installation: Installation) -> None:
    """An extract with canaries: a change, a row that is quarantined, a column nobody mapped."""
    extract = installation.extract
    for row in extract.rows:
        row["home_phone"] = PHONE
    changed, damaged, leaver = extract.ids[:3]
    extract.row(changed)["last_name"] = NAME
    extract.row(changed)["work_email"] = EMAIL
    extract.row(damaged)["work_email"] = f"{UNREADABLE} at lincoln.example"
    extract.remove(leaver)
    (installation.folder / "staff.csv").write_bytes(extract.csv([*COLUMNS, "home_phone"]))


@pytest.mark.slow
@pytest.mark.embedded("looks into the database's own files, and starts parts with each command")
def test_after_a_whole_sync_no_file_names_anybody(
    installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Six commands, each a process that starts its own parts: about 20 s."""
    temporary = tmp_path_factory.mktemp("t", numbered=True)
    installation.environment |= {"TMPDIR": str(temporary), "HOME": str(temporary)}
    landed(installation)
    (installation.folder / "log").mkdir()
    log = installation.folder / "log" / "ascip-sync.log"
    installation.configure(f'{installation.config}[log]\nlevel = "DEBUG"\nfile = "{log}"\n')
    plan = installation.ask("plan", "--csv", "staff.csv")
    installation.cli("approve", plan["id"], "--digest", plan["digest"])
    installation.cli("apply", plan["id"])
    assert installation.simulator.person(installation.extract.ids[0])["email"] == EMAIL
    run = installation.ask("status")
    assert (run["state"], run["counts"]["quarantined"]) == ("applied", 1)

    places = (installation.data, temporary, installation.folder / "log")
    for word in (NAME, EMAIL, PHONE, UNREADABLE):
        found = [name for place in places for name in holding(place, word)]
        assert [name for name in found if not name.startswith(f"{POSTGRES}/")] == [], word
    assert list((installation.data / "raw").iterdir())
    assert list((installation.data / "archive" / run["id"]).iterdir())
    assert holding(installation.data / POSTGRES, NAME), "the search sees what is there"
    assert not holding(installation.data / POSTGRES, PHONE), "nobody mapped it"

    installation.cli("export", run["id"], "--out", "out")
    assert "changes.csv" in holding(installation.folder / "out", EMAIL)
    assert holding(installation.folder / "out", PHONE) == []

    (installation.data / "master.key").rename(installation.folder / "master.key")
    installation.cli("runs", expect=4)
    assert "master_key_missing" in installation.errors
    assert not (installation.data / "master.key").exists()
