"""What the pages show works: code runs, data parses, commands exist, links lead somewhere."""

import ast
import json
import re
import shlex
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from tests.architecture.checkout import ROOT, Block, blocks, pages

BLOCKS = [block for page in pages() for block in blocks(page)]
SHELL = {"console", "bash", "sh", "shell"}
CALLS = [block for block in BLOCKS if block.language in SHELL]


def commands(block: Block) -> Iterator[list[str]]:
    """The `ascip-sync` calls of a shell block, each as words."""
    prompted = any(line.startswith("$ ") for line in block.text.splitlines())
    for line in block.text.replace("\\\n", " ").splitlines():
        if prompted and not line.startswith("$ "):
            continue  # what the command printed
        lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if set(word) <= set("|&;<>()"):
                if "ascip-sync" in words:
                    yield words[words.index("ascip-sync") + 1 :]
                words = []
            else:
                words.append(word)


def problems(words: list[str]) -> list[str]:
    """Verbs and flags of one call that the program does not have."""
    from services.cli.main import app  # noqa: PLC0415 - the other tests don't need the program

    command: Any = typer.main.get_command(app)
    known = flags_of(command)
    found = []
    for word in words:
        if word.startswith("-") and word != "-":
            if word.split("=")[0] not in known:
                found.append(f"no flag {word.split('=')[0]}")
        elif hasattr(command, "commands") and word not in VALUES_OF_FLAGS:
            if word not in command.commands:
                return [*found, f"no verb {word}"]
            command = command.commands[word]
            known |= flags_of(command)
    return found


#: Values of global flags that may stand before a verb in the pages.
VALUES_OF_FLAGS = {"config.toml", "json"}


def flags_of(command: Any) -> set[str]:
    """Every spelling of every flag of a command."""
    given = {name for p in command.params for name in (*p.opts, *p.secondary_opts)}
    return given | {"--help"}


@pytest.mark.parametrize("block", BLOCKS, ids=[block.place for block in BLOCKS])
def test_a_block_is_what_it_says(block: Block) -> None:
    """Code runs by itself; data parses, without comments and ellipses where its form has none."""
    match block.language:
        case "python":
            exec(compile(block.text, block.place, "exec"), {"__name__": "snippet"})  # noqa: S102
        case "py":  # a part of something: test_add_a_feed.py puts it together
            ast.parse(textwrap.dedent(block.text))
        case "json":
            json.loads(block.text)
        case "toml":
            tomllib.loads(block.text)
        case "yaml":
            yaml.safe_load(block.text)
        case _:
            assert block.language in SHELL | {"text", "csv", "markdown", "powershell", "sql"}, (
                "name the language, or say text"
            )


@pytest.mark.parametrize("block", CALLS, ids=[block.place for block in CALLS])
def test_commands_exist(block: Block) -> None:
    """Every `ascip-sync` call uses verbs and flags that the program has."""
    found = {" ".join(words): wrong for words in commands(block) if (wrong := problems(words))}
    assert found == {}


def test_verbs_that_are_named_exist() -> None:
    """Also in sentences and in messages; `ascip-sync key` is how the file of a master key begins."""
    from services.cli.main import app  # noqa: PLC0415 - the other tests don't need the program

    command: Any = typer.main.get_command(app)
    files = [*pages(), *(ROOT / "shared").rglob("*.py"), *(ROOT / "services").rglob("*.py")]
    named = {
        (verb, str(file.relative_to(ROOT)))
        for file in files
        for verb in re.findall(r"ascip-sync ([a-z][a-z-]*)", file.read_text(encoding="utf-8"))
    }
    known = {"key", *command.commands}
    assert {(verb, file) for verb, file in named if verb not in known} == set()


@pytest.mark.parametrize("block", CALLS, ids=[block.place for block in CALLS])
def test_make_targets_exist(block: Block) -> None:
    """Every `make TARGET` is in the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    used = set(re.findall(r"(?:^|\s)make ([a-z-]+)", block.text))
    assert used <= targets


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Relative links name a file that is here, and a heading that it has."""
    text = page.read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), f"{target} leads nowhere"
        assert not anchor or anchor in anchors(file), f"{target}: no such heading"


def anchors(page: Path) -> set[str]:
    """Headings as links name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def test_the_build_runs_what_the_readme_says() -> None:
    """`.ci/run` takes the first block after the marker; it must be there and be one line."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    _, marker, rest = text.partition("<!-- test-command -->")
    assert marker
    found = re.search(r"^```\w*\n(.*?)^```", rest, re.DOTALL | re.MULTILINE)
    assert found is not None
    assert found[1].strip() == "make test"
