"""Passwords survive nowhere; audit, work items and messages name nobody."""

from pathlib import Path

import pytest
from redis import Redis

from services.simulator.extract_row import COLUMNS
from shared.adapters.queue.celery_app import CeleryDoorbell, make_celery
from shared.adapters.vault.shelves import FolderShelf
from shared.domain.action import ActionStatus, Kind
from shared.domain.run import Run, RunState
from shared.observability import configure_logging
from shared.pipeline.export import export_reports
from shared.pipeline.relay import relay
from shared.ports.views import PageOf, RunFilter
from tests.fakes.installation import OPERATOR, Installation

TEACHERS = Path(__file__).parents[2] / "fixtures" / "ms-sds" / "Teacher.csv"
PASSWORD = "P@ssw0rd"
HEADERS = {
    "employee_id": ("SIS ID",),
    "site_code": ("School SIS ID",),
    "first_name": ("First Name",),
    "last_name": ("Last Name",),
    "username": ("Username",),
}


@pytest.fixture
def sds(engine: Installation) -> Installation:
    """Configured for Microsoft School Data Sync: headers, derived email, a feed of changes."""
    engine.simulator.reset(300, 6)
    engine.staff(headers=HEADERS, derive={"work_email": "{username}@lincoln.example"}, mode="delta")
    return engine


def plan_teachers(engine: Installation, content: bytes) -> Run:
    extract = engine.extract()
    sites = extract.mapping["groups"]["sites"]
    first, second, *_ = sites.values()
    extract.mapping["groups"]["sites"] = {"10001": first, "10002": second}
    return engine.plan(content, mapping=extract.mapping_text)


def everywhere(engine: Installation) -> str:
    """The whole database, every stored file as it lies there, and all reports as they are exported."""
    paths = [*engine.folder.rglob("*")]
    with engine.database.transactions.begin() as uow:
        runs = uow.views.runs(RunFilter(), PageOf()).items
    for view in runs:
        out = engine.folder.with_name(f"{engine.folder.name}-{view.run.id}")
        export_reports(engine.tools, view.run.id, FolderShelf(out), OPERATOR)
        paths += out.rglob("*")
    files = [path.read_bytes().decode("utf-8", "replace") for path in paths if path.is_file()]
    return engine.database.dump() + "\n".join(files)


def test_teachers_of_school_data_sync_are_applied_and_their_passwords_are_nowhere(
    sds: Installation, capfd: pytest.CaptureFixture[str]
) -> None:
    configure_logging("DEBUG")
    content = TEACHERS.read_bytes()
    assert PASSWORD.encode() in content
    run = plan_teachers(sds, content)
    assert run.state is RunState.AWAITING_APPROVAL
    assert PASSWORD not in sds.database.dump()
    run = sds.apply(sds.approve(run))
    assert run.state is RunState.APPLIED
    assert set(sds.statuses(run)) == {ActionStatus.SUCCEEDED}
    found = everywhere(sds)
    assert "Beane" in found, "the search sees what is there"
    assert PASSWORD not in found
    written = capfd.readouterr()
    assert PASSWORD not in written.out + written.err
    assert sds.simulator.person("14001")["email"].casefold() == "cbeane@lincoln.example"


@pytest.mark.parametrize(
    "damage",
    [
        b'14013,10001,Ann "Annie" Bo,Doe,ADoe,P@ssw0rd,WA,113,Active,James,,,\n',
        b"14013,10001,Ann,Doe,ADoe,P@ssw0rd\n",
        b'14013,10001,"Ann" x,Doe,ADoe,P@ssw0rd,WA,113,Active,James,,,\n',
        b"14013,10001,Ann,Doe,A Doe @,P@ssw0rd,WA,113,Active,James,,,\n",
        b'14013,10001,Ann,"Doe,ADoe,P@ssw0rd,WA,113,Active\n14014,10002,Bo,Lee,B,P@ssw0rd,,,,,,,\n',
    ],
    ids=["bare quote", "too few fields", "text after quote", "bad value", "unclosed quote"],
)
def test_the_password_of_a_damaged_row_is_nowhere_either(sds: Installation, damage: bytes) -> None:
    content = TEACHERS.read_bytes().rstrip(b"\r\n") + b"\n" + damage
    run = plan_teachers(sds, content)
    assert run.counts["quarantined"]
    assert PASSWORD not in sds.database.dump()
    sds.apply(sds.approve(run))
    assert PASSWORD not in everywhere(sds)


def test_a_region_that_is_stored_nowhere_shields_its_people_all_the_same(
    engine: Installation,
) -> None:
    """The dropped column can't be told apart in a row with too few fields."""
    extract = engine.extract()
    named, absent = extract.row(extract.ids[0]), extract.ids[1]
    extract.remove(named["employee_id"], absent)
    extract.rename(extract.ids[:1])
    lines = extract.csv([*COLUMNS[:3], "password", *COLUMNS[3:]]).decode()
    lines += f"{named['employee_id']},{PASSWORD},{named['work_email']}\n"
    run = engine.plan(lines.encode(), mapping=extract.mapping_text)
    assert PASSWORD not in engine.database.dump()
    removals = engine.actions(run, kinds=[Kind.DEACTIVATE])
    assert [stored.action.person_key for stored in removals] == [absent]
    assert engine.plan_of(run).facts["saved_by_shield"] == 1


def test_audit_work_items_and_messages_name_nobody(engine: Installation, redis_url: str) -> None:
    extract = engine.extract()
    extract.story()
    for number, row in enumerate(extract.rows):
        row["first_name"], row["last_name"] = f"Canary{number}", f"Canario{number}"
    extract.rows[10]["work_email"] = "canary10 at lincoln.example"
    extract.rows[11]["job_title"] = "Canary of the Unmapped"
    extract.rows[12]["site_code"] = "canary"
    bell = CeleryDoorbell(make_celery(redis_url))
    seen = []
    run_id = engine.land(extract)
    with Redis.from_url(redis_url) as client:
        engine.database.change("UPDATE work_item SET notified_at = NULL")
        assert relay(engine.tools, bell) == 1
        engine.database.change("UPDATE work_item SET notified_at = NULL")
        engine.workers.until_quiet()
        run = engine.approve(engine.run(run_id))
        engine.begin(run)
        assert relay(engine.tools, bell) >= 1
        engine.database.change("UPDATE work_item SET notified_at = NULL")
        engine.workers.until_quiet()
        for key in client.scan_iter():
            assert client.type(key) in (b"list", b"set")
            is_list = client.type(key) == b"list"
            values = client.lrange(key, 0, -1) if is_list else client.smembers(key)
            seen += [key.decode(), *(value.decode() for value in values)]
    messages = "\n".join(seen)
    assert "ascip_sync.work_on" in messages
    stored = engine.database.dump("audit_entry", "work_item", "run", "review", "plan")
    kept = (stored + messages).casefold()
    assert "action.finished" in kept
    for secret in ("canar", "@lincoln.example", "newcomer", "zoë"):
        assert secret not in kept, secret
    numbers = {employee_id.casefold() for employee_id in extract.ids if employee_id[0] == "N"}
    assert not [number for number in numbers if number in kept]


def test_the_shield_s_material_is_forgotten_at_the_end(engine: Installation) -> None:
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    extract.rows[10]["work_email"] = "canary10 at lincoln.example"
    run = engine.sync(extract)
    assert run.state is RunState.APPLIED
    assert engine.database.value("SELECT unverified FROM run") is None
    assert "canary10" not in engine.database.dump()
