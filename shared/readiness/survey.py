"""Reads a configuration as far as it can be read: what is wrong is listed, the rest is checked on."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    TomlConfigSettingsSource,
)

from shared.settings import DEFAULT_CONFIG, Loaded, Settings, what_means_nothing
from shared.settings_errors import Problem, explain, literal_secrets, location, not_toml

#: Stand for what has no default; the table is doubtful then, so nothing is called with them.
_STAND_INS = {"base_url": "https://missing.invalid", "key_id": "missing", "secret": "missing"}
#: Each pass takes out what it found wrong; more than a few mean that something else is.
_PASSES = 5
_UNKNOWN = frozenset({"extra_forbidden", "unexpected_keyword_argument", "unexpected_property"})


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What could be read."""

    files: tuple[Path, ...]
    problems: list[Problem] = field(default_factory=list)
    #: The configuration without its wrong keys, None if not even that can be had.
    loaded: Loaded | None = None
    #: Tables that don't say what was meant, so that nothing may be concluded from them.
    doubtful: frozenset[str] = frozenset()


def survey(config: Path | None) -> Survey:
    """Read ``config`` and what lies beside it; nothing is raised for what stands in them."""
    path = (config or DEFAULT_CONFIG).absolute()
    if not path.is_file():
        what = "is not there; name one with --config FILE"
        return Survey(files=(), problems=[Problem(str(path), "the configuration", what)])
    local = path.with_name(path.stem + ".local.toml")
    files = (path, local) if local.is_file() else (path,)
    if broken := [problem for file in files for problem in not_toml(file)]:
        return Survey(files=files, problems=broken)
    return _read(files)


class _Given(Settings):
    """Settings from values that were merged before."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  # pydantic names them
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def _read(files: tuple[Path, ...]) -> Survey:
    values, problems, doubtful = _merged(files), literal_secrets(files[0]), set[str]()
    for _ in range(_PASSES):
        try:
            settings = _Given(**values)
        except ValidationError as error:
            found = error.errors(include_input=False, include_url=False)
            problems = [*explain(found, files, Settings), *problems]
            for each in found:
                doubtful |= _take_out(values, location(each), unknown=each["type"] in _UNKNOWN)
        else:
            loaded = Loaded(settings=settings, base=files[0].parent, files=files)
            problems += what_means_nothing(settings, files)
            return Survey(
                files=files, problems=problems, loaded=loaded, doubtful=frozenset(doubtful)
            )
    return Survey(files=files, problems=problems)


def _merged(files: Sequence[Path]) -> dict[str, Any]:
    """Environment over files, as `load_settings` has them."""
    toml = TomlConfigSettingsSource(Settings, toml_file=list(files), deep_merge=True)()
    return _deep(toml, EnvSettingsSource(Settings)())


def _deep(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**below}
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _deep(merged[key], value) if both else value
    return merged


def _take_out(values: dict[str, Any], key: Sequence[str], *, unknown: bool) -> set[str]:
    """Remove a wrong key, or stand in for a missing one; the tables that are doubtful now."""
    table = key[0]
    if table == "ascip" and not unknown:
        given = values.get("ascip")
        known = given if isinstance(given, dict) else {}
        wrong = key[1] if len(key) > 1 else None
        kept = {k: v for k, v in known.items() if k != wrong}
        values["ascip"] = {**_STAND_INS, **kept}
        return {"ascip"} if wrong is None or wrong in _STAND_INS else set()
    _remove(values, key)
    if table in Settings.model_fields:
        # ASCIP's own keys have no defaults, so an unknown one beside them leaves no doubt.
        return set() if table == "ascip" else {table}
    return set(difflib.get_close_matches(table, Settings.model_fields, n=1, cutoff=0.5))


def _remove(values: dict[str, Any], key: Sequence[str]) -> None:
    """Take a key out; where the way to it ends early, what stands there instead."""
    if not key:
        return
    here = values
    for part in key[:-1]:
        below = here.get(part)
        if not isinstance(below, dict):
            here.pop(part, None)
            return
        here = below
    if key[-1] in here:
        del here[key[-1]]
    else:  # a key is missing, or a table as a whole doesn't hold together
        _remove(values, key[:-1])
