"""What was done to a plant, and what came of it: a line of JSON an event."""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class History:
    """What was done, and when, in seconds from the beginning."""

    seed: int
    began: float = field(default_factory=time.monotonic)
    events: list[dict[str, Any]] = field(default_factory=list)

    def note(self, what: str, **more: object) -> None:
        self.events.append({"s": round(time.monotonic() - self.began, 2), "what": what, **more})

    def save(self, folder: Path) -> Path:
        """One line an event."""
        path = folder / f"seed-{self.seed}.jsonl"
        path.write_text("".join(json.dumps(event) + "\n" for event in self.events), "utf-8")
        return path
