"""Files that are private, drop folders that are not open to all, log files that can be rotated."""

from pathlib import Path

import pytest

from shared.adapters.host.files import drop_folder, log_file, private_file
from shared.ports.probe import Verdict


def test_a_private_file_is_in_order(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.touch(0o600)
    assert private_file("modes", file).verdict is Verdict.OK


@pytest.mark.parametrize("verdict", [Verdict.WARNING, Verdict.ERROR])
def test_a_file_that_others_may_read_is_what_the_caller_says(
    tmp_path: Path, verdict: Verdict
) -> None:
    file = tmp_path / "secret"
    file.touch()
    file.chmod(0o604)
    finding = private_file("modes", file, verdict=verdict)
    assert (finding.verdict, finding.detail) == (verdict, "secret has mode 0604, want 0600")
    assert finding.remedy == f"chmod 600 {file}"


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    assert private_file("modes", tmp_path / "none").verdict is Verdict.ERROR


def test_a_drop_folder_may_be_its_group_s_but_not_everybody_s(tmp_path: Path) -> None:
    tmp_path.chmod(0o770)
    assert drop_folder(tmp_path).verdict is Verdict.OK
    tmp_path.chmod(0o772)
    finding = drop_folder(tmp_path)
    assert (finding.verdict, finding.remedy) == (Verdict.ERROR, f"chmod o-w {tmp_path}")


def test_a_drop_folder_is_there_and_a_folder(tmp_path: Path) -> None:
    assert "install -d" in drop_folder(tmp_path / "none").remedy
    (tmp_path / "file").touch()
    assert "is not a folder" in drop_folder(tmp_path / "file").detail


def test_a_log_file_needs_its_folder(tmp_path: Path) -> None:
    assert log_file(tmp_path / "sync.log").verdict is Verdict.OK
    finding = log_file(tmp_path / "none" / "sync.log")
    assert (finding.verdict, finding.remedy) == (Verdict.ERROR, f"mkdir -p {tmp_path / 'none'}")
