"""Where the rehearsal's containers would see their mounts, and as whom they act."""

import json
import os
import re
import secrets
import socket
from pathlib import Path
from urllib.parse import urlsplit

from tests.architecture.checkout import ROOT
from tests.containers.environment import variables
from tests.fakes.servers import without_password

PAGE = ROOT / "docs" / "how-to" / "install-on-a-server.md"
#: `nobody`: owns nothing, and has no home.
NOBODY = 65534
#: Of the tenant's double; one a rehearsal.
MADE = ("ascip_secret", "master_key", "postgres_password", "database_password", "redis_password")


class Place:
    """A folder that stands for the containers' file systems."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.chmod(0o755)
        self.uid = os.geteuid() or NOBODY
        self.ports = {8080: free_port(), 8090: free_port(), 5432: free_port(), 6379: free_port()}
        for name in ("etc", "secrets"):
            (folder / name).mkdir()
        for name in ("data", "drop", "tmp", "servers"):
            (folder / name).mkdir(mode=0o700)
            os.chown(folder / name, self.uid, -1)
        for name in MADE:
            self.keep(name, secrets.token_hex(16))
        self.keep("master_key", "bWFzdGVyIGtleSBvZiBvbmUgcmVoZWFyc2FsIG9ubHk=")
        self.environment = {
            **variables(),
            "PATH": f"{folder}/opt/ascip-sync/bin:/usr/bin:/bin",
            "HOME": "/nonexistent",
            "TMPDIR": str(folder / "tmp"),
            # The double has no limit here, so that the rehearsal is short.
            "ASCIP_SYNC__ASCIP__RATE_PER_S": "500",
            "ASCIP_SYNC__ASCIP__BURST": "50",
            "ASCIP_SYNC__DROP__STABLE_S": "1",
        }

    def keep(self, name: str, secret: str) -> None:
        """A secret's file, as compose mounts it."""
        (self.folder / "secrets" / name).write_text(secret + "\n", encoding="ascii")

    def translated(self, text: str) -> str:
        """Paths and ports of the containers as they are here."""
        for place, name in (
            ("/etc/ascip-sync", "etc"), ("/run/secrets", "secrets"), ("/srv/drop", "drop"),
        ):  # fmt: skip
            text = text.replace(place, str(self.folder / name))
        for port, here in self.ports.items():
            text = re.sub(rf"\b{port}\b", str(here), text)
        return text.replace("$$", "$")

    def configure(self, database_url: str, redis_url: str, mapping: str) -> None:
        """The page's configuration, and a mapping."""
        _, _, text = PAGE.read_text(encoding="utf-8").partition(
            "<!-- compose-config -->\n```toml\n"
        )
        text, _, _ = text.partition("```")
        for url, secret in ((database_url, "database_password"), (redis_url, "redis_password")):
            self.keep(secret, urlsplit(url).password or "")
        changes = {
            "https://ascip.example/api/v1": f"http://127.0.0.1:{self.ports[8090]}/api/v1",
            "postgresql://ascip_sync@postgres:5432/ascip_sync": without_password(database_url),
            "redis://redis:6379/0": without_password(redis_url),
            'dir = "/data"': f"dir = {json.dumps(str(self.folder / 'data'))}",
            'host = "0.0.0.0"': f'host = "127.0.0.1"\nport = {self.ports[8080]}',
        }
        for old, new in changes.items():
            assert old in text, f"{PAGE.name} doesn't say {old} any more"
            text = text.replace(old, new)
        (self.folder / "etc" / "config.toml").write_text(self.translated(text), encoding="utf-8")
        (self.folder / "etc" / "mapping.json").write_text(mapping, encoding="utf-8")

    def listing(self) -> list[tuple[str, int]]:
        """Every file of the tree that is read-only, with the time of its last change."""
        tree = (self.folder / "opt").rglob("*")
        return sorted((str(path), path.lstat().st_mtime_ns) for path in tree)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
