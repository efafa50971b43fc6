"""What became of a run: held listed as held, files with their hashes, exports, and the way back."""

import hashlib
import re
from dataclasses import replace

import httpx
import pytest

from shared.domain.access import Role
from shared.domain.policy import RemovalLimit
from shared.domain.run import RunState
from tests.fakes.installation import Installation
from tests.integration.console.conftest import SignIn
from tests.integration.console.filled_in import send


@pytest.fixture
def approver(signed_in: SignIn) -> httpx.Client:
    return signed_in(Role.APPROVER)


def test_what_was_not_released_stays_held_and_is_listed_as_held(
    engine: Installation, approver: httpx.Client
) -> None:
    policy = engine.tools.policy
    engine.configure(policy=replace(policy, limits=replace(policy.limits, removals=RemovalLimit())))
    extract = engine.extract()
    extract.rename(extract.ids[:3])
    extract.remove(*extract.ids[10:25])
    run = engine.apply(engine.approve(engine.plan(extract)))
    page = approver.get(f"/runs/{run.id}/report").text
    assert "3 of 3 approved actions succeeded; 15 held." in page
    assert "The books balance." in page
    assert re.search(r"18 actions planned = .*15 held \+ 3 succeeded", page)
    assert page.count("<td>removals</td>") == 15
    assert "an approver releases the class with a reason" in page


def test_files_come_as_they_were_hashed_and_are_saved_never_shown(
    engine: Installation, approver: httpx.Client
) -> None:
    extract = engine.extract()
    extract.rename(extract.ids[:2])
    run = engine.sync(extract)
    address = f"/runs/{run.id}/report"
    page = approver.get(address).text
    links = re.findall(
        rf'href="(/runs/{run.id}/reports/[^"]+)" download.*?title="(\w{{64}})"', page
    )
    assert len(links) > 5
    for path, sha256 in links:
        answer = approver.get(path)
        assert hashlib.sha256(answer.content).hexdigest() == sha256
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert approver.get(f"/runs/{run.id}/reports/../../master.key").status_code == 404

    ordered = send(approver, address, f"/runs/{run.id}/exports", format="csv")
    export = ordered.headers["location"]
    assert "The file is being made" in approver.get(export).text
    engine.workers.until_quiet()
    ready = approver.get(export, headers={"HX-Request": "true"}).text
    assert "<html" not in ready
    file = approver.get(f"{export}/file")
    assert hashlib.sha256(file.content).hexdigest() in ready
    assert file.headers["content-disposition"].startswith("attachment")


def test_a_reverse_plan_goes_through_the_same_approval_and_both_runs_name_each_other(
    engine: Installation, approver: httpx.Client
) -> None:
    extract = engine.extract()
    names = [engine.simulator.person(n)["lastName"] for n in extract.ids[:2]]
    extract.rename(extract.ids[:2])
    run = engine.sync(extract)
    made = send(approver, f"/runs/{run.id}/report", f"/runs/{run.id}/revert").headers["location"]
    engine.workers.until_quiet()
    back = engine.run(made.split("/")[2])
    assert (back.state, back.reverts) == (RunState.AWAITING_APPROVAL, run.id)
    page = approver.get(f"/runs/{back.id}/plan").text
    assert "This plan takes a run back" in page
    assert f"Plan of the reverse of {run.id}" in page
    page = approver.get(made).text
    assert "Review the plan" in page
    assert "2 actions planned, to be approved" in page
    engine.apply(engine.approve(back))
    assert [engine.simulator.person(n)["lastName"] for n in extract.ids[:2]] == names
    assert (
        f'This run takes back <a class="way" href="/runs/{run.id}">'
        in approver.get(f"/runs/{back.id}/report").text
    )
    assert (
        f'Taken back by <a class="way" href="/runs/{back.id}">'
        in approver.get(f"/runs/{run.id}/report").text
    )


def test_an_unchanged_file_is_skipped_and_planned_anyway_once(
    engine: Installation, approver: httpx.Client
) -> None:
    extract = engine.extract()
    first = engine.plan(extract)
    skipped = engine.plan(extract)
    assert skipped.state is RunState.SKIPPED_UNCHANGED
    address = f"/runs/{skipped.id}/apply"
    page = approver.get(address).text
    assert f"Skipped: unchanged since {first.id}" in page
    form = page.partition(f'action="/runs/{skipped.id}/plan-again"')[2].partition("</form>")[0]
    assert "Plan anyway" in form
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    sent = [approver.post(f"/runs/{skipped.id}/plan-again", data=fields) for _ in range(2)]
    assert sent[0].headers["location"] == sent[1].headers["location"]
    engine.workers.until_quiet()
    page = approver.get(sent[0].headers["location"]).text
    assert "No changes" in page
    assert "ASCIP matches staff.csv (60 people checked)." in page


def test_a_run_that_came_to_nothing_says_what_happened_and_whether_anything_was_written(
    engine: Installation, approver: httpx.Client
) -> None:
    refused = engine.plan(b"nonsense\n1\n")
    page = approver.get(f"/runs/{refused.id}/report").text
    assert "The file was refused" in page
    assert re.search(r"othing (was|has been) (written|planned)", page)
    assert "mended where it is made" in page
    assert "No books were kept" in page or "The books balance." in page
