"""A real browser over the composed site and seeded installations: `make test-browser`.

Not part of `make test`: Chromium is not everywhere. `.ci/run` calls these tests where it is.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from shared.domain.access import Role
from tests.browser import chromium
from tests.browser.guard import Guard
from tests.browser.seeds.recipes import RECIPES
from tests.browser.seeds.worlds import Worlds
from tests.browser.site import Site
from tests.browser.visitors import Look, Served, Visitors
from tests.fakes.servers import Servers
from tests.fakes.simulator_thread import SECRET
from tests.integration.conftest import servers, template

__all__ = ["servers", "template"]

_FAILED = pytest.StashKey[bool]()
#: Of failed tests; git knows nothing of it.
TRACES = Path("screenshots") / "traces"


@pytest.fixture(scope="session", autouse=True)
def requirements() -> None:
    """No skipping: who calls for these tests is told why they can't run."""
    if reason := chromium.missing():
        pytest.exit(f"The browser tests did not run: {reason}.", returncode=1)


@pytest.fixture(scope="session")
def browser(requirements: None) -> Iterator[Any]:  # noqa: ARG001  # before anything is started
    with chromium.chromium() as running:
        yield running


@pytest.fixture(scope="session")
def worlds(
    servers: Servers, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Worlds]:
    """Every seeded state, made when it is first wanted."""
    made = Worlds(servers, template, tmp_path_factory.mktemp("worlds"), RECIPES)
    yield made
    made.close()


@pytest.fixture(scope="session")
def redis_url(servers: Servers) -> Iterator[str]:
    """What every site is configured with: a queue to look at, and the key of its simulator."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ASCIP_SECRET", SECRET)
        yield servers.broker()


@pytest.fixture(scope="session")
def shared_site(
    worlds: Worlds, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Site]]:
    """The site over a world that tests only look at."""
    made: dict[str, Site] = {}

    def get(name: str) -> Site:
        if name not in made:
            made[name] = Site(worlds.copy(name), tmp_path_factory.mktemp(name), redis_url)
        return made[name]

    yield get
    for site in made.values():
        site.close()
        worlds.give_back(site.engine)


@pytest.fixture
def own_site(worlds: Worlds, redis_url: str, tmp_path: Path) -> Iterator[Callable[[str], Site]]:
    """The site over a copy of a world that a test may change."""
    made: list[Site] = []

    def make(name: str) -> Site:
        folder = tmp_path / f"site{len(made)}"
        folder.mkdir()
        made.append(Site(worlds.copy(name), folder, redis_url))
        return made[-1]

    yield make
    for site in made:
        site.close()
        worlds.give_back(site.engine)


@pytest.fixture(scope="session")
def visitors(browser: Any) -> Visitors:
    return Visitors(browser)


class Visit:
    """Opens browsers; see the fixture."""

    def __init__(self, visitors: Visitors, closing: Callable[..., object]) -> None:
        self._visitors, self._closing = visitors, closing
        self._guards: list[Guard] = []

    def __call__(self, site: Served, role: Role | None = None, look: Look | None = None) -> Any:
        context, guard = self._visitors.context(site, role, look or Look())
        self._guards.append(guard)
        self._closing(context)
        return context.new_page()

    def expect_failures(self) -> None:
        """From now on what goes wrong is the test's doing."""
        for guard in self._guards:
            guard.expects_failures = True

    @property
    def found(self) -> list[str]:
        """What went wrong in any of them."""
        return [each for guard in self._guards for each in guard.found]


@pytest.fixture
def visit(visitors: Visitors, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A page in a browser of somebody's own: `visit(site, Role.APPROVER, Look(dark=True))`.

    The test fails at its end if another host was asked, a script failed, or the policy of the page's
    content was broken. Of a test that failed, the trace is kept.
    """
    with ExitStack() as closing:
        made = Visit(visitors, lambda context: closing.callback(_end, context, request.node))
        yield made
        assert not made.found, "\n".join(made.found)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember what became of the test, for its fixtures."""
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


def _end(context: Any, item: pytest.Item) -> None:
    if item.stash.get(_FAILED, False):
        context.tracing.stop(path=TRACES / f"{item.name}.zip")
    context.close()
