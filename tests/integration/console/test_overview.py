"""The first page, the list of runs and two of them side by side, over one short story."""

import re
from collections.abc import Iterator

import httpx
import pytest

from shared.domain.access import Role
from shared.ports.target import CallCount
from tests.fakes.api_thread import ApiThread
from tests.fakes.database import Database
from tests.fakes.installation import Installation
from tests.fakes.servers import Servers
from tests.fakes.simulator_thread import SimulatorThread
from tests.integration.conftest import PEOPLE, SEED
from tests.integration.ingest.conftest import serving


class Story:
    """Applied once, and a plan that waits."""

    def __init__(self, engine: Installation, site: ApiThread) -> None:
        self.engine, self.site = engine, site
        self._clients: dict[Role, httpx.Client] = {}
        self.empty = {path: self.get(path) for path in ("/", "/runs", "/runs/trends")}
        extract = engine.extract()
        extract.rename(extract.ids[:4])
        self.first = engine.sync(extract).id
        extract.rename(extract.ids[4:7])
        extract.add(2)
        self.second = engine.plan(extract).id

    def client(self, role: Role) -> httpx.Client:
        if role not in self._clients:
            self._clients[role] = self.site.browser(role)
        return self._clients[role]

    def get(self, path: str, role: Role = Role.VIEWER, status: int = 200) -> str:
        answer = self.client(role).get(path)
        assert answer.status_code == status, answer.text
        return answer.text


@pytest.fixture(scope="module")
def story(
    servers: Servers, template: str, simulator_thread: SimulatorThread,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Story]:  # fmt: skip
    folder = tmp_path_factory.mktemp("story")
    simulator_thread.reset(PEOPLE, SEED)
    database = Database(servers.create("story", template))
    engine = Installation(database, simulator_thread, folder / "data")
    with serving(engine, folder) as running:
        yield Story(engine, running)
    engine.close()
    database.close()
    servers.drop("story")


def text_of(page: str) -> str:
    """What is read, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_an_empty_installation_says_what_to_do_first(story: Story) -> None:
    page = text_of(story.empty["/"])
    assert "No runs yet. Upload a staff CSV to begin." in page
    assert "Next: an operator uploads a staff file." in page
    assert "<table" not in story.empty["/"]
    assert "An operator uploads a staff CSV" in story.empty["/runs"]
    assert "No extract has been read yet." in story.empty["/runs/trends"]


def test_an_approver_reaches_the_plan_by_the_first_link_of_the_page(story: Story) -> None:
    page = story.get("/", Role.APPROVER)
    main = page.partition("<main")[2]
    assert "1 plan needs approval." in text_of(main)
    assert "File staff.csv: 2 additions, 3 updates, 4 group changes." in text_of(main)
    banner = main.partition('class="notice attention"')[2]
    assert re.findall(r'class="button" href="([^"]+)"', banner)[0] == f"/runs/{story.second}/plan"


def test_the_first_page_tells_what_was_applied_the_file_and_the_last_contact(story: Story) -> None:
    page = text_of(story.get("/"))
    assert "added 0 ~ updated 4" in page
    assert "62 rows" in page
    assert "+3.3 % against the one before" in page
    assert "Answers last called just now" in page
    assert "Staff file 0 rows EPA 0 records OSHA 0 records" in page
    assert page.count(story.second) >= 2, "in the picture's table and in the list"
    assert "Upload a file" not in page, "a viewer can't"
    assert "Upload a file" in story.get("/", Role.OPERATOR)
    assert len(story.get("/")) < 100_000


def test_ascip_out_of_reach_is_told_with_the_last_contact_and_nobody_is_called(
    story: Story,
) -> None:
    counts = [CallCount(call="GET /people", outcome="unreachable", calls=1, seconds=1)]
    asked = len(story.engine.simulator.journal())
    with story.engine.database.transactions.begin() as uow:
        uow.tallies.add_calls("ascip", counts)
    page = text_of(story.get("/"))
    story.engine.database.change("DELETE FROM target_call WHERE outcome = 'unreachable'")
    assert re.search(
        r"ASCIP does not answer \(last tried .+? \); last good contact .+?\d\d:\d\d", page
    )
    assert len(story.engine.simulator.journal()) == asked


def test_the_list_of_runs_narrows_by_the_url_and_says_what_it_does_not_know(story: Story) -> None:
    def ids(path: str) -> list[str]:
        return re.findall(r'name="run" value="([^"]+)"', story.get(path))

    assert ids("/runs") == [story.second, story.first]
    assert ids("/runs?state=applied") == [story.first]
    assert ids("/runs?state=held&state=awaiting_approval&trigger=cli&feed=staff") == [story.second]
    assert ids("/runs?trigger=sftp") == []
    assert ids(f"/runs?after={story.second}") == [story.first]
    page = story.get("/runs?state=nonsense<b>")
    assert "state has no value &#39;nonsense&lt;b&gt;&#39;; it narrows nothing" in page
    assert "No run fits" in story.get("/runs?trigger=sftp")
    line = text_of(story.get("/runs?state=applied"))
    assert "update 4" in line
    assert "command line" in line
    assert "anna" in line


def test_the_list_alone_is_sent_where_only_it_is_asked_for(story: Story) -> None:
    client = story.client(Role.VIEWER)
    part = client.get("/runs?state=applied", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div id="list">')
    assert "<html" not in part


def test_two_runs_stand_side_by_side(story: Story) -> None:
    page = story.get(f"/runs/compare?run={story.first}&run={story.second}")
    told = text_of(page)
    assert re.search(rf"\d+ only in {story.first}, \d+ only in {story.second}", told)
    assert "Rows accepted, quarantined" in told
    assert "Differs" in told
    assert "Same" in told
    assert "@" not in re.sub(r"\w\*\*\*@", "", told), "addresses are masked"
    alone = story.get(f"/runs/compare?run={story.first}", status=422)
    assert "<title>Error: Compare two runs" in alone
    assert "Choose two runs that are not the same." in alone
    assert "There is a problem" not in story.get("/runs/compare")
    assert "There is no run" in story.get("/runs/compare?run=run_a&run=run_b", status=404)


def test_the_last_runs_of_any_feed_are_drawn(story: Story) -> None:
    page = story.get("/runs/trends")
    assert page.count('role="img"') == 3
    assert len(page) < 100_000
    assert "No run has been made yet." in story.get("/runs/trends?feed=epa_waste")
    assert story.get("/runs/trends?feed=nothing", status=404)
