"""The command line refuses what may not be done with a plan, with code 7 and a note in the audit."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.exits import Exit, exit_of_error
from services.cli.main import app
from shared.bootstrap import engine_version
from shared.domain.errors import EngineError
from shared.domain.run import RunState
from shared.settings import load_settings
from tests.fakes.database import Database
from tests.integration.cli.test_records import CONFIG, LOCAL
from tests.integration.db.conftest import SHA, add_run, make_plan, some_actions

Ask = Callable[..., str]


@pytest.fixture
def plan_digest(database: Database) -> str:
    """Of the plan `pln_1`; olga has started its run, a schedule has brought its mapping in."""
    database.change(
        "INSERT INTO mapping_version (sha256, version, body, author) VALUES (:sha, 1, '{}', 'system')",
        sha=SHA,
    )
    add_run(database, "run_1", RunState.AWAITING_APPROVAL)
    plan = make_plan(some_actions(3))
    with database.transactions.begin() as uow:
        uow.snapshots.start("snp_1", "run_1", "ascip")
        uow.plans.save(
            plan, plan_id="pln_1", run_id="run_1", snapshot_id="snp_1", ttl_h=72, facts={}
        )
    return plan.digest


@pytest.fixture
def ask(database: Database, redis_url: str, tmp_path: Path, plan_digest: str) -> Ask:
    """Runs a verb as the holder of a key; what it prints, or the code of the refusal."""
    config = tmp_path / "config.toml"
    four_eyes = "[approval]\nfour_eyes = true\n"
    config.write_text(CONFIG.replace("FOLDER", str(tmp_path / "data")) + four_eyes)
    local = tmp_path / "config.local.toml"
    local.touch(0o600)
    local.write_text(LOCAL.replace("DATABASE", database.url).replace("REDIS", redis_url))
    database.change(
        "UPDATE run SET config_sha256 = :config, engine_version = :engine",
        config=load_settings(config).settings.config_sha256(), engine=engine_version(),
    )  # fmt: skip

    def run(key: str, verb: str, *words: str) -> str:
        told = ("--digest", plan_digest) if verb == "approve" else ()
        environment = {"ASCIP_SYNC_KEY": key, "NOT_SET": "secret"}
        result = CliRunner().invoke(
            app, [verb, *words, *told, "--config", str(config)], env=environment
        )
        if isinstance(result.exception, EngineError):
            assert exit_of_error(result.exception) is Exit.CONFLICT
            return result.exception.code
        assert result.exception is None, result.exception
        return result.stdout.strip()

    return run


def test_what_may_not_be_done_ends_with_seven_and_is_noted(database: Database, ask: Ask) -> None:
    olga, anna, kim = (
        ask("", "keys", "create", "--name", "k", "--user", name, "--role", role)
        for name, role in (("olga", "approver"), ("anna", "approver"), ("kim", "viewer"))
    )
    assert ask(olga, "approve", "pln_1") == "four_eyes"
    assert ask(anna, "apply", "pln_1") == "not_approved"
    assert ask(kim, "approve", "pln_1") == "forbidden"
    database.change("UPDATE run SET state = 'approved'")
    assert ask(anna, "approve", "pln_1") == "already_reviewed"
    database.change(
        "UPDATE run SET state = 'stale', reason = 'superseded', superseded_by = 'run_2'"
    )
    assert ask(anna, "approve", "pln_1") == "plan_stale"
    noted = database.rows(
        "SELECT verb, actor, entry FROM audit_entry WHERE verb LIKE '%.refused' ORDER BY sequence"
    )
    told = [(row.verb, row.actor, json.loads(row.entry)["detail"].get("code")) for row in noted]
    assert told == [
        ("plan.refused", "user:olga", "four_eyes"),
        ("plan.refused", "user:anna", "not_approved"),
        ("access.refused", "user:kim", None),
        ("plan.refused", "user:anna", "already_reviewed"),
        ("plan.refused", "user:anna", "plan_stale"),
    ]
