"""Configuration keys and verbs: each is documented, and nothing else is."""

import re
from collections.abc import Iterator
from pathlib import Path

import typer.main

from services.cli.main import app
from shared.domain.feeds.governed import FEEDS
from shared.settings import Settings, load_settings
from shared.settings_errors import tables
from tests.architecture.checkout import ROOT

REFERENCE = ROOT / "docs" / "reference"
ROWS = re.compile(r"^\| `([^`]+)` \| ([^|]+) \|", re.MULTILINE)


def keys(table: object, prefix: str = "") -> Iterator[str]:
    """Every key of the configuration; where secrets are is a value, not a table."""
    for name, inner in tables(table).items():
        if inner is None or name in ("secret", "password", "master"):
            yield prefix + name
        else:
            yield from keys(inner, f"{prefix}{name}.")


def documented(key: str) -> str:
    """How the reference calls a key: governed feeds have the same ones."""
    parts = key.split(".")
    if parts[0] == "feeds" and parts[1] in FEEDS:
        parts[1] = "NAME"
    if parts[:2] == ["retention", "feeds"]:
        parts[2] = "NAME"
    return ".".join(parts)


def test_every_key_is_in_the_reference() -> None:
    text = (REFERENCE / "configuration.md").read_text(encoding="utf-8")
    wanted = dict.fromkeys(map(documented, keys(Settings)))
    assert [key for key, _ in ROWS.findall(text)] == list(wanted)


def test_the_defaults_shown_are_the_program_s(tmp_path: Path) -> None:
    shown = dict(ROWS.findall((REFERENCE / "configuration.md").read_text(encoding="utf-8")))
    config = tmp_path / "config.toml"
    config.write_text(
        '[ascip]\nbase_url = "https://a.example"\nkey_id = "k"\nsecret = { env = "X" }\n',
        encoding="utf-8",
    )
    settings = load_settings(config).settings.model_dump(mode="json")
    for key, default in shown.items():
        if default.strip() == "required":
            continue
        value = settings
        for part in key.replace("NAME", next(iter(FEEDS))).split("."):
            value = value[part]
        if default.strip() not in ("none", "all six", "the feed's"):
            assert default.strip().strip("`") == _written(value), key


def test_every_verb_is_in_the_reference() -> None:
    text = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    command = typer.main.get_command(app)
    for name, verb in command.commands.items():  # type: ignore[attr-defined]  # it is a group
        nested = [f"{name} {inner}" for inner in getattr(verb, "commands", ())] or [name]
        for words in nested:
            assert re.search(rf"`{words}\b", text), words


def _written(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case _:
            return str(value)
