"""The data directory is private and ours, its key too, and there is room on the disk."""

from pathlib import Path

import pytest

from shared.adapters.vault.probes import GB, MB, Room, disk_probe, folder_probe, judge_room
from shared.ports.probe import Finding, Verdict


def found(folder: Path) -> dict[str, Finding]:
    return {finding.name: finding for finding in folder_probe(folder).look()}


@pytest.mark.parametrize(
    ("total", "floor", "verdict"),
    [
        (10 * GB, 2 * GB, Verdict.WARNING),
        (10 * GB, 200 * MB, Verdict.ERROR),
        (100 * GB, 10 * GB, Verdict.WARNING),
        (100 * GB, 1 * GB, Verdict.ERROR),
        (4000 * GB, 20 * GB, Verdict.WARNING),
        (4000 * GB, 2 * GB, Verdict.ERROR),
    ],
)
def test_room_is_judged_by_bytes_and_by_share(total: int, floor: int, verdict: Verdict) -> None:
    below = judge_room(Path("/data"), Room(free=floor - 1, total=total))
    at = judge_room(Path("/data"), Room(free=floor, total=total))
    assert below.verdict is verdict
    assert below.remedy
    assert at.verdict is (Verdict.WARNING if verdict is Verdict.ERROR else Verdict.OK)
    assert at.facts["free_bytes"] == floor


def test_a_folder_that_is_not_there_yet_is_looked_at_where_it_will_be(tmp_path: Path) -> None:
    (finding,) = disk_probe(tmp_path / "a" / "b").look()
    assert finding.facts["total_bytes"]
    assert "is made at the first start" in found(tmp_path / "a")["data-dir"].detail


def test_a_private_folder_is_in_order(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert [f.verdict for f in found(tmp_path).values()] == [Verdict.OK]


@pytest.mark.parametrize("mode", [0o750, 0o701])
def test_a_folder_that_others_may_enter_is_an_error(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    finding = found(tmp_path)["data-dir"]
    assert (finding.verdict, finding.remedy) == (Verdict.ERROR, f"chmod 700 {tmp_path}")
    assert f"{mode:04o}" in finding.detail


def test_a_file_in_its_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    assert "is not a folder" in found(tmp_path / "data")["data-dir"].detail


def test_the_master_key_is_for_nobody_else(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    key = tmp_path / "master.key"
    key.touch(0o600)
    assert found(tmp_path)["master-key"].verdict is Verdict.OK
    key.chmod(0o640)
    finding = found(tmp_path)["master-key"]
    assert (finding.verdict, finding.remedy) == (Verdict.ERROR, f"chmod 600 {key}")
