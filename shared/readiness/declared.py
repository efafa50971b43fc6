"""What the configuration itself says that somebody should know, and the files it names."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from shared.domain.access import Role
from shared.domain.errors import ConfigInvalid, EngineError
from shared.domain.mapping import parse_mapping
from shared.domain.mapping_drift import drift
from shared.domain.snapshot import Reference
from shared.ports.probe import Finding, Probe, Verdict
from shared.settings import Loaded
from shared.settings_errors import Problem
from shared.settings_tables import SecretSource

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
#: From here on a gate in percent never trips before everybody is touched.
_OFF_PERCENT = 100


def declared_probes(loaded: Loaded, doubtful: frozenset[str]) -> list[Probe]:
    """Checks that need nothing but the configuration and the mapping file."""
    made = [
        Probe(name="secrets", look=lambda: _secrets(loaded, doubtful)),
        Probe(name="settings", look=lambda: _cautions(loaded, doubtful)),
    ]
    if "staff" not in doubtful:
        made.append(Probe(name="mapping", look=lambda: [_mapping(loaded)]))
    return made


def secret_files(loaded: Loaded) -> list[Path]:
    """Files that hold a secret and nothing else."""
    sources = _sources(loaded.settings, ())
    return [loaded.base / source.file for _, source in sources if source.file]


def plain(error: EngineError) -> str:
    """What happened, without what was or wasn't started: this is only a check."""
    return str(error).partition(" Nothing was started.")[0].rstrip(".")


def mapping_ids(loaded: Loaded, reference: Callable[[], Reference]) -> Finding:
    """Whether the ids of the mapping exist in ASCIP, under the names they had."""
    try:
        found = drift(parse_mapping(loaded.mapping_text()), reference())
    except EngineError as error:
        return Finding(
            name="mapping-ids", verdict=Verdict.WARNING, detail=f"not checked: {plain(error)}",
            remedy="mend what is said above, then look again",
        )  # fmt: skip
    lost = [each.words for each in found if each.lost]
    if lost:
        return Finding(
            name="mapping-ids", verdict=Verdict.ERROR, detail="; ".join(lost),
            remedy="correct the ids: `ascip-sync refs pull` lists those that exist",
        )  # fmt: skip
    if found:
        return Finding(
            name="mapping-ids", verdict=Verdict.WARNING,
            detail="; ".join(each.words for each in found),
            remedy="if these are still the right ones, take over their names",
        )  # fmt: skip
    return Finding(name="mapping-ids", detail="every id exists in ASCIP under its name")


def _mapping(loaded: Loaded) -> Finding:
    where = Problem.at(loaded.files, ("staff", "mapping"), "").where
    try:
        text = loaded.mapping_text()
        mapping = parse_mapping(text)
    except ConfigInvalid as error:
        missing = error.code == "mapping_missing"
        return Finding(
            name="mapping", verdict=Verdict.ERROR, detail=plain(error),
            where=where if missing else "",
            remedy="put the file there, or correct staff.mapping" if missing
            else "correct the file; docs/reference/mapping.md has its form",
        )  # fmt: skip
    if not mapping.protected_usernames and not mapping.protected_roles:
        return Finding(
            name="mapping", verdict=Verdict.WARNING, where=loaded.mapping_path.name,
            detail="nobody is protected: the LMS administrator's account could be deactivated",
            remedy="list that account under `protected`",
        )  # fmt: skip
    said = f"version {mapping.version}: {len(mapping.sites)} sites, {len(mapping.buckets)} buckets"
    return Finding(name="mapping", detail=said)


def _secrets(loaded: Loaded, doubtful: frozenset[str]) -> Iterator[Finding]:
    sources = [each for each in _sources(loaded.settings, ()) if each[0][0] not in doubtful]
    for key, source in sources:
        name = ".".join(key)
        try:
            _, place = loaded.secret(source, name)
        except ConfigInvalid as error:
            yield Finding(
                name="secrets", verdict=Verdict.ERROR, detail=plain(error),
                where=Problem.at(loaded.files, key, "").where,
                remedy=f"set it where the service is started: export {source.env}=…" if source.env
                else f"write it into {loaded.base / (source.file or '')}, mode 0600",
            )  # fmt: skip
        else:
            yield Finding(name="secrets", detail=f"{name} from {place}")


def _sources(value: object, key: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], SecretSource]]:
    """Every place that the configuration says a secret is in."""
    match value:
        case SecretSource():
            yield key, value
        case BaseModel():
            for name in type(value).model_fields:
                yield from _sources(getattr(value, name), (*key, name))
        case tuple():
            for item in value:
                yield from _sources(item, key)


def _cautions(loaded: Loaded, doubtful: frozenset[str]) -> Iterator[Finding]:
    settings = loaded.settings
    if not settings.ascip.base_url.endswith("/api/v1") and "ascip" not in doubtful:
        yield _caution(
            loaded, ("ascip", "base_url"), "doesn't end in /api/v1",
            "see that it is the address of the API and not of its web pages",
        )  # fmt: skip
    address = urlsplit(settings.ascip.base_url)
    if address.scheme == "http" and address.hostname not in _LOOPBACK and "ascip" not in doubtful:
        yield _caution(
            loaded, ("ascip", "base_url"), "is http: names and emails of all staff go unencrypted",
            "begin it with https://",
        )  # fmt: skip
    if settings.server.host not in _LOOPBACK and settings.tls.cert is None:
        yield _caution(
            loaded, ("server", "host"),
            f"is {settings.server.host}: keys and staff data pass the network unencrypted",
            "set tls.cert and tls.key, or let a proxy on this machine do TLS and listen on 127.0.0.1",
        )  # fmt: skip
    mail = settings.mail
    if mail.host and not mail.mailing.recipients(tuple(Role)):
        yield _caution(
            loaded, ("mail", "host"), "is set, but nobody is named: no mail is sent",
            "name addresses in mail.to, or for each role in mail.approver, mail.operator and so on",
        )  # fmt: skip
    source = settings.feeds.staff.source
    if source and not (loaded.base / source.expanduser()).is_file():
        yield _caution(
            loaded, ("feeds", "staff", "source"), "is not there: at its time nothing would be taken",
            "correct the path, or have the file put there before the first slot",
        )  # fmt: skip
    for key, percent in _percentages(settings.limits, ("limits",)):
        if percent >= _OFF_PERCENT:
            yield _caution(
                loaded, key, f"is {percent:g}: this gate is switched off",
                "take a share that would be strange, such as the default",
            )  # fmt: skip


def _percentages(value: Any, key: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float]]:  # noqa: ANN401  # a dataclass of limits
    for each in fields(value):
        below, path = getattr(value, each.name), (*key, each.name)
        if is_dataclass(below):
            yield from _percentages(below, path)
        elif each.name.endswith("percent"):
            yield path, float(below)


def _caution(loaded: Loaded, key: Sequence[str], what: str, remedy: str) -> Finding:
    return Finding(
        name=key[0], verdict=Verdict.WARNING, detail=f"{'.'.join(key)} {what}", remedy=remedy,
        where=Problem.at(loaded.files, key, "").where,
    )  # fmt: skip
