"""What tests came to with the code as it is now, kept outside of it."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILE = ROOT / ".proof.jsonl"
#: What a result depends on; the pages it is written to are not among it.
DEPENDS_ON = ("services", "shared", "migrations", "tests", "pyproject.toml", "requirements.txt")


def code() -> str:
    """A name for the code as it is: another file anywhere, and results count no more."""
    found = hashlib.sha256()
    for name in DEPENDS_ON:
        start = ROOT / name
        for path in sorted(start.rglob("*")) if start.is_dir() else [start]:
            if path.is_file() and "__pycache__" not in path.parts:
                content = hashlib.sha256(path.read_bytes()).hexdigest()
                found.update(f"{path.relative_to(ROOT)} {content}\n".encode())
    return found.hexdigest()[:16]


@dataclass(slots=True)
class Came:
    """One test: its cases and what each came to last."""

    cases: dict[str, str] = field(default_factory=dict)
    why: str = ""
    broke: int = 0
    took_s: float = 0.0

    @property
    def result(self) -> str:
        """In a word; empty while not every case has ended."""
        came_to = set(self.cases.values())
        if "failed" in came_to:
            return "broken"
        if not came_to or "begun" in came_to:
            return ""
        return "skipped" if "skipped" in came_to else "held"

    def take(self, line: dict[str, str]) -> None:
        """A line of the file: a case that has begun anew may have broken before."""
        came_to = line["came_to"]
        self.cases[line["case"]] = came_to
        self.broke += came_to == "failed"
        self.why = line.get("why") or self.why
        self.took_s += float(line.get("took_s", 0))


def kept(of_code: str) -> dict[str, Came]:
    """Test → what it came to."""
    found: dict[str, Came] = {}
    for line in _lines():
        if line["code"] == of_code:
            test = line["case"].partition("[")[0]
            found.setdefault(test, Came()).take(line)
    return found


def _lines() -> Iterable[dict[str, str]]:
    if not FILE.exists():
        return
    for line in FILE.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue  # the end of a run that was cut while it wrote
