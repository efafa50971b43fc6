"""The command `ascip-sync inspect` as its users call it: nothing is set up, nothing is left behind."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.unit.adapters.tabular.extracts import HEADER, lines, person

ROOT = Path(__file__).resolve().parents[3]


def run(
    folder: Path, *words: str, stdin: bytes = b"", expect: int = 0
) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [sys.executable, "-m", "services.cli.main", "inspect", *words],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder)},
        input=stdin, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == expect, done.stderr.decode()
    return done


def documents(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_many_files_in_one_call_without_a_configuration(tmp_path: Path) -> None:
    for number in range(1200):
        text = lines(person(number)) if number % 3 else lines("E1,too,short")
        (tmp_path / f"{number:04}.csv").write_text(text, encoding="utf-8")
    names = [f"{number:04}.csv" for number in range(1200)]
    found = documents(run(tmp_path, "--json", *names))
    assert [document["file"] for document in found] == names
    assert sum(document["counts"]["quarantined"] for document in found) == 400
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_a_file_that_is_not_there_costs_its_own_verdict_only(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id\n1\n", encoding="utf-8")
    done = run(tmp_path, "--columns", "id", "--json", "gone.csv", "a.csv", ".", expect=4)
    assert [document["file"] for document in documents(done)] == ["a.csv"]
    assert b"gone.csv: not judged: No such file" in done.stderr
    assert b".: not judged: Is a directory" in done.stderr


def test_refused_and_quarantined_files_are_judged_files(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    (tmp_path / "bad.csv").write_text("id\n1\n1,2\n", encoding="utf-8")
    done = run(tmp_path, "--columns", "id", "empty.csv", "bad.csv")
    assert "empty.csv: refused (empty)" in done.stdout.decode()
    assert done.stderr.startswith(b"2 files: 0 in order, 1 with quarantined rows, 1 refused.")


def test_documents_are_judged_by_the_feed_that_declares_them(tmp_path: Path) -> None:
    """Both lines are told for EPA's test sites: taking those needs an option, and so a configuration."""
    export = str(ROOT / "tests/fixtures/emanifest/signed.json")
    (judged,) = documents(run(tmp_path, "--feed", "epa_waste", "--json", export))
    assert judged["counts"]["quarantined"] == 2


def test_standard_input_and_pipes_are_read_like_files(tmp_path: Path) -> None:
    text = b"id,name\n1,Ann\n"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(text,))
    writer.start()
    done = run(tmp_path, "--columns", "id,name", "--json", "-", "pipe", stdin=text)
    writer.join()
    stdin, piped = documents(done)
    assert stdin.pop("file") == "-"
    assert piped.pop("file") == "pipe"
    assert stdin == piped
    assert stdin["counts"]["accepted"] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--columns", "id", "--feed", "staff", "a.csv"), "exclude each other"),
        (("--feed", "students", "a.csv"), "known: staff"),
        (("--columns", "", "a.csv"), "at least one column"),
        (("--columns", '"id', "a.csv"), "no line of CSV"),
        (("--delimiter", "::", "a.csv"), "must be one ASCII character"),
        (("--encoding", "ebcdic", "a.csv"), "utf-8, utf-16 or cp1252"),
        (("-", "-"), "stands twice"),
        ((), "FILE"),
    ],
)
def test_wrong_usage_is_said(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    (tmp_path / "a.csv").write_text("id\n1\n", encoding="utf-8")
    done = run(tmp_path, *words, expect=64)
    assert said in " ".join(done.stderr.decode().split())
    assert done.stdout == b""


def test_the_configuration_s_headers_dialect_and_mapping_count(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[ascip]\nbase_url = "https://a.example"\nkey_id = "k"\nsecret = { env = "NOT_SET" }\n'
        '[staff]\nencoding = "cp1252"\ndelimiter = ";"\nmapping = "m.json"\n'
        'derive = { work_email = "{username}@lincoln.example" }\n'
        '[staff.headers]\nemployee_id = ["Nr"]\n',
        encoding="utf-8",
    )
    mapping = {"version": 1, "groups": {"district": {"id": 1, "name": "D"}, "sites": {}},
               "buckets": {"Job": {"id": 9, "column": "job_title", "values": {}}}}  # fmt: skip
    (tmp_path / "m.json").write_text(json.dumps(mapping), encoding="utf-8")
    header = "Nr;first_name;last_name;username;site_code;job_title"
    (tmp_path / "a.csv").write_bytes(
        f"{header}\n1;Zo\u00eb;Lee;zlee;010;Teacher\n".encode("cp1252")
    )
    (found,) = documents(run(tmp_path, "--json", "a.csv"))
    assert found["accepted"][0]["values"] == {
        "employee_id": "1", "first_name": "Zo\u00eb", "last_name": "Lee", "username": "zlee",
        "site_code": "010", "job_title": "Teacher",
    }  # fmt: skip
    (named,) = documents(
        run(tmp_path, "--json", "--config", "config.toml", "--delimiter", ",", "a.csv")
    )
    assert named["refused"]["code"] == "delimiter_mismatch"


def test_a_configuration_that_is_wrong_is_said(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[staff]\nlimiter = 1\n", encoding="utf-8")
    (tmp_path / "a.csv").write_text(lines(person(1), header=HEADER), encoding="utf-8")
    assert b"config.toml:2" in run(tmp_path, "a.csv", expect=4).stderr
    # A header contract stands by itself.
    run(tmp_path, "--columns", HEADER, "a.csv")
