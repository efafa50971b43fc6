"""The part of bootstrap that makes checks: adapters' probes with the values of a configuration."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from shared.adapters.clock.system import SystemClock
from shared.pipeline.probing import remembered
from shared.ports.clock import Clock
from shared.ports.probe import Finding, Probe, Verdict
from shared.settings import Loaded

#: Health may be asked by anybody and often: the parts are looked at this seldom, in seconds.
KEPT_S = 3.0
#: Container engines mount secrets here, with the mode of a file outside; nobody else is inside.
MOUNTED_SECRETS = Path("/run/secrets")
#: Each look at ASCIP is a request that counts against its limit.
ASCIP_KEPT_S = 30.0


def clock() -> Clock:
    """The machine's clock."""
    return SystemClock()


def health_probes(loaded: Loaded, database_url: str, redis_url: str) -> list[Probe]:
    """What a running service asks of its parts; answers are remembered for a moment.

    Raises:
        ConfigInvalid: the secret for ASCIP is missing.
    """
    own = loaded.settings.database.url == "embedded"
    parts = [
        database_probe(database_url, own_server=own),
        queue_probe(redis_url, database_url),
        _disk_probe(loaded),
    ]
    kept = [remembered(probe, SystemClock(), for_s=KEPT_S) for probe in parts]
    return [*kept, remembered(ascip_probe(loaded), SystemClock(), for_s=ASCIP_KEPT_S)]


def database_probe(url: str, *, own_server: bool) -> Probe:
    """Looks at PostgreSQL; ``own_server``: the embedded one."""
    from shared.adapters.db.probes import probe  # noqa: PLC0415  # see `bootstrap._Late`

    return probe(url, own_server=own_server)


def queue_probe(url: str, database_url: str | None) -> Probe:
    """Looks at Redis or Valkey; which installation it belongs to is known by its database."""
    from shared.adapters.db.probes import identity  # noqa: PLC0415  # see `bootstrap._Late`
    from shared.adapters.queue.probes import probe  # noqa: PLC0415  # see `bootstrap._Late`

    known: list[str] = []

    def installation() -> str | None:
        if not known and database_url and (found := identity(database_url)):
            known.append(found)
        return known[0] if known else None

    return probe(url, installation)


def ascip_probe(loaded: Loaded) -> Probe:
    """Looks at ASCIP.

    Raises:
        ConfigInvalid: its secret is missing.
    """
    from shared.adapters.lms.probes import Access, probe  # noqa: PLC0415  # see `bootstrap._Late`

    ascip = loaded.settings.ascip
    access = Access(
        base_url=ascip.base_url, key_id=ascip.key_id, secret=loaded.ascip_secret(),
        rate_per_s=ascip.rate_per_s,
    )  # fmt: skip
    return probe(access)


def machine_probes(
    loaded: Loaded, secret_files: Sequence[Path], doubtful: frozenset[str]
) -> list[Probe]:
    """Looks at files and folders; not at those of tables that are ``doubtful``."""
    from shared.adapters.vault.probes import folder_probe  # noqa: PLC0415  # see `bootstrap._Late`

    made = [Probe(name="modes", look=lambda: _modes(loaded, secret_files))]
    if "data" not in doubtful:
        made += [folder_probe(loaded.settings.data_dir), _disk_probe(loaded)]
    named = {"drop": _drop, "log": _log, "tls": _tls}
    return made + [
        Probe(name=table, look=partial(look, loaded))
        for table, look in named.items()
        if table not in doubtful
    ]


def _disk_probe(loaded: Loaded) -> Probe:
    from shared.adapters.vault.probes import disk_probe  # noqa: PLC0415  # see `bootstrap._Late`

    return disk_probe(loaded.settings.data_dir)


def _modes(loaded: Loaded, secret_files: Sequence[Path]) -> Iterator[Finding]:
    """A mounted secret often can't have a mode of its own, so there it is only a warning."""
    from shared.adapters.host.files import private_file  # noqa: PLC0415  # see `bootstrap._Late`

    for path in loaded.files[1:]:
        yield private_file("modes", path)
    for path in secret_files:
        # A missing one is told with the secrets.
        if path.is_file() and not path.is_relative_to(MOUNTED_SECRETS):
            yield private_file("modes", path, verdict=Verdict.WARNING)
    if key := loaded.settings.tls.key:
        path = loaded.base / key
        if path.is_file():
            yield private_file("modes", path, verdict=Verdict.WARNING)


def _drop(loaded: Loaded) -> Iterator[Finding]:
    from shared.adapters.host.files import drop_folder  # noqa: PLC0415  # see `bootstrap._Late`

    if folder := loaded.settings.drop.dir:
        yield drop_folder(loaded.base / folder.expanduser())


def _log(loaded: Loaded) -> Iterator[Finding]:
    from shared.adapters.host.files import log_file  # noqa: PLC0415  # see `bootstrap._Late`

    if name := loaded.settings.log.file:
        yield log_file(loaded.base / name)


def _tls(loaded: Loaded) -> Iterator[Finding]:
    from shared.adapters.host.certificate import (  # noqa: PLC0415  # see `bootstrap._Late`
        certificate,
    )

    tls, base = loaded.settings.tls, loaded.base
    if tls.cert and tls.key:
        ca = base / tls.client_ca if tls.client_ca else None
        yield certificate(base / tls.cert, base / tls.key, ca)
