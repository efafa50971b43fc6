"""`ascip-sync show --group-by`: what is alike in one line, as its users type it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.main import app
from shared.domain.action import Action, Change, HeldReason, Kind, ordered
from tests.fakes.database import Database
from tests.fakes.people import an_action
from tests.integration.cli.test_records import CONFIG, LOCAL
from tests.integration.db.conftest import add_run, make_plan

TITLE = Change(path="buckets.7", before=50, after=51, before_name="Tchr", after_name="Teacher")
Show = Callable[..., str]


def actions() -> list[Action]:
    """1,204 people get one title, two of them held; three join one group, one moves alone."""
    made = [
        an_action(
            Kind.UPDATE, f"E{n:04}", changes=(TITLE,), hold=HeldReason.GATE if n < 2 else None
        )
        for n in range(1204)
    ]  # fmt: skip
    made += [an_action(Kind.JOIN, f"E{n:04}", group_id=402, group_name="Lincoln") for n in range(3)]
    own = Change(path="email", before="a@x.example", after="b@x.example")
    return ordered([*made, an_action(Kind.UPDATE, "F1", changes=(own,))])


@pytest.fixture
def show(database: Database, redis_url: str, tmp_path: Path) -> Show:
    """Runs the verb over a stored plan of these actions; what it prints."""
    add_run(database, "run_1")
    with database.transactions.begin() as uow:
        uow.snapshots.start("snp_1", "run_1", "ascip")
        uow.plans.save(
            make_plan(actions()), plan_id="pln_1", run_id="run_1", snapshot_id="snp_1", ttl_h=72,
            facts={"buckets": {"7": "Job Class"}},
        )  # fmt: skip
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.replace("FOLDER", str(tmp_path / "data")))
    local = tmp_path / "config.local.toml"
    local.touch(0o600)
    local.write_text(LOCAL.replace("DATABASE", database.url).replace("REDIS", redis_url))

    def run(*words: str) -> str:
        result = CliRunner().invoke(app, ["show", "pln_1", *words, "--config", str(config)])
        return result.output

    return run


def test_identical_changes_of_1204_people_are_one_line(show: Show) -> None:
    by_change = show("--group-by", "change").splitlines()
    assert by_change[1:] == [
        '  ~ 1,204 people: bucket "Job Class" "Tchr" -> "Teacher"   (2 held)',
        '  > 3 people: join "Lincoln" (402)',
        '  ~ 1 person: email "a***@x.example" -> "b***@x.example"',
    ]
    by_field = show("--group-by", "field").splitlines()
    assert by_field[1:] == ['      1,204  bucket "Job Class"   (2 held)', "          1  email"]
    first = json.loads(show("--group-by", "change", "--limit", "1", "--json"))
    assert (first["data"][0]["count"], first["total"]) == (1204, 3)
    assert "… and 2 more groups" in show("--group-by", "change", "--limit", "1")
    assert "The plan has no groups by site." in show("--group-by", "site")
    assert "takes one of change, site" in show("--group-by", "colour")
