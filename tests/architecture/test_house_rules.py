"""The house rules that a program can check. Each failure names file, line and rule."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.checkout import PACKAGES, PURE, ROOT, Source, pages, sources

LINES_OF_A_FILE = 400
LINES_OF_A_TEST_FILE = 600
LINES_OF_A_FUNCTION = 50
POSITIONAL_PARAMETERS = 5
VAGUE_NAMES = {"utils.py", "helpers.py", "common.py", "manager.py"}

#: Modules whose import alone says that time, chance or the outside world comes in past the ports.
IMPURE_MODULES = {
    "os",
    "io",
    "random",
    "secrets",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "time",
}
#: Calls that do the same.
IMPURE_CALLS = {
    "open", "input", "print", "datetime.now", "datetime.utcnow", "datetime.today", "date.today",
    "uuid4", "uuid.uuid4", "uuid1", "uuid.uuid1",
}  # fmt: skip

#: Text that stands nowhere. The words are put together here, or this file would hold them.
UNFINISHED = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")
PLACES = ("wo" + "rk", "ro" + "ot", "home/[a-z]+", "Users")
FORBIDDEN = {
    "an unfinished note": rf"\b({'|'.join(UNFINISHED)})\b",
    "a path of one machine": rf"(?<![\w./-])/({'|'.join(PLACES)})/",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(source: Source) -> Iterator[Function]:
    """Functions and methods of a file, nested ones too."""
    for node in ast.walk(source.tree):
        if isinstance(node, Function):
            yield node


def called(node: ast.Call) -> str:
    """The last two parts of the dotted name that is called, such as `datetime.now`."""
    return ".".join(ast.unparse(node.func).split(".")[-2:])


def positional(node: Function) -> int:
    """How many parameters can be given by place, `self` aside."""
    names = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def is_command(node: Function) -> bool:
    """A typer command: its parameters are named on the command line."""
    names = (ast.unparse(decorator) for decorator in node.decorator_list)
    return any(name.partition("(")[0].endswith((".command", ".callback")) for name in names)


def patches(node: ast.AST) -> bool:
    """Whether a statement or call replaces something that was not handed in."""
    if isinstance(node, ast.ImportFrom):
        return node.module == "unittest.mock"
    name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    return name.endswith("monkeypatch.setattr") or "mock.patch" in name


def imported(node: ast.AST) -> Iterator[str]:
    """Top-level names a statement imports from."""
    if isinstance(node, ast.Import):
        yield from (alias.name.split(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module.split(".")[0]


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    """400 lines; 600 for a test. A migration is written once and only ever read from the top."""
    limits = {
        LINES_OF_A_FILE: sources(*PACKAGES, "benchmarks"),
        LINES_OF_A_TEST_FILE: sources("tests"),
    }
    found = [
        f"{source.name}: {lines} lines, at most {limit}"
        for limit, files in limits.items()
        for source in files
        if (lines := len(source.text.splitlines())) > limit
    ]
    assert found == []


def test_no_function_is_longer_than_a_screen() -> None:
    """50 lines, docstring included."""
    found = [
        source.at(node.lineno, f"{node.name} has {lines} lines, at most {LINES_OF_A_FUNCTION}")
        for source in sources(*PACKAGES, "tests", "benchmarks")
        for node in functions(source)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > LINES_OF_A_FUNCTION
    ]
    assert found == []


def test_parameters_beyond_five_are_keywords() -> None:
    """More than five values in a row can't be told apart at the call."""
    found = [
        source.at(node.lineno, f"{node.name} takes {count} positional parameters")
        for source in sources(*PACKAGES)
        for node in functions(source)
        if not is_command(node) and (count := positional(node)) > POSITIONAL_PARAMETERS
    ]
    assert found == []


def test_every_module_says_what_it_is_for() -> None:
    """A docstring at the top; a test file names what it tests."""
    found = [
        source.at(1, "no module docstring")
        for source in sources(*PACKAGES, "migrations", "tests", "benchmarks")
        if not ast.get_docstring(source.tree)
    ]
    assert found == []


def test_no_file_has_a_name_that_means_anything() -> None:
    """`utils.py` collects what nobody placed."""
    found = [
        s.name for s in sources(*PACKAGES, "tests", "benchmarks") if s.path.name in VAGUE_NAMES
    ]
    assert found == []


def test_domain_and_pipeline_touch_nothing_outside() -> None:
    """Time, ids, files and chance come through ports."""
    found = []
    for source in sources(*PURE):
        for node in ast.walk(source.tree):
            line = getattr(node, "lineno", 0)
            found += [
                source.at(line, f"imports {m}") for m in imported(node) if m in IMPURE_MODULES
            ]
            if isinstance(node, ast.Call) and called(node) in IMPURE_CALLS:
                found.append(source.at(line, f"calls {called(node)}"))
    assert found == []


def test_tests_replace_nothing_behind_the_code_s_back() -> None:
    """Fakes are classes that are handed in; patching hides how things hang together."""
    found = [
        source.at(getattr(node, "lineno", 0), "patches")
        for source in sources("tests", "benchmarks")
        for node in ast.walk(source.tree)
        if patches(node)
    ]
    assert found == []


def test_no_exception_is_swallowed_whole() -> None:
    """`except Exception: pass` loses the one message that mattered."""
    broad = {"Exception", "BaseException", "None"}
    found = [
        source.at(node.lineno, "swallows every exception")
        for source in sources(*PACKAGES, "tests", "benchmarks")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in broad)
        and all(isinstance(statement, ast.Pass) for statement in node.body)
    ]
    assert found == []


@pytest.mark.parametrize(("rule", "pattern"), FORBIDDEN.items(), ids=list(FORBIDDEN))
def test_no_text_holds(rule: str, pattern: str) -> None:
    """Code, pages and build files alike."""
    found = [
        f"{path.relative_to(ROOT).as_posix()}:{number}: {rule}"
        for path in written_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert found == []


def written_files() -> list[Path]:
    """Text files that people wrote."""
    build = [ROOT / name for name in ("Makefile", "pyproject.toml", ".ci/run", ".gitignore")]
    code = [s.path for s in sources(*PACKAGES, "migrations", "tests", "benchmarks")]
    return [*code, *pages(), *build]
