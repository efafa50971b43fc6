"""A real OpenSSH server with the configuration of the container, its paths moved under /run.

Nothing here is part of `make test`: `make test-sftp` runs it, as root, where OpenSSH is installed.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, install, installation, servers, simulator

__all__ = ["install", "installation", "servers", "simulator"]

SHIPPED = ROOT / "services" / "watcher" / "sftp"
#: Stands for the container's user: whoever it is, it is neither root nor the one who runs the tests.
USER = "nobody"
#: All that the container's root may do, as in docker-compose.yml.
RIGHTS = [
    "setpriv", "--no-new-privs", "--bounding-set", "-all,+audit_write,+setgid,+setuid,+sys_chroot",
]  # fmt: skip


def missing() -> list[str]:
    """What keeps these tests from running."""
    found = [
        f"{package} is not installed (Debian: apt-get install {package})"
        for package, program in {
            "openssh-server": "/usr/sbin/sshd",
            "openssh-client": "sftp",
            "util-linux": "setpriv",
        }.items()
        if shutil.which(program) is None
    ]
    return found if os.geteuid() == 0 else [*found, "sshd needs root for its chroot"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sftp:
    """The server, and its users' client."""

    folder: Path
    port: int

    @property
    def root(self) -> Path:
        """What the user sees as `/`."""
        return self.folder / "srv"

    @property
    def drop(self) -> Path:
        """The upload folder, which is the drop folder."""
        return self.root / "drop"

    @property
    def options(self) -> list[str]:
        """Of every client: the key, the server's own key, and nothing of this machine's."""
        options = {
            "IdentityFile": self.folder / "user_key", "IdentitiesOnly": "yes", "BatchMode": "yes",
            "UserKnownHostsFile": self.folder / "known_hosts", "StrictHostKeyChecking": "yes",
            "IdentityAgent": "none",
        }  # fmt: skip
        return ["-F", "none", *(f"-o{name}={value}" for name, value in options.items())]

    def batch(self, *commands: str) -> "subprocess.CompletedProcess[str]":
        """Run commands; the client ends at the first that fails."""
        return subprocess.run(
            self.argv(), input="\n".join(commands) + "\n", text=True, capture_output=True,
            check=False, timeout=60,
        )  # fmt: skip

    def argv(self, *options: str) -> list[str]:
        return ["sftp", *self.options, *options, "-b", "-", "-P", str(self.port), self.address]

    @property
    def address(self) -> str:
        return f"{USER}@127.0.0.1"


@pytest.fixture(scope="session", autouse=True)
def requirements() -> None:
    """No skipping: who calls for these tests is told why they can't run."""
    if reasons := missing():
        pytest.exit(f"The SFTP tests did not run: {'; '.join(reasons)}.", returncode=1)


@pytest.fixture(scope="session")
def sftp(requirements: None) -> Iterator[Sftp]:  # noqa: ARG001  # before anything is started
    """The shipped configuration and entrypoint, on a port of this machine."""
    # Not under /tmp: sshd trusts no folder that everybody may write in, nor one below such a folder.
    with tempfile.TemporaryDirectory(prefix="ascip-sftp-", dir="/run") as name:
        made = Sftp(folder=Path(name), port=_free_port())
        made.folder.chmod(0o755)
        made.root.mkdir(mode=0o755)
        made.drop.mkdir(mode=0o700)
        shutil.chown(made.drop, USER)
        key = made.folder / "user_key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        (made.folder / "sshd_config").write_text(_moved(made), encoding="utf-8")
        server = _start(made)
        try:
            _wait_for(made, server)
            host_key = (made.folder / "keys" / "ssh_host_ed25519_key.pub").read_text("utf-8")
            known = f"[127.0.0.1]:{made.port} {host_key}"
            (made.folder / "known_hosts").write_text(known, encoding="utf-8")
            yield made
        finally:
            server.terminate()
            server.wait(10)


def _start(sftp: Sftp) -> "subprocess.Popen[bytes]":
    folder = sftp.folder
    with (folder / "log").open("w") as log:
        return subprocess.Popen(
            [*RIGHTS, "sh", SHIPPED / "entrypoint.sh", folder, folder / "run", folder / "user_key.pub"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip


def _moved(sftp: Sftp) -> str:
    """The shipped configuration with other paths, port and user; the rest is as shipped."""
    text = (SHIPPED / "sshd_config").read_text(encoding="utf-8")
    for old, new in {
        "Port 2222": f"Port {sftp.port}\nListenAddress 127.0.0.1",
        "AllowUsers hr": f"AllowUsers {USER}",
        "/etc/ascip-sftp/": f"{sftp.folder}/",
        "/run/ascip-sftp/": f"{sftp.folder}/run/",
        "/srv/sftp": str(sftp.root),
    }.items():
        assert old in text
        text = text.replace(old, new)
    return text


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(sftp: Sftp, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", sftp.port)) == 0:
                return
        time.sleep(0.05)
    pytest.exit(f"sshd did not start: {(sftp.folder / 'log').read_text()}", returncode=1)
