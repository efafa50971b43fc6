"""`python -m services.simulator.extract --out DIR`: writes the demo's bundled files.

They fit the tenant of `--seed-people N --seed S`: HR's extract two weeks later, the corrections
to its damaged rows, the mapping, and the mapping as an operator would mend it.
"""

import argparse
import json
import random
from pathlib import Path

from .extract_row import COLUMNS, line, sound_line
from .mapping_file import make_mapping, mend_mapping
from .model import JsonObject
from .story import FULL_SIZE, tell
from .tenant import make_dump


def make_files(people: int, seed: int) -> dict[str, str]:
    """File name to content."""
    dump = make_dump(people, seed)
    story = tell(dump, seed)
    random.Random(f"order:{seed}").shuffle(story.lines)
    mapping = make_mapping(dump)
    return {
        "staff.csv": _table(story.lines),
        "corrections.csv": _table([sound_line(row) for row in story.corrections]),
        "mapping.json": _json(mapping),
        "mapping_mended.json": _json(mend_mapping(mapping)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="extract", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--people", type=int, default=FULL_SIZE)
    parser.add_argument("--seed", type=int, default=2026)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, content in make_files(arguments.people, arguments.seed).items():
        (arguments.out / name).write_bytes(content.encode())


def _table(lines: list[str]) -> str:
    return "\n".join([line(COLUMNS), *lines]) + "\n"


def _json(document: JsonObject) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    main()
