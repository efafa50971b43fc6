"""`profile detect`: what it prints can be pasted, and its exit code says whether something fits."""

import json
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.main import app
from services.cli.verbs_profile import detect
from shared.domain.errors import InputInvalid
from shared.domain.feeds.profiles import ProfileName
from tests.fakes import profile_extracts as story


def test_the_lines_to_paste_are_a_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert detect(str(story.path_of(ProfileName.ESCAPE)), as_json=False) == 0
    told, _, lines = capsys.readouterr().out.partition("For config.toml:")
    assert "tab between the fields" in told
    assert "ok  escape      all 7 required columns, 6 more, 3 unknown" in told
    assert "x   aeries_stf  missing: employee_id, first_name" in told
    assert tomllib.loads(lines) == {"staff": {"profile": "escape", "delimiter": "\t"}}


def test_a_template_is_shown_only_where_the_file_lacks_the_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teachers = story.path_of(ProfileName.MS_SDS)
    detect(str(teachers), as_json=False)
    assert 'work_email = "{username}"' in capsys.readouterr().out
    file = tmp_path / "Teacher.csv"
    file.write_bytes(teachers.read_bytes().replace(b"Qualification", b"Work Email", 1))
    detect(str(file), as_json=False)
    assert "{username}" not in capsys.readouterr().out


def test_json_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert detect(str(story.path_of(ProfileName.AERIES_STF)), as_json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["encoding"], found["delimiter"]) == ("cp1252", ",")
    best, *others = found["profiles"]
    assert (best["profile"], best["fits"], best["missing"]) == ("aeries_stf", True, [])
    assert "BD" in best["unknown"]
    assert not any(other["fits"] for other in others)
    assert tomllib.loads(found["config"])["staff"]["encoding"] == "cp1252"


def test_4_if_none_fits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "users.csv"
    file.write_text("sourcedId,givenName,familyName\n1,Ann,Lee\n", encoding="utf-8")
    assert detect(str(file), as_json=False) == 4
    said = capsys.readouterr().out
    assert "No profile fits; oneroster is nearest." in said
    assert "For config.toml" not in said
    assert detect(str(file), as_json=True) == 4
    assert json.loads(capsys.readouterr().out)["config"] is None


def test_a_file_that_nobody_knows_is_near_to_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "table.csv"
    file.write_text("a,b,c\n1,2,3\n", encoding="utf-8")
    assert detect(str(file), as_json=False) == 4
    said = capsys.readouterr().out
    assert "none knows a column of this file" in said
    assert "nearest" not in said


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match="was not judged: No such file"):
        detect(str(tmp_path / "none.csv"), as_json=False)


def test_headers_can_not_steer_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "staff.csv"
    names = "employee_id,first_name,last_name,work_email,site_code"
    file.write_text(f"{names},\u202eevil\nE1,A,L,a@b.example,1,x\n", encoding="utf-8")
    assert detect(str(file), as_json=False) == 0
    assert "\u202e" not in capsys.readouterr().out


def test_the_command_line_hands_over_file_and_form() -> None:
    file = str(story.path_of(ProfileName.ONEROSTER))
    called = CliRunner().invoke(app, ["profile", "detect", file, "--json"])
    assert called.exit_code == 0
    assert json.loads(called.stdout)["profiles"][0]["profile"] == "oneroster"
