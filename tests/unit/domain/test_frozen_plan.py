"""A plan of inputs in a file has the digest in the file beside it, in every Python we support."""

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from shared.domain.plan import FORMAT_VERSION
from shared.domain.planning import build_plan
from tests.fakes.frozen_plan import FILE, inputs_of

ROOT = Path(__file__).parents[3]
DIGEST = FILE.with_name("digest.json")
#: What the pure domain imports besides itself. Both are Python wherever their C parts don't fit.
NEEDED = ("rfc8785", "rapidfuzz")
#: Where tools that install Pythons put them.
SHELVES = (".pyenv/versions/{}.*/bin", ".local/share/uv/python/cpython-{}.*/bin")


def digest_here() -> str:
    return build_plan(inputs_of(json.loads(FILE.read_text(encoding="utf-8")))).digest


def test_the_digest_of_the_file_is_the_one_beside_it() -> None:
    """It changes only with the body's form or with what is proposed: say so in `format_version`."""
    found = {"format_version": FORMAT_VERSION, "digest": digest_here()}
    if os.environ.get("UPDATE_DOCS"):
        DIGEST.write_text(json.dumps(found) + "\n", encoding="utf-8")
    assert json.loads(DIGEST.read_text(encoding="utf-8")) == found, "UPDATE_DOCS=1 writes it"


def pythons(version: str) -> list[str]:
    """Programs that may be this Python; a shim may find that it isn't."""
    name = f"python{version}"
    found = [shutil.which(name)] + [
        str(folder / name)
        for shelf in SHELVES
        for folder in Path.home().glob(shelf.format(version))
    ]
    return [path for path in found if path]


def printed(python: str, packages: Path, **surroundings: str) -> str:
    """What another Python makes of the file, "" if it is none."""
    done = subprocess.run(
        [python, "-m", "tests.fakes.frozen_plan", str(FILE)], cwd=ROOT, check=False, text=True,
        capture_output=True, timeout=60,
        env={
            "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([str(ROOT), str(packages)]),
            "PYTHONDONTWRITEBYTECODE": "1", **surroundings,
        },
    )  # fmt: skip
    assert not done.returncode or "Traceback" not in done.stderr, done.stderr
    return done.stdout.strip()


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder with what the domain needs and nothing else of this Python's."""
    for name in NEEDED:
        spec = find_spec(name)
        assert spec
        assert spec.origin
        (tmp_path / name).symlink_to(Path(spec.origin).parent)
    return tmp_path


@pytest.mark.parametrize(
    "surroundings",
    [
        {"PYTHONHASHSEED": "0", "TZ": "Pacific/Auckland"},
        {"PYTHONHASHSEED": "1", "LC_ALL": "C", "PYTHONUTF8": "0", "TZ": "America/Los_Angeles"},
        {"PYTHONHASHSEED": "random", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
    ],
    ids=lambda given: given["PYTHONHASHSEED"],
)
def test_no_machine_changes_the_digest(packages: Path, surroundings: dict[str, str]) -> None:
    """Hash seeds, time zones and locales."""
    assert printed(sys.executable, packages, **surroundings) == digest_here()


@pytest.mark.parametrize(
    ("version", "surroundings"),
    [
        ("3.11", {"PYTHONHASHSEED": "1", "LC_ALL": "C"}),
        ("3.12", {"PYTHONHASHSEED": "random", "LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Auckland"}),
        ("3.13", {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "TZ": "America/Los_Angeles"}),
    ],
)
def test_every_python_gives_the_same_digest(
    version: str, surroundings: dict[str, str], packages: Path
) -> None:
    asked = (printed(python, packages, **surroundings) for python in pythons(version))
    found = next(filter(None, asked), "")
    if not found:
        pytest.skip(f"no Python {version} on this machine: the digest was not computed in it")
    assert found == digest_here()
