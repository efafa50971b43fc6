"""Dockerfile and docker-compose.yml promise what docs/how-to/install-on-a-server.md says."""

import importlib.util
import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from shared.bootstrap_probes import MOUNTED_SECRETS
from tests.architecture.checkout import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
#: Those that run the engine's image.
ENGINE = {name: s for name, s in SERVICES.items() if "ascip-sync-engine" in s["image"]}
#: Who must meet people or ASCIP; nobody else has a way out, or in.
OUTSIDE = {"api", "worker", "sftp", "simulator"}
UID = "10001"

each_service = pytest.mark.parametrize("name", SERVICES)
each_engine = pytest.mark.parametrize("name", ENGINE)


def modules(command: list[str]) -> list[str]:
    """What `python -m` runs in a command, also within a shell's line."""
    return re.findall(r"python -m (\S+)", " ".join(command))


def mounts(service: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Mounted folders by their place in the container."""
    return {mount["target"]: mount for mount in service.get("volumes", ())}


def test_the_parts_are_there() -> None:
    assert set(ENGINE) == {"migrate", "api", "worker", "beat", "watcher", "simulator"}
    assert set(SERVICES) - set(ENGINE) == {"postgres", "redis", "sftp"}


@each_engine
def test_what_is_started_is_a_service_of_ours(name: str) -> None:
    (module,) = modules(ENGINE[name]["command"])
    assert module.startswith("services.")
    assert importlib.util.find_spec(module), module
    for check in modules(ENGINE[name].get("healthcheck", {}).get("test", [])):
        assert importlib.util.find_spec(check), check


@each_service
def test_nothing_is_writable_and_no_right_is_given(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    if name != "sftp":  # sshd signs people in and shuts them into their folder
        assert "cap_add" not in service
        assert service["user"].split(":")[0] not in ("0", "root")


@each_engine
def test_the_engine_writes_in_three_places_only(name: str) -> None:
    service = ENGINE[name]
    assert service["user"] == f"{UID}:{UID}"
    writable = {place for place, mount in mounts(service).items() if not mount.get("read_only")}
    assert writable <= {"/data", "/srv/drop"}
    assert ("/srv/drop" in writable) == (name == "watcher")
    assert [entry.split(":")[0] for entry in service["tmpfs"]] == ["/tmp"]  # noqa: S108  # a mount of its own


@each_service
def test_each_has_limits_and_is_watched(name: str) -> None:
    service = SERVICES[name]
    limits = service["deploy"]["resources"]["limits"]
    assert set(limits) == {"cpus", "memory"}
    assert service["pids_limit"] > 0
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    if name == "migrate":  # ends by itself
        assert service["restart"] == "no"
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
        assert seconds(service["stop_grace_period"]) >= 30


def test_parts_start_when_what_they_need_is_ready() -> None:
    for name in ENGINE.keys() - {"migrate", "simulator"}:
        wanted = {part: need["condition"] for part, need in ENGINE[name]["depends_on"].items()}
        assert wanted == {
            "postgres": "service_healthy",
            "redis": "service_healthy",
            "migrate": "service_completed_successfully",
        }, name


def test_workers_can_be_many() -> None:
    assert not {"container_name", "ports", "hostname"} & SERVICES["worker"].keys()


def test_the_core_network_has_no_way_out() -> None:
    assert COMPOSE["networks"]["core"] == {"internal": True}
    assert {name for name, s in SERVICES.items() if "edge" in s["networks"]} == OUTSIDE
    for name in ("postgres", "redis"):
        assert SERVICES[name]["networks"] == ["core"]
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"api", "sftp"}
    # Without TLS of its own the interface answers this machine only.
    assert "127.0.0.1:8080" in SERVICES["api"]["ports"][0]


def test_the_double_of_ascip_only_comes_when_it_is_asked_for() -> None:
    assert {name for name, s in SERVICES.items() if "profiles" in s} == {"simulator"}


def test_secrets_are_files_outside_the_checkout_s_history() -> None:
    for name, secret in COMPOSE["secrets"].items():
        assert secret["file"] == f"${{ASCIP_SYNC_SECRETS:-./secrets}}/{name}"
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert {"/secrets/", "/config/"} <= set(ignored)
    used = {name for service in SERVICES.values() for name in service.get("secrets", ())}
    assert used == COMPOSE["secrets"].keys()


def test_the_page_s_configuration_takes_every_secret_from_where_it_is_mounted() -> None:
    page = (ROOT / "docs/how-to/install-on-a-server.md").read_text(encoding="utf-8")
    shown = page.partition("<!-- compose-config -->\n```toml\n")[2].partition("```")[0]
    named = set(re.findall(r'file = "([^"]+)"', shown))
    mounted = set(ENGINE["worker"]["secrets"])
    assert named == {str(MOUNTED_SECRETS / name) for name in mounted}
    for name in COMPOSE["secrets"]:
        assert f"secrets/{name}" in page or f"{name} " in page, name


@each_service
def test_no_secret_stands_in_the_environment_or_in_a_command(name: str) -> None:
    """An environment is shown by `docker inspect`, a command by `ps`; files are neither."""
    for variable, value in SERVICES[name].get("environment", {}).items():
        if re.search("PASSWORD|SECRET|KEY|TOKEN", variable):
            assert value.startswith("/run/secrets/"), variable
    watched = SERVICES[name].get("healthcheck", {}).get("test", [])
    text = " ".join([*SERVICES[name].get("command", []), *watched])
    for found in re.finditer(r"(?i)(?:auth|pass|password|secret|key)[ =]+(\S+)", text):
        assert found[1].startswith("$$(cat"), found[0]


def test_only_who_needs_a_secret_has_it() -> None:
    holders = {
        secret: {name for name, s in SERVICES.items() if secret in s.get("secrets", ())}
        for secret in COMPOSE["secrets"]
    }
    assert holders["postgres_password"] == {"postgres"}
    assert holders["sftp_authorized_keys"] == {"sftp"}
    assert "migrate" not in holders["master_key"] | holders["ascip_secret"]


def test_images_are_pinned() -> None:
    """To a version at least; docs/how-to/install-on-a-server.md says how to pin digests."""
    taken = [s["image"] for s in SERVICES.values()] + re.findall(
        r"^FROM (\S+)", DOCKERFILE, re.MULTILINE
    )
    for image in taken:
        _, _, tag = re.sub(r"\$\{\w+:-(.*)\}", r"\1", image).rpartition(":")
        assert re.match(r"\d+\.\d+|trixie-slim$", tag), image


def test_what_is_installed_is_locked_and_nothing_is_compiled() -> None:
    installs = re.findall(r"^RUN (pip .*?)(?=^\w)", DOCKERFILE, re.MULTILINE | re.DOTALL)
    assert len(installs) == 3
    for command in installs:
        assert "--no-cache-dir" in command
        assert "--no-index" in command or "--require-hashes --only-binary :all:" in command


def test_the_image_s_last_stage_is_an_ordinary_user_s() -> None:
    last = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
    assert "AS engine" in last
    assert f"USER {UID}:{UID}" in last
    assert "HEALTHCHECK" in last
    assert set(re.findall(r"COPY (--from=\w+)? ?(\S+)", last)) == {
        ("--from=environment", "/opt/ascip-sync")
    }
    # The SFTP user has the same number, so that the watcher may move what was uploaded.
    assert DOCKERFILE.count(f"--uid {UID}") == 2


def test_the_builder_is_sent_what_it_copies_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    sent = {rule[1:] for rule in rules if rule.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(?:--chmod=\d+ )?(.+) \S+$", DOCKERFILE, re.MULTILINE)
    paths = {path for sources in copied for path in sources.split()}
    assert {path.split("/")[0] for path in paths} == sent
    for path in paths:
        assert (ROOT / path).exists(), path


@pytest.mark.skipif(not shutil.which("docker-compose"), reason="docker-compose is not installed")
def test_docker_compose_accepts_the_file() -> None:
    command = ["docker-compose", "--file", str(ROOT / "docker-compose.yml"), "config", "--quiet"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not shutil.which("hadolint"), reason="hadolint is not installed")
def test_hadolint_finds_nothing() -> None:
    command = ["hadolint", str(ROOT / "Dockerfile")]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


def seconds(text: str) -> int:
    """Of `90s` or `2m`."""
    return int(text[:-1]) * {"s": 1, "m": 60}[text[-1]]
