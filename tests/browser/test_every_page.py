"""What every page is held to, in every state: axe, targets, width, weight, headings, in light and dark."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser import accessibility
from tests.browser.conftest import Visit
from tests.browser.places import PLACES, Place, address
from tests.browser.site import Site
from tests.browser.visitors import Look

Opened = Callable[..., Any]
_SCHEMES = ("light", "dark")


@pytest.fixture
def opened(visit: Visit, shared_site: Callable[[str], Site]) -> Opened:
    """A place in a browser."""

    def open_(place: Place, look: Look | None = None) -> Any:
        site = shared_site(place.world)
        page = visit(site, place.role, look)
        answer = page.goto(address(site.engine, place.path))
        assert answer.ok != place.name.startswith("problem"), answer.status
        assert len(answer.body()) <= accessibility.MOST_BYTES
        return page

    return open_


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_page_can_be_used_by_everybody(opened: Opened, place: Place) -> None:
    page = opened(place)
    found = [f"{count} main headings" for count in [_count(page, "h1")] if count != 1]
    found += [f"{count} main regions" for count in [_count(page, "main")] if count != 1]
    found += [f"{count} nodes" for count in [_count(page, "*")] if count > accessibility.MOST_NODES]
    for scheme in _SCHEMES:
        page.emulate_media(color_scheme=scheme)
        found += [f"{scheme}: {each}" for each in accessibility.violations(page)]
    found += [f"small: {each}" for each in accessibility.small_targets(page)]
    page.set_viewport_size({"width": accessibility.PHONE_PX, "height": 640})
    found += [f"phone, wide: {each}" for each in accessibility.too_wide(page)]
    found += [f"phone, small: {each}" for each in accessibility.small_targets(page)]
    assert not found, "\n".join(found)


def _count(page: Any, selector: str) -> int:
    count: int = page.locator(selector).count()
    return count


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_the_keyboard_gets_everywhere_and_is_seen(opened: Opened, place: Place) -> None:
    """Tab through the first screenfuls: each stop is shown, and nothing lies over it (2.4.7, 2.4.11)."""
    page = opened(place)
    bad, names = [], []
    for _ in range(40):
        page.keyboard.press("Tab")
        found = accessibility.focused(page)
        if found is None:
            break
        names.append(found.name)
        bad += [found.html] if not found.shown or found.covered else []
    assert bad == []
    if place.name != "sign-in":  # which begins in its first field
        assert names[0] == "Skip to the content"


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_page_says_the_same_without_scripts(opened: Opened, place: Place) -> None:
    page = opened(place, Look(scripts=False))
    assert page.get_by_role("heading", level=1).inner_text()
    assert page.get_by_text("Loading").count() == 0
