"""The tables of `docs/explanation/reliability.md`, written from the lists and from what tests came to."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.proof.faults import Fault, Row, faults, settings

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "reliability.md"
NOT_RUN = "not run"
#: A row's name and what was held of it, or a word why not.
Results = Mapping[str, str]
_ROW = re.compile(r"^\| ([^|]+) \|.*\| ([^|]*) \|$", re.MULTILINE)


def rewritten(text: str, results: Results | None = None, run: str | None = None) -> str:
    """The page with its tables as the lists are now; results that aren't given stay as they stand there."""
    text = _between(text, "faults", lambda old: _faults({**_standing(old), **(results or {})}))
    text = _between(text, "settings", lambda old: _settings({**_standing(old), **(results or {})}))
    return _between(text, "last run", lambda old: run or old)


def _between(text: str, name: str, make: Callable[[str], str]) -> str:
    marked = re.compile(rf"(<!-- proof: {name} -->\n)(.*?)(<!-- end -->)", re.DOTALL)
    found = marked.search(text)
    if not found:
        raise ValueError(f"no <!-- proof: {name} --> in {PAGE.name}")
    return text[: found.start(2)] + make(found[2].strip("\n")) + "\n" + text[found.end(2) :]


def _standing(table: str) -> dict[str, str]:
    return {name.strip("`"): result for name, result in _ROW.findall(table)}


def _faults(results: Results) -> str:
    head = "| no. | fault | promise | shown by | result |\n|---|---|---|---|---|"
    rows = [
        f"| {f.name} | {f.fault} | {f.promise} | {links(f.shown_by)} | {told(f, results)} |"
        for f in faults()
    ]
    return "\n".join([head, *rows])


def _settings(results: Results) -> str:
    head = "| setting | without it | what holds all the same | shown by | result |\n|---|---|---|---|---|"
    rows = [
        f"| `{s.name}` | {s.without} | {s.holds} | {links(s.shown_by)} | {told(s, results)} |"
        for s in settings()
    ]
    return "\n".join([head, *rows])


def links(tests: Sequence[str]) -> str:
    """Names of tests that lead to their files."""
    named = [test.split("::") for test in tests]
    return "<br>".join(f"[{name.removeprefix('test_')}](../../{path})" for path, name in named)


def told(row: Row, results: Results) -> str:
    """The last cell: what the tests came to, and what they can't show."""
    result = results.get(row.name, NOT_RUN).partition("; not shown: ")[0]
    lacks = row.not_shown if isinstance(row, Fault) else ""
    if not row.shown_by:
        return f"not shown: {lacks}"
    return f"{result}; not shown: {lacks}" if lacks else result
