"""Who may upload may do nothing else: no other folder, no link, no shell, no tunnel, no password."""

import subprocess
from pathlib import Path

import pytest

from tests.sftp.conftest import SHIPPED, USER, Sftp


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "x.filepart").write_text("x")
    return tmp_path / "x.filepart"


def test_uploads_land_in_the_drop_folder_readable_by_their_owner_only(
    sftp: Sftp, file: Path
) -> None:
    done = sftp.batch("pwd", f"put {file}", "ls -ln", "rm x.filepart")
    assert done.returncode == 0, done.stderr
    assert "Remote working directory: /drop" in done.stdout
    assert "-rw-------" in done.stdout


def test_there_is_nothing_above_the_root(sftp: Sftp) -> None:
    done = sftp.batch("cd ..", "cd ..", "cd ../../..", "pwd", "ls -a /")
    assert done.returncode == 0, done.stderr
    assert "Remote working directory: /\n" in done.stdout
    assert "drop" in done.stdout
    for name in ("etc", "run", "proc", "root"):
        assert f"/{name}" not in done.stdout.partition("ls -a /")[2]


@pytest.mark.parametrize(
    "command",
    ["get /etc/passwd /dev/null", "get ../../../../etc/passwd /dev/null", "ls /proc", "mkdir /other",
     "symlink /etc/passwd link.csv", "ln -s / link", "ln x.filepart hard.csv", "put FILE /x.csv",
     "rename x.filepart ../x.csv", "chmod 777 /", "rmdir /drop"],
)  # fmt: skip
def test_what_leads_out_of_the_drop_folder_is_refused(sftp: Sftp, file: Path, command: str) -> None:
    assert sftp.batch(f"put {file}").returncode == 0
    done = sftp.batch(command.replace("FILE", str(file)))
    (sftp.drop / "x.filepart").unlink()
    assert done.returncode != 0, done.stdout
    assert [path.name for path in sftp.root.iterdir()] == ["drop"]
    assert not any(path.is_symlink() for path in sftp.drop.iterdir())
    assert not (sftp.drop / "hard.csv").exists()


def test_a_link_that_is_there_all_the_same_leads_nowhere(sftp: Sftp) -> None:
    link = sftp.drop / "link.filepart"
    link.symlink_to("/etc/passwd")
    try:
        assert sftp.batch("get link.filepart /dev/null").returncode != 0
    finally:
        link.unlink()


@pytest.mark.parametrize("command", [[], ["id"], ["cat", "/etc/passwd"]])
def test_there_is_no_shell(sftp: Sftp, command: list[str]) -> None:
    done = ssh(sftp, "-T", command=command)
    assert done.returncode != 0
    assert "uid=" not in done.stdout
    assert "root:" not in done.stdout


def test_nothing_is_forwarded(sftp: Sftp) -> None:
    done = ssh(sftp, "-T", "-W", "127.0.0.1:22")
    assert done.returncode != 0
    assert "open failed" in done.stderr


def test_only_a_known_key_lets_anybody_in(sftp: Sftp, tmp_path: Path) -> None:
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other], check=True)
    done = ssh(sftp, f"-oIdentityFile={other}", without=("IdentityFile",))
    assert "Permission denied (publickey)" in done.stderr
    done = ssh(sftp, "-oPubkeyAuthentication=no", "-oPreferredAuthentications=password")
    assert "Permission denied (publickey)" in done.stderr
    done = ssh(sftp, address="root@127.0.0.1")
    assert "Permission denied (publickey)" in done.stderr


def test_the_log_names_no_file(sftp: Sftp, file: Path) -> None:
    personal = file.rename(file.with_name("Garcia.filepart"))
    assert sftp.batch(f"put {personal}", "rm Garcia.filepart").returncode == 0
    log = (sftp.folder / "log").read_text(encoding="utf-8")
    assert f"Accepted publickey for {USER}" in log
    assert "Garcia" not in log


def test_a_restart_keeps_the_host_keys(sftp: Sftp) -> None:
    """The entrypoint makes what is missing and nothing else."""
    key = sftp.folder / "keys" / "ssh_host_ed25519_key"
    assert key.stat().st_mode & 0o777 == 0o600
    before = key.read_bytes()
    # Its port is taken, so that the second server ends as soon as it has begun.
    done = start_another(sftp, sftp.folder / "user_key.pub")
    assert "Address already in use" in done.stderr
    assert key.read_bytes() == before


@pytest.mark.parametrize("content", [None, "", "# only a comment\n"])
def test_without_a_public_key_it_does_not_start(
    sftp: Sftp, tmp_path: Path, content: str | None
) -> None:
    keys = tmp_path / "authorized_keys"
    if content is not None:
        keys.write_text(content)
    done = start_another(sftp, keys)
    assert done.returncode == 1
    assert str(keys) in done.stderr


def start_another(sftp: Sftp, authorized_keys: Path) -> "subprocess.CompletedProcess[str]":
    """Call the entrypoint again."""
    return subprocess.run(
        ["sh", SHIPPED / "entrypoint.sh", sftp.folder, sftp.folder / "run", authorized_keys],
        capture_output=True, text=True, check=False, timeout=20,
    )  # fmt: skip


def ssh(
    sftp: Sftp,
    *options: str,
    command: list[str] | None = None,
    without: tuple[str, ...] = (),
    address: str | None = None,
) -> "subprocess.CompletedProcess[str]":
    """Try what the user may not do."""
    kept = [o for o in sftp.options if not o.startswith(tuple(f"-o{name}=" for name in without))]
    return subprocess.run(
        ["ssh", *kept, *options, "-p", str(sftp.port), address or sftp.address, *(command or [])],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
