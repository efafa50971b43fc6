"""The reference pages repeat the code's closed lists: neither may change without the other.

A table after `<!-- words: module:Enum -->` holds the enumeration's values in its first column, in
order. What stands between `<!-- generated: name -->` and `<!-- end -->` is written by
`UPDATE_DOCS=1 pytest tests/architecture/test_docs_match_code.py`.
"""

import ast
import importlib
import os
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import asdict
from enum import Enum
from functools import partial
from pathlib import Path

import pytest

from services.cli.exits import Exit
from services.ingest.metrics import FAMILIES
from shared.adapters.lms.conformance.registry import RULES as CONFORMANCE
from shared.adapters.reports.files import TABLES
from shared.adapters.reports.tables import EXCEPTION
from shared.domain.action import RELEASABLE
from shared.domain.books import ROW_OUTCOMES
from shared.domain.feeds.governed import FEEDS
from shared.domain.feeds.profiles import PROFILES, Profile, ProfileName
from shared.domain.gate_rules import RULES as RULES_OF_GATES
from shared.domain.policy import Limits
from shared.domain.run import FINAL, RunState, next_after
from shared.domain.violation import RULES, ViolationRule
from tests.architecture import feed_pages, plan_page
from tests.architecture.checkout import ROOT, blocks, pages, sources

REFERENCE = ROOT / "docs" / "reference"
MARKER = re.compile(r"<!-- words: ([\w.]+):(\w+) -->\n(.*?)(?:\n\n|\Z)", re.DOTALL)
FIRST_COLUMN = re.compile(r"^\| `([^`]+)`", re.MULTILINE)

#: Enumerations that no reader of the reference meets.
INTERNAL = {
    "shared.ports.target:OutcomeStatus",  # what an adapter tells apply; stored as an action's status
    "shared.domain.work:WorkState",
}


def marked() -> dict[str, tuple[Path, list[str]]]:
    """Enumeration → page and words of its table."""
    return {
        f"{module}:{name}": (page, FIRST_COLUMN.findall(table))
        for page in pages()
        for module, name, table in MARKER.findall(page.read_text(encoding="utf-8"))
    }


def enumerations() -> list[str]:
    """Every closed list of domain and ports, as `module:Enum`."""
    return [
        f"{source.name.removesuffix('.py').replace('/', '.')}:{node.name}"
        for source in sources("shared/domain", "shared/ports")
        for node in source.tree.body
        if isinstance(node, ast.ClassDef) and any(ast.unparse(b) == "StrEnum" for b in node.bases)
    ]


@pytest.mark.parametrize("name", sorted(set(enumerations()) - INTERNAL))
def test_a_closed_list_is_in_the_reference(name: str) -> None:
    """All its words, in its order."""
    assert name in marked(), f"no page has <!-- words: {name} -->"
    page, words = marked()[name]
    module, _, attribute = name.partition(":")
    enumeration: type[Enum] = getattr(importlib.import_module(module), attribute)
    assert words == [member.value for member in enumeration], page.name


def test_every_marked_table_has_its_list() -> None:
    """A list that went away takes its table along."""
    assert set(marked()) <= set(enumerations())


def table_of(page: str, heading: str) -> str:
    """What stands under a heading of a reference page."""
    text = (REFERENCE / page).read_text(encoding="utf-8")
    found = re.search(
        rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE
    )
    assert found is not None, f"{page} has no heading {heading}"
    return found[1]


def test_final_states_are_marked_so() -> None:
    """The table says `final` exactly where no verb leads out."""
    rows = re.findall(r"^\| `(\w+)` \| (final)?", table_of("states.md", "States"), re.MULTILINE)
    assert {state for state, final in rows if final} == {state.value for state in FINAL}


def test_each_state_says_who_acts_next() -> None:
    """Actor and step are those the program shows."""
    table = table_of("states.md", "States")
    for state in RunState:
        after = next_after(state)
        row = re.search(rf"^\| `{state.value}` .*$", table, re.MULTILINE)
        assert row is not None
        assert f"| {after.actor}, `{after.step}` |" in row[0]


def test_the_outcomes_of_a_row_are_the_books_own() -> None:
    """From best to worst."""
    assert tuple(FIRST_COLUMN.findall(table_of("states.md", "What a row comes to"))) == ROW_OUTCOMES


def test_the_limits_shown_are_the_defaults() -> None:
    """What the page says stands in config.toml is what holds without it."""
    shown = tomllib.loads(
        next(b.text for b in blocks(REFERENCE / "gates.md") if b.language == "toml")
    )
    assert shown["limits"] == asdict(Limits())


def test_what_a_release_lifts_is_marked_so() -> None:
    """Holds by class; holds by person are said in words."""
    table = table_of("actions.md", "Reasons for being held")
    by_class = re.findall(r"^\| `(\w+)` .*\| release of the class \|$", table, re.MULTILINE)
    assert set(by_class) == {reason.value for reason in RELEASABLE}


def test_every_table_of_exceptions_and_its_columns_are_in_the_reference() -> None:
    page = (REFERENCE / "reports.md").read_text(encoding="utf-8")
    tables_of = {name: columns for name, columns in TABLES.items() if "/" in name}
    for name, columns in tables_of.items():
        assert f"| `{Path(name).name}` |" in page
        if columns[: len(EXCEPTION)] == EXCEPTION:
            assert [column for column in columns if f"`{column}`" not in page] == []


def test_the_exit_codes_are_the_program_s() -> None:
    """Every number, and no other."""
    page = (REFERENCE / "exit-codes.md").read_text(encoding="utf-8")
    assert {int(code) for code in FIRST_COLUMN.findall(page)} == {code.value for code in Exit}


def violations() -> str:
    """The catalogue of violations as two tables."""
    rows = [rule for rule in RULES.values() if not rule.refuses_file]
    files = [rule for rule in RULES.values() if rule.refuses_file]
    return f"### Quarantine a row\n\n{catalogue(rows)}\n### Refuse the file\n\n{catalogue(files)}"


def catalogue(rules: list[ViolationRule]) -> str:
    """A table, a line a code."""
    lines = [
        f"| `{r.code}` | {r.violation_class.value} | {r.title} | {r.remedy} |\n" for r in rules
    ]
    return "| code | class | means | mend it |\n|---|---|---|---|\n" + "".join(lines)


def metrics() -> str:
    """Every metric with what its help says."""
    lines = [
        f"| `{f.name}` | {'counter' if f.counter else 'gauge'} |"
        f" {', '.join(f'`{label}`' for label in f.labels)} | {f.help} |\n"
        for f in FAMILIES
    ]
    return "| metric | type | labels | is |\n|---|---|---|---|\n" + "".join(lines)


def conformance() -> str:
    """Every rule of the API in the order it is judged."""
    lines = [
        f"| `{r.id}` | {r.statement} | {'sandbox' if r.writes else ''} |\n" for r in CONFORMANCE
    ]
    return "| rule | says | |\n|---|---|---|\n" + "".join(lines)


def profiles() -> str:
    """Every profile: what it reads, and what it says."""
    return "".join(f"\n## `{name}`\n\n{described(PROFILES[name])}" for name in ProfileName)


def described(profile: Profile) -> str:
    """Its title, columns and rules."""
    lines = [profile.title[:1].upper() + profile.title[1:] + ".\n\n"]
    if profile.headers:
        lines.append("| column | headers |\n|---|---|\n")
        lines += [f"| `{name}` | {ticked(words)} |\n" for name, words in profile.headers.items()]
        lines.append("\n")
    lines += [
        f"- `{name}` is `{text}` where the file lacks it\n" for name, text in profile.derive.items()
    ]
    for what, rule in (("Not ours", profile.exclude), ("Has left", profile.inactive)):
        lines += [f"- {what}: `{name}` is {ticked(values)}\n" for name, values in rule.items()]
    if profile.optional:
        lines.append(f"- May lack: {ticked(sorted(profile.optional))}\n")
    lines.append(f"- Mode `{profile.mode}`, dates {ticked([profile.date_format or 'YYYY-MM-DD'])}")
    several = f", several sites in one cell: `{profile.site_separator}` between them"
    return "".join([*lines, several if profile.site_separator else "", "\n"])


def ticked(words: Iterable[str]) -> str:
    """Code in a row."""
    return ", ".join(f"`{word}`" if word else "(blank)" for word in words)


def gates() -> str:
    """Every gate with what it holds, at what it trips, and where that is set."""
    words = "<!-- words: shared.domain.gate_rules:GateName -->\n"
    head = f"{words}| gate | holds | trips at or above | setting |\n"
    lines = [
        f"| `{name}` | {rule.holds} | {rule.trips(Limits())} |"
        f" {f'`[{rule.setting}]`' if rule.setting else 'none'} |\n"
        for name, rule in RULES_OF_GATES.items()
    ]
    return f"{head}|---|---|---|---|\n{''.join(lines)}"


GENERATED: dict[str, Callable[[], str]] = {
    "conformance": conformance,
    "gates": gates,
    "metrics": metrics,
    "plan": plan_page.tables,
    "profiles": profiles,
    "rules": partial(feed_pages.rules, FEEDS),
    "violations": violations,
    **{f"feed-{name}": partial(feed_pages.feed, feed) for name, feed in FEEDS.items()},
}


@pytest.mark.parametrize("name", sorted(GENERATED))
def test_a_generated_part_is_up_to_date(name: str) -> None:
    """Run with UPDATE_DOCS=1 to write it."""
    page = REFERENCE / f"{name}.md"
    assert page.exists(), (
        f"write {page.name}, with <!-- generated: {name} --> and <!-- end --> in it"
    )
    text = page.read_text(encoding="utf-8")
    before, start, rest = text.partition(f"<!-- generated: {name} -->\n")
    _, end, after = rest.partition("<!-- end -->")
    assert start
    assert end
    wanted = f"{before}{start}{GENERATED[name]()}{end}{after}"
    if os.environ.get("UPDATE_DOCS"):
        page.write_text(wanted, encoding="utf-8")
    else:
        assert text == wanted, f"UPDATE_DOCS=1 writes {page.name}"


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_is_found_from_the_documentation_s_first_page(name: str) -> None:
    listed = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert f"(reference/feed-{name}.md)" in listed
    table = table_of("feeds.md", "Classifications")
    assert f"[`{name}`](feed-{name}.md)" in table


@pytest.mark.parametrize(
    "page", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda p: p.name
)
def test_a_decision_is_short_and_whole(page: Path) -> None:
    """At most 45 lines; context, decision, alternatives, consequences, code."""
    text = page.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 45
    headings = re.findall(r"^## (\w+)", text, re.MULTILINE)
    assert headings == ["Context", "Decision", "Alternatives", "Consequences", "Code"]
    code = text.partition("## Code")[2]
    for path in re.findall(r"`((?:shared|services|migrations|tests)/[\w/.]+)`", code):
        assert (ROOT / path).exists(), path
