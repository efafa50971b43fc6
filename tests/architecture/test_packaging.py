"""The wheel is whole: it installs into an empty environment outside the checkout and runs there."""

import ast
import importlib.metadata
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.checkout import PACKAGES, ROOT, sources

#: Folders of the checkout → where their files lie in the wheel.
CARRIED = {
    "services": "services",
    "shared": "shared",
    "migrations": "shared/adapters/db/migrations",
}
#: Modules of a distribution that another one is half of: its version follows that one's.
BROUGHT_BY = {"click": "typer", "kombu": "celery"}
LEFT_OUT = re.compile(r"__pycache__|\.pyc$|(^|/)\.")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by the backend that is locked, without a network."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def empty(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an environment that holds the wheel alone.

    The dependencies are lent by this test's own environment through a path entry, which does not
    follow the link of an editable install: `services` and `shared` can only come from the wheel.
    """
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder / "venv", with_pip=False)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder / "venv")}))
    lent = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "lent.pth").write_text("".join(f"{path}\n" for path in sorted(lent)), encoding="utf-8")
    install = [sys.executable, "-m", "pip", "--python", str(folder / "venv/bin/python")]
    install += ["install", "--no-deps", "--no-index", "--force-reinstall", "--quiet", str(wheel)]
    subprocess.run(install, check=True, capture_output=True, timeout=120)
    return folder


@pytest.mark.slow
def test_the_wheel_carries_every_file(wheel: Path) -> None:
    """Code, migrations, templates, demo data. Slow: builds a wheel."""
    inside = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        f"{place}/{file.relative_to(ROOT / folder).as_posix()}"
        for folder, place in CARRIED.items()
        for file in (ROOT / folder).rglob("*")
        if file.is_file() and not LEFT_OUT.search(file.relative_to(ROOT).as_posix())
    }
    assert wanted - inside == set()
    for part in ("shared/adapters/db/migrations/", "/templates/", "services/cli/demo_data/"):
        assert any(part in name for name in inside), part


@pytest.mark.slow
def test_the_wheel_carries_nothing_else(wheel: Path) -> None:
    """No tests, no caches, no configuration of a checkout. Slow: builds a wheel."""
    names = zipfile.ZipFile(wheel).namelist()
    assert [n for n in names if LEFT_OUT.search(n)] == []
    assert {n.split("/")[0] for n in names if ".dist-info/" not in n} == set(PACKAGES)
    assert any(n.endswith("licenses/LICENSE") for n in names)


@pytest.mark.slow
def test_the_command_works_outside_the_checkout(empty: Path) -> None:
    """Slow: makes an environment."""
    command = [str(empty / "venv/bin/ascip-sync"), "--help"]
    done = subprocess.run(
        command,
        cwd=empty,
        env={"HOME": str(empty)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "plan" in done.stdout


@pytest.mark.slow
def test_the_code_comes_from_the_wheel(empty: Path) -> None:
    """Not from the checkout, by whatever path. Slow: makes an environment."""
    script = "import services, shared; print(services.__file__); print(shared.__file__)"
    command = [str(empty / "venv/bin/python"), "-c", script]
    done = subprocess.run(
        command, cwd=empty, env={}, capture_output=True, text=True, timeout=60, check=True
    )
    assert [Path(line).is_relative_to(empty) for line in done.stdout.split()] == [True, True]


def test_every_import_is_a_declared_dependency() -> None:
    """What the code imports stands in pyproject.toml: a tool of the developers is no dependency."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    providers = importlib.metadata.packages_distributions()
    missing = []
    for source in sources(*PACKAGES):
        for line, module in imports(source.tree):
            names = [BROUGHT_BY.get(module, module), *providers.get(module, [])]
            given = {canonicalize_name(name) for name in names}
            if (
                module not in sys.stdlib_module_names
                and module not in PACKAGES
                and not given & declared
            ):
                missing.append(source.at(line, f"imports {module}"))
    assert missing == []


def imports(tree: ast.Module) -> list[tuple[int, str]]:
    """Top-level modules a file imports, with the line."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name.split(".")[0]) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append((node.lineno, node.module.split(".")[0]))
    return found
