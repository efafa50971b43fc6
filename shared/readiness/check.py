"""Puts the checks of an installation together and runs them."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

from shared import bootstrap, bootstrap_probes
from shared.bootstrap import Urls
from shared.domain.errors import ConfigInvalid
from shared.pipeline.probing import Probed, run_probes
from shared.ports.probe import Finding, Probe, Verdict
from shared.readiness.declared import declared_probes, mapping_ids, plain, secret_files
from shared.readiness.survey import Survey, survey
from shared.settings import Loaded

#: All lists of ASCIP are read for the mapping; a slow one may take this long.
TIMEOUT_S = 30.0


def check_installation(config: Path | None) -> list[Probed]:
    """Check everything that can be, the configuration first. Nothing but reads is sent to ASCIP."""
    found = survey(config)
    probes = [Probe(name="configuration", look=lambda: _configuration(found))]
    with ExitStack() as stack:
        if loaded := found.loaded:
            probes += declared_probes(loaded, found.doubtful)
            probes += bootstrap_probes.machine_probes(loaded, secret_files(loaded), found.doubtful)
            probes += _parts(stack, found, loaded)
        return run_probes(probes, bootstrap_probes.clock(), timeout_s=TIMEOUT_S)


def _configuration(found: Survey) -> Iterator[Finding]:
    for problem in found.problems:
        yield Finding(
            name="configuration", verdict=Verdict.ERROR, where=problem.where,
            detail=f"{problem.key} {problem.what}".strip(),
        )  # fmt: skip
    if found.loaded is None:
        yield _unchecked("configuration", "nothing else can be looked at until it can be read")
    elif not found.problems:
        yield Finding(name="configuration", detail=", ".join(file.name for file in found.files))


def _parts(stack: ExitStack, found: Survey, loaded: Loaded) -> Iterator[Probe]:
    """PostgreSQL, Redis and ASCIP, as far as it is known where they are."""
    database, redis = _servers(stack, found, loaded)
    own = loaded.settings.database.url == "embedded"
    yield (
        bootstrap_probes.database_probe(database, own_server=own)
        if isinstance(database, str)
        else database
    )
    known = database if isinstance(database, str) else None
    yield bootstrap_probes.queue_probe(redis, known) if isinstance(redis, str) else redis
    if "ascip" in found.doubtful:
        yield _skipped("ascip", "its keys above are missing or wrong")
        return
    try:
        ascip = bootstrap_probes.ascip_probe(loaded)
    except ConfigInvalid:
        yield _skipped("ascip", "its secret is missing")
        return
    if isinstance(redis, str) and "staff" not in found.doubtful:
        urls = Urls(database="", redis=redis, embedded=own)
        ascip = _with_mapping(ascip, loaded, urls)
    yield ascip


def _with_mapping(ascip: Probe, loaded: Loaded, urls: Urls) -> Probe:
    """The ids of the mapping after ASCIP itself: one that doesn't answer isn't waited for twice."""

    def look() -> Iterator[Finding]:
        found = tuple(ascip.look())
        yield from found
        if any(finding.verdict is Verdict.ERROR for finding in found):
            yield _unchecked("mapping-ids", "ASCIP can't be read")
        else:
            yield mapping_ids(loaded, lambda: bootstrap.reference(loaded, urls))

    return Probe(name=ascip.name, look=look)


def _servers(stack: ExitStack, found: Survey, loaded: Loaded) -> tuple[str | Probe, str | Probe]:
    """Where PostgreSQL and Redis are, or what to say instead. Embedded ones are started."""
    settings = loaded.settings
    if "embedded" not in (settings.database.url, settings.redis.url):
        return _external(found, loaded, "database"), _external(found, loaded, "redis")
    if found.problems:
        reason = "the embedded servers are started once the configuration is right"
        return _skipped("db", reason), _skipped("queue", reason)
    try:
        urls = stack.enter_context(bootstrap.open_urls(loaded))
    except (ConfigInvalid, OSError) as error:
        reason = plain(error) if isinstance(error, ConfigInvalid) else str(error)
        return _broken("db", reason), _skipped("queue", "it starts together with PostgreSQL")
    if settings.database.url == "embedded":
        bootstrap.upgrade_schema(urls)  # ours alone, and every command does so
    return urls.database, urls.redis


def _external(found: Survey, loaded: Loaded, part: Literal["database", "redis"]) -> str | Probe:
    name = "db" if part == "database" else "queue"
    if part in found.doubtful:
        return _skipped(name, f"[{part}] has a mistake")
    try:
        return loaded.url(part)
    except ConfigInvalid:
        return _skipped(name, "its password is missing")


def _skipped(name: str, reason: str) -> Probe:
    return Probe(name=name, look=lambda: [_unchecked(name, reason)])


def _unchecked(name: str, reason: str) -> Finding:
    return Finding(name=name, verdict=Verdict.WARNING, detail=f"not checked: {reason}")


def _broken(name: str, reason: str) -> Probe:
    finding = Finding(name=name, verdict=Verdict.ERROR, detail=reason)
    return Probe(name=name, look=lambda: [finding])
