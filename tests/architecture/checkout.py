"""The checkout as the architecture tests see it: its Python files, its pages, their fenced blocks."""

import ast
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("services", "shared")
PURE = ("shared/domain", "shared/pipeline")


@dataclass(frozen=True)
class Source:
    """A Python file."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=self.name)

    def at(self, line: int, what: str) -> str:
        return f"{self.name}:{line}: {what}"


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"


@functools.cache
def sources(*folders: str) -> tuple[Source, ...]:
    """Every Python file below the folders."""
    return tuple(source for folder in folders for source in _of_folder(folder))


@functools.cache
def _of_folder(folder: str) -> tuple[Source, ...]:
    return tuple(Source(path) for path in sorted((ROOT / folder).rglob("*.py")))


def pages() -> list[Path]:
    """README, changelog and everything in docs."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page; `line` is that of the opening fence."""
    text = page.read_text(encoding="utf-8")
    for found in re.finditer(
        r"^(```+)([\w-]*)[^\n]*\n(.*?)^\1\s*$", text, re.DOTALL | re.MULTILINE
    ):
        yield Block(page, text.count("\n", 0, found.start()) + 1, found[2], found[3])
