"""`conformance`: does an LMS keep the rules that the engine relies on?"""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import typer

from services.cli.exits import Exit
from services.cli.recording import recording
from services.cli.session import say
from shared import bootstrap
from shared.domain.errors import ConfigInvalid
from shared.observability import configure_logging
from shared.ports.conformance import Conformance, Conformity, Judged, LeftBehind
from shared.settings import DEFAULT_CONFIG, Loaded, load_settings

_SIGNS = {Conformity.HOLDS: "ok", Conformity.BROKEN: "x ", Conformity.NOT_CHECKED: "- "}
_PREFIX = "/api/v1"
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the command line names."""

    url: str
    config: Path | None
    key_id: str | None
    secret_env: str | None
    secret_file: Path | None
    record: Path | None = None


def conformance(wish: Wish, *, write_sandbox: bool, as_json: bool) -> int:
    """Judge every rule; with ``write_sandbox`` also those that take writes."""
    configure_logging("WARNING", "console")
    url = _base_url(wish.url)
    loaded = _configuration(wish.config)
    if write_sandbox and loaded is not None:
        _refuse_production(url, loaded)
    key_id, secret = _credentials(wish, url, loaded)
    began_s = time.monotonic()
    recorded = recording(wish.record) if wish.record else nullcontext()
    with recorded, bootstrap.conformance(
        url, key_id, secret, may_write=write_sandbox, record=wish.record
    ) as check:  # fmt: skip
        judged = _shown(check.reading(), quiet=as_json)
        if write_sandbox:
            judged += _written(check, quiet=as_json)
        seconds = time.monotonic() - began_s
        if as_json:
            print(json.dumps(_document(url, judged, check, seconds)))
        say(_summary(judged, check.requests, seconds, wrote=write_sandbox))
        return _exit(judged, check.left)


def _written(check: Conformance, *, quiet: bool) -> list[Judged]:
    """The rules that take writes; whatever happens, own people are put away and what is left is told."""
    # A terminal that is closed ends this like a SIGTERM: with what follows `finally`.
    signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM))
    say(check.intention())
    try:
        return _shown(check.writing(), quiet=quiet)
    finally:
        try:
            check.tidy_up()
        finally:
            say(_left(check.left))


def _shown(found: Iterable[Judged], *, quiet: bool) -> list[Judged]:
    """All of them, each printed as it is judged."""
    judged = []
    for each in found:
        judged.append(each)
        if not quiet:
            untold = "not checked: " if each.conformity is Conformity.NOT_CHECKED else ""
            sign = _SIGNS[each.conformity]
            print(f"{sign}  {each.rule.id:<20} {untold}{each.detail}", flush=True)
    return judged


def _exit(judged: Iterable[Judged], left: LeftBehind) -> Exit:
    if any(each.conformity is Conformity.BROKEN for each in judged):
        return Exit.INVALID
    return Exit.ERRORS if left.unclean or left.lost else Exit.DONE


def _summary(judged: list[Judged], requests: int, seconds: float, *, wrote: bool) -> str:
    count = Counter(each.conformity for each in judged)
    said = (
        f"{len(judged)} rules: {count[Conformity.HOLDS]} hold, {count[Conformity.BROKEN]} broken,"
        f" {count[Conformity.NOT_CHECKED]} not checked. {requests} requests in {seconds:.1f} s."
    )
    if wrote:
        return said
    return f"{said} Nothing was written; the rules about writes take --write-sandbox."


def _left(left: LeftBehind) -> str:
    if not (left.people or left.lost):
        return "Nothing is left behind."
    clean = [person_id for person_id in left.people if person_id not in left.unclean]
    parts = []
    if clean:
        parts.append(f"People left behind, inactive and without groups: {_listed(clean)}.")
    if left.unclean:
        parts.append(
            f"People that could not be put away: {_listed(left.unclean)}. Deactivate them and take"
            " them out of their groups."
        )
    if left.lost:
        parts.append(
            f"Creates without an answer: {_listed(left.lost)}. Nobody of that name was found; look"
            " again later."
        )
    return " ".join(parts)


def _listed(items: Iterable[object]) -> str:
    return ", ".join(map(str, items))


def _document(
    url: str, judged: list[Judged], check: Conformance, seconds: float
) -> dict[str, object]:
    left = check.left
    return {
        "format_version": "1.0",
        "url": url,
        "conforms": all(each.conformity is not Conformity.BROKEN for each in judged),
        "rules": [
            {
                "id": each.rule.id, "statement": each.rule.statement,
                "writes": each.rule.writes, "verdict": each.conformity.value,
                "detail": each.detail,
            }
            for each in judged
        ],
        "requests": check.requests,
        "seconds": round(seconds, 3),
        "left_behind": {
            "people": left.people, "not_put_away": left.unclean, "unanswered_creates": left.lost,
        },
    }  # fmt: skip


def _base_url(given: str) -> str:
    """The URL with `/api/v1`, which may be left out."""
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError as error:
        raise typer.BadParameter(f"URL can't be read: {error}") from None
    path = parts.path.rstrip("/")
    strange = parts.query or parts.fragment or "@" in parts.netloc or port == 0
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or strange:
        raise typer.BadParameter(f"URL is https://HOST{_PREFIX}, with nothing before or behind")
    if path and not path.endswith(_PREFIX):
        raise typer.BadParameter(f"URL ends in {_PREFIX}")
    if not path:
        say(f"{_PREFIX} is added to the URL.")
    return f"{parts.scheme}://{parts.netloc}{path or _PREFIX}"


def _configuration(config: Path | None) -> Loaded | None:
    """The one that is named, or that of the working directory where there is one."""
    if config is None and not DEFAULT_CONFIG.is_file():
        return None
    return load_settings(config)


def _refuse_production(url: str, loaded: Loaded) -> None:
    """A sandbox is not production, whatever path or scheme leads there."""
    settings = loaded.settings
    here, there = (_place(urlsplit(each)) for each in (url, settings.ascip.base_url))
    if here == there and settings.district.environment == "production":
        raise ConfigInvalid(
            "--write-sandbox makes people, and this URL is the ASCIP of a configuration with"
            ' district.environment = "production". Nothing was sent. Name a sandbox.',
            code="production",
        )


def _place(parts: SplitResult) -> tuple[str, int | None]:
    """Host and port; the default ports of both schemes are one place."""
    port = None if parts.port == _DEFAULT_PORTS.get(parts.scheme) else parts.port
    return (parts.hostname or "").rstrip("."), port


def _credentials(wish: Wish, url: str, loaded: Loaded | None) -> tuple[str, str]:
    """Key id and secret: those of the command line, or for its own URL those of the configuration."""
    named = [wish.key_id, wish.secret_env, wish.secret_file]
    if not any(named):
        if loaded is not None and _same_url(loaded.settings.ascip.base_url, url):
            return loaded.settings.ascip.key_id, loaded.ascip_secret()
        raise typer.BadParameter(
            "this URL is not the configuration's ascip.base_url: name a key with --key-id and"
            " --secret-env or --secret-file"
        )
    if not wish.key_id or (wish.secret_env is None) == (wish.secret_file is None):
        raise typer.BadParameter("--key-id goes with one of --secret-env and --secret-file")
    return wish.key_id, _secret(wish)


def _same_url(one: str, other: str) -> bool:
    first, second = urlsplit(one), urlsplit(other)
    return (first.scheme, _place(first), first.path) == (second.scheme, _place(second), second.path)


def _secret(wish: Wish) -> str:
    if wish.secret_file is not None:
        where, secret = str(wish.secret_file), wish.secret_file.read_text(encoding="utf-8").strip()
    else:
        where = str(wish.secret_env)
        secret = os.environ.get(where, "")
    if not secret:
        raise ConfigInvalid(f"There is no secret in {where}. Nothing was sent.")
    return secret
