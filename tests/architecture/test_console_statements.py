"""The page on the console's statements names tests that exist, and every browser test that judges one."""

import ast
import re

from tests.architecture.checkout import ROOT

PAGE = ROOT / "docs" / "reference" / "console-statements.md"
#: Of pages; the others are about the command line, REST and mail.
STATEMENTS = {*range(1, 28), 31, 34, 35}
_ROW = re.compile(r"^\| (\d+) \| [^|]+ \| (.+) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def names_in(path: str) -> set[str]:
    """Names of the tests in a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_statement_is_shown_by_tests_that_exist() -> None:
    rows = _ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert {int(number) for number, _ in rows} == STATEMENTS
    missing = []
    for number, named in rows:
        found = _TEST.findall(named)
        assert found, f"{number} names no test"
        missing += [
            f"{number}: {path}::{name}" for path, name in found if name not in names_in(path)
        ]
    assert missing == []
