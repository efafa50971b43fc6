"""`validate-config`: is everything there that a run needs?"""

import json
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from services.cli.exits import Exit
from services.cli.session import open_session, say
from shared.domain.errors import ConfigInvalid, EngineError, TargetError
from shared.domain.mapping import drift, parse_mapping
from shared.settings import Loaded, load_settings


@dataclass(frozen=True, slots=True)
class Check:
    """A named check with its verdict: `ok`, `warning` or `error`."""

    name: str
    verdict: str
    detail: str
    seconds: float


def validate_config(config: Path | None, *, as_json: bool) -> int:
    """All problems in one pass; warnings don't stop a run, errors do."""
    checks: list[Check] = []
    code = Exit.DONE

    def check(name: str, work: Callable[[], str]) -> None:
        nonlocal code
        began = time.monotonic()
        verdict = "ok"
        try:
            detail = work()
        except TargetError as error:
            verdict, detail, code = "error", str(error), max(code, Exit.UNREACHABLE)
        except EngineError as error:
            verdict, detail = "error", str(error)
            code = code if code is Exit.UNREACHABLE else Exit.INVALID
        if detail.startswith("warning: "):
            verdict, detail = "warning", detail.removeprefix("warning: ")
        checks.append(Check(name, verdict, detail, time.monotonic() - began))

    loaded = load_settings(config)
    check("configuration", lambda: _configuration(loaded))
    check("file modes", lambda: _modes(loaded))
    check("secret", lambda: "present" if loaded.ascip_secret() else "empty")
    check("mapping", lambda: _mapping(loaded))
    if all(c.verdict != "error" for c in checks):
        check("database and ASCIP", lambda: _connected(config, loaded))
    _print(checks, as_json=as_json)
    return code


def _configuration(loaded: Loaded) -> str:
    if not loaded.settings.ascip.base_url.endswith("/api/v1"):
        return "warning: ascip.base_url usually ends in /api/v1"
    return ", ".join(path.name for path in loaded.files)


def _modes(loaded: Loaded) -> str:
    for path in loaded.files[1:]:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            return f"warning: {path.name} has mode {mode:04o}, want 0600 -> chmod 600 {path}"
    return "private files are private"


def _mapping(loaded: Loaded) -> str:
    mapping = parse_mapping(loaded.mapping_text())
    if not mapping.protected_usernames and not mapping.protected_roles:
        return (
            "warning: nobody is protected: list the LMS administrator's account under `protected`"
        )
    return f"version {mapping.version}: {len(mapping.sites)} sites, {len(mapping.buckets)} buckets"


def _connected(config: Path | None, loaded: Loaded) -> str:
    with open_session(config) as session:
        reference = session.tools.target.reference()
        found = drift(parse_mapping(session.mapping_text), reference)
    gone = [text for text in found if text.endswith("does not exist in ASCIP")]
    if gone:
        raise ConfigInvalid("mapping: " + "; ".join(gone), code="mapping_drift")
    if found:
        return "warning: mapping drift: " + "; ".join(found)
    return (
        f"{reference.tenant_name}: {len(reference.groups)} groups, {len(reference.buckets)} buckets,"
        f" {len(reference.roles)} roles at {loaded.settings.ascip.base_url}"
    )


def _print(checks: list[Check], *, as_json: bool) -> None:
    if as_json:
        rows = [
            {
                "check": c.name,
                "verdict": c.verdict,
                "detail": c.detail,
                "seconds": round(c.seconds, 3),
            }
            for c in checks
        ]
        print(json.dumps(rows))
        return
    for c in checks:
        sign = {"ok": "ok", "warning": "! ", "error": "x "}[c.verdict]
        print(f"{sign}  {c.name:<20} {c.detail}  ({c.seconds:.1f} s)")
    if all(c.verdict != "error" for c in checks):
        say("Ready. Next: ascip-sync plan --csv FILE")
