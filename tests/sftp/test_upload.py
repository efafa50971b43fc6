"""An HR system uploads with `sftp`: a whole file comes to a plan, half a file does not."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import Installation
from tests.e2e.test_drop_folder import STABLE_S, up
from tests.e2e.test_processes import wait_until
from tests.sftp.conftest import Sftp


@pytest.fixture
def extract(installation: Installation, sftp: Sftp, tmp_path: Path) -> Path:
    """An extract with a few changes, and an installation that watches the upload folder."""
    drop = f'[drop]\ndir = "{sftp.drop}"\nstable_s = {STABLE_S}\n'
    installation.configure(f"{installation.config}{drop}")
    installation.extract.rename(installation.extract.ids[:5])
    installation.write()
    file = tmp_path / "staff.csv"
    file.write_bytes(installation.extract.csv())
    return file


def cut_off(sftp: Sftp, file: Path, name: str) -> None:
    """Begin an upload, slowly, and lose the client in the middle."""
    client = subprocess.Popen(
        sftp.argv("-l", "400"),  # 50 KB a second
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert client.stdin
    client.stdin.write(f"put {file} {name}\n")
    client.stdin.flush()
    arrived = sftp.drop / name
    wait_until(lambda: arrived.exists() and arrived.stat().st_size > 0)
    client.kill()
    client.communicate(timeout=10)
    assert 0 < arrived.stat().st_size < file.stat().st_size


@pytest.mark.slow
def test_an_upload_comes_to_a_plan_and_half_an_upload_does_not(
    installation: Installation, sftp: Sftp, extract: Path, tmp_path: Path
) -> None:
    """Processes, a server, and transfers that are slow on purpose: about 40 s."""
    large = tmp_path / "large.csv"
    large.write_bytes(b"x" * 1_000_000)
    digest = hashlib.sha256(large.read_bytes()).hexdigest()
    (tmp_path / "large.csv.sha256").write_text(f"{digest}  large.csv\n")
    processed, refused = sftp.drop / "processed", sftp.drop / "refused"
    with up(installation):
        cut_off(sftp, large, "cut.csv.filepart")
        assert sftp.batch(f"put {tmp_path}/large.csv.sha256 large.csv.sha256").returncode == 0
        cut_off(sftp, large, "large.csv")
        wait_until(lambda: any(refused.glob("drop_*--large.csv.reason.txt")))

        done = sftp.batch(f"put {extract} staff.csv")
        assert done.returncode == 0, done.stderr
        wait_until(lambda: any(processed.glob("run_*--staff.csv")))
        wait_until(lambda: installation.ask("status")["state"] == "awaiting_approval")

        renamed = ["rename staff2.csv.filepart staff2.csv", "ls"]
        done = sftp.batch(f"put {extract} staff2.csv.filepart", *renamed)
        assert done.returncode == 0, done.stderr
        wait_until(lambda: any(processed.glob("run_*--staff2.csv")))
        assert len(installation.ask("runs")) == 2
    assert [path.name for path in sftp.drop.glob("*.*")] == ["cut.csv.filepart"]
