"""A plan is found out about and decided in the console; the engine decides, the page says it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from shared.domain.access import Role
from shared.domain.run import RunState
from tests.fakes.api_thread import ApiThread
from tests.fakes.database import Database
from tests.fakes.installation import Installation
from tests.fakes.servers import Servers
from tests.fakes.simulator_thread import SimulatorThread
from tests.integration.console.filled_in import send
from tests.integration.ingest.conftest import serving


class Waiting:
    """A plan with two removals that pass and renames alike, and one that nothing holds back."""

    def __init__(self, engine: Installation, site: ApiThread) -> None:
        self.engine, self.site = engine, site
        extract = engine.extract()
        for row in extract.rows[:6]:
            row["last_name"] = "Same Everywhere"
        extract.remove(*extract.ids[40:42])
        extract.move(extract.ids[10:12])
        self.run = engine.plan(extract)
        self.address = f"/runs/{self.run.id}/plan"
        self.viewer = site.browser(Role.VIEWER)

    def get(self, query: str = "", **headers: str) -> str:
        answer = self.viewer.get(self.address + query, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture(scope="module")
def waiting(
    servers: Servers, template: str, simulator_thread: SimulatorThread,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Waiting]:  # fmt: skip
    folder = tmp_path_factory.mktemp("waiting")
    simulator_thread.reset(60, 2)
    database = Database(servers.create("waiting", template))
    engine = Installation(database, simulator_thread, folder / "data")
    with serving(engine, folder) as running:
        yield Waiting(engine, running)
    engine.close()
    database.close()
    servers.drop("waiting")


def tiles(page: str) -> dict[str, int]:
    """What the tiles say."""
    found = re.findall(
        r'tile-number">.*?</span> ([\d,]+)</span>\s*<span class="tile-name">([\w ]+)',
        page,
        re.DOTALL,
    )
    return {name: int(count.replace(",", "")) for count, name in found}


def names(page: str) -> set[str]:
    """The people a table is about."""
    return set(re.findall(r'href="/people/([^?"]+)\?', page))


def test_the_tiles_say_what_the_plan_s_document_says(waiting: Waiting) -> None:
    summary = waiting.engine.document(waiting.run)["summary"]
    assert isinstance(summary, dict)
    told = tiles(waiting.get())
    assert told
    assert told == {name: summary[name] for name in told}


def test_a_filter_stands_in_the_url_and_a_copied_one_shows_the_same(waiting: Waiting) -> None:
    everything, narrowed = waiting.get("?by=person"), waiting.get("?class=removals")
    colleague = waiting.site.browser(Role.OPERATOR, user="colleague")
    assert names(colleague.get(f"{waiting.address}?class=removals").text) == names(narrowed)
    assert 0 < len(names(narrowed)) < 4
    assert "Remove the filter" in narrowed
    assert "Remove the filter" not in everything


def test_identical_changes_are_one_row_that_opens_to_all_of_them(waiting: Waiting) -> None:
    row = re.search(r'<a href="([^"]+change=[^"]+)"[^>]*>last name:', waiting.get())
    assert row is not None
    opened = waiting.viewer.get(row[1].replace("&amp;", "&")).text
    same = [r for r in re.findall(r"<tr>.*?</tr>", opened, re.DOTALL) if "Same Everywhere" in r]
    assert len(same) == len(names(opened)) >= 1


@pytest.mark.parametrize(
    ("typed", "field"), [("class:removals", "class=removals"), ("held:gate", "hold=gate")]
)
def test_the_search_takes_what_the_facets_take(waiting: Waiting, typed: str, field: str) -> None:
    by_search = waiting.viewer.get(waiting.address, params={"q": typed}).text
    assert names(by_search) == names(waiting.get(f"?{field}"))


def test_what_is_not_known_narrows_nothing_and_is_told(waiting: Waiting) -> None:
    page = waiting.get("?class=removal")
    assert "class has no value &#39;removal&#39;; it narrows nothing." in page


def test_a_part_is_sent_where_only_that_is_asked_for(waiting: Waiting) -> None:
    part = waiting.get("?class=removals", **{"HX-Request": "true"})
    assert part.lstrip().startswith('<div id="list"')
    assert "<html" not in part


def test_an_approver_must_say_that_the_removals_were_looked_at(waiting: Waiting) -> None:
    approver = waiting.site.browser(Role.APPROVER)
    answer = send(
        approver, waiting.address, f"/runs/{waiting.run.id}/review", decision="approve", do="decide"
    )
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert 'href="#reviewed_removals">Confirm that you reviewed the 2 removals' in answer.text
    assert waiting.engine.run(waiting.run.id).state is RunState.AWAITING_APPROVAL


def test_a_viewer_finds_no_form_and_gets_nothing_by_sending_one(waiting: Waiting) -> None:
    assert "/review" not in waiting.get()
    answer = waiting.viewer.post(f"/runs/{waiting.run.id}/review", data={"decision": "approve"})
    assert answer.status_code == 403


def test_a_comment_stands_beside_the_plan_and_is_nobody_s_markup(waiting: Waiting) -> None:
    operator = waiting.site.browser(Role.OPERATOR)
    path = f"/runs/{waiting.run.id}/comments"
    assert send(operator, waiting.address, path, text="<b>look</b>").status_code == 303
    assert "&lt;b&gt;look&lt;/b&gt;" in waiting.get()
    assert "Write something first" in send(operator, waiting.address, path, text=" ").text


@pytest.fixture
def held(engine: Installation) -> str:
    """A plan whose removals a limit holds; its run's id."""
    extract = engine.extract()
    extract.remove(*extract.ids[20:40])
    extract.rename(extract.ids[:3])
    return engine.plan(extract).id


def review(client: httpx.Client, run_id: str, **fields: str) -> httpx.Response:
    sent = {"do": "decide"} | fields
    return send(client, f"/runs/{run_id}/plan", f"/runs/{run_id}/review", **sent)


@pytest.mark.slow
def test_a_release_wants_the_number_and_a_reason(
    site: ApiThread, engine: Installation, held: str
) -> None:
    """Slow: a plan over the limit, decided three times over real HTTP."""
    approver = site.browser(Role.APPROVER)
    wrong = review(approver, held, decision="release", release_removals="19")
    assert "type 20, the number of what is held" in wrong.text
    assert "say why you release them" in wrong.text
    right = {"decision": "release", "release_removals": "20", "reason_removals": "school closed"}
    done = review(approver, held, **right)
    assert (done.status_code, done.headers["location"]) == (
        303,
        f"/runs/{held}/apply?done=approved",
    )
    assert engine.run(held).state is RunState.APPROVED
    assert "school closed" in approver.get(f"/runs/{held}/plan").text


@pytest.mark.slow
def test_a_key_in_a_field_decides_nothing(site: ApiThread, engine: Installation, held: str) -> None:
    """Slow: a plan over the limit, over real HTTP."""
    approver = site.browser(Role.APPROVER)
    pressed = review(approver, held, decision="approve", do="look")
    assert "Enter alone decides nothing" in pressed.text
    assert engine.run(held).state is RunState.AWAITING_APPROVAL
    assert re.search(r"Held removals by site: <a [^>]+>\d+</a> \d+", pressed.text)


@pytest.mark.slow
def test_the_same_form_sent_twice_decides_once(
    site: ApiThread, engine: Installation, held: str
) -> None:
    """Slow: a plan over the limit, over real HTTP."""
    approver = site.browser(Role.APPROVER)
    page = approver.get(f"/runs/{held}/plan").text
    form = page.partition('id="decide"')[2].partition("</form>")[0]
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    sent = hidden | {"decision": "approve", "do": "apply"}
    answers = [approver.post(f"/runs/{held}/review", data=sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    engine.workers.until_quiet()
    assert engine.run(held).state is RunState.APPLIED
    assert engine.simulator.done_twice() == []


def test_with_four_eyes_who_began_it_is_told_why_not(engine: Installation, tmp_path: Path) -> None:
    policy = engine.tools.policy
    engine.configure(policy=replace(policy, approval=replace(policy.approval, four_eyes=True)))
    extract = engine.extract()
    extract.rename(extract.ids[:3])
    run = engine.plan(extract)
    with serving(engine, tmp_path) as site:
        starter = site.browser(Role.APPROVER, user="Olga")  # olga has landed the extract
        page = starter.get(f"/runs/{run.id}/plan").text
        assert "You started this run or brought in its mapping" in page
        assert 'aria-disabled="true" aria-describedby="why-not">Approve' in page
        refused = review(starter, run.id, decision="approve")
        assert "Ask another approver" in refused.text
        assert engine.run(run.id).state is RunState.AWAITING_APPROVAL
        other = site.browser(Role.APPROVER, user="anna")
        assert review(other, run.id, decision="approve").status_code == 303
