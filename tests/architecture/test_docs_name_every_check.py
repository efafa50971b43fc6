"""The page of checks against the code: every check stands in it, and no other."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.checkout import ROOT, sources

PAGE = ROOT / "docs" / "reference" / "health.md"
#: Named after the table of the configuration they speak of.
OF_TABLES = {"ascip", "limits", "mail", "server"}
#: Only where a probe itself breaks down.
INTERNAL = {"state"}


def named() -> Iterator[str]:
    """Names that the code gives to findings."""
    for source in sources("shared"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
                ("Finding", "_skipped", "_broken", "private_file", "_unchecked")
            ):
                given = [k.value for k in node.keywords if k.arg == "name"] or node.args[:1]
                yield from (str(v.value) for v in given if isinstance(v, ast.Constant))


def described() -> set[str]:
    """Names in the first column of the table of checks."""
    table = PAGE.read_text(encoding="utf-8").partition("| check | where |")[2]
    rows = re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([a-z-]+)`", row)}


def test_every_check_stands_in_the_page_and_no_other() -> None:
    known = {name for name in named() if re.fullmatch(r"[a-z-]+", name)} | OF_TABLES
    assert described() == known - INTERNAL
