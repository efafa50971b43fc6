"""What people watch: each event and each metric that a page names exists, and each event is on its page."""

import ast
import re
from collections.abc import Iterator

from services.ingest.metrics import FAMILIES
from tests.architecture.checkout import PACKAGES, ROOT, pages, sources

LOGGED = re.compile(r"\blog\.(debug|info|warning|error|exception|critical)\b")
METRIC = re.compile(r"\bascip_sync_[a-z_]+")


def events() -> Iterator[str]:
    """The first argument of every `log.info` and its like, where the log is structlog's."""
    for source in sources(*PACKAGES):
        if "structlog.get_logger" not in source.text:
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and LOGGED.search(ast.unparse(node.func)):
                name = node.args[0]
                assert isinstance(name, ast.Constant), source.at(node.lineno, "an event is a word")
                yield str(name.value)


def test_every_event_is_in_the_reference_and_no_other() -> None:
    page = (ROOT / "docs" / "reference" / "logs.md").read_text(encoding="utf-8")
    table = page.partition("<!-- events -->")[2]
    shown = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert len(shown) == len(set(shown))
    assert set(shown) == {*events(), "unloggable_event"}


def test_every_metric_that_a_page_names_exists() -> None:
    known = {family.name for family in FAMILIES}
    named = {
        (page.name, name)
        for page in pages()
        for name in METRIC.findall(page.read_text(encoding="utf-8"))
    }
    assert ("monitoring.md", "ascip_sync_gate_tripped") in named
    assert {(page, name) for page, name in named if name not in known} == set()
