"""That these tests see what they are to see: each instrument is shown what it must not let pass."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser import accessibility
from tests.browser.conftest import Visit
from tests.browser.guard import Guard
from tests.browser.site import Site
from tests.browser.visitors import Look, Visitors

PAGE = '<!doctype html><html lang="en"><title>A page</title><main><h1>A page</h1>{}</main>'
SOUND = '<p>Words.</p><p><button style="height: 30px">Approve this plan</button></p>'

FORBIDDEN_SCRIPT = """\
<meta http-equiv="Content-Security-Policy" content="script-src 'none'"><script>void 0</script>"""


@pytest.fixture(scope="module")
def site(shared_site: Callable[[str], Site]) -> Site:
    return shared_site("empty")


@pytest.fixture
def show(visit: Visit, site: Site) -> Callable[[str], Any]:
    """A page as wide as a phone with this inside."""
    page = visit(site, look=Look(width=accessibility.PHONE_PX))

    def set_content(inside: str) -> Any:
        page.set_content(PAGE.replace("{}", inside))
        return page

    return set_content


def test_a_page_of_the_site_is_opened(visit: Visit, site: Site) -> None:
    page = visit(site)
    page.goto("/docs")
    assert page.get_by_role("heading", level=1).inner_text() == "ASCIP Sync Engine: REST interface"
    assert accessibility.violations(page) == []


def test_what_nobody_can_read_is_seen(show: Callable[[str], Any]) -> None:
    assert accessibility.violations(show(SOUND)) == []
    assert "label" in accessibility.violations(show("<input>"))[0]
    pale = '<p style="color: #aaa; background: #fff">Words.</p>'
    assert "color-contrast" in accessibility.violations(show(pale))[0]


def test_what_no_finger_hits_is_seen(show: Callable[[str], Any]) -> None:
    small = '<button style="width: 20px; height: 23px; padding: 0"></button>'
    in_words = 'As <a href="/">the first page</a> says.'
    labelled = (
        '<label style="display: block; padding: 8px"><input type="checkbox"> All of them</label>'
    )
    assert accessibility.small_targets(show(SOUND + in_words + labelled)) == []
    assert "20 x 23" in accessibility.small_targets(show(small))[0]
    assert accessibility.small_targets(show('<nav><a href="/">x</a></nav>'))


def test_what_scrolls_sideways_is_seen(show: Callable[[str], Any]) -> None:
    wide = '<div style="width: 500px">wide</div>'
    assert accessibility.too_wide(show(SOUND)) == []
    assert accessibility.too_wide(show(f'<div style="overflow-x: auto">{wide}</div>')) == []
    assert "px" in accessibility.too_wide(show(wide))[0]


def test_focus_that_is_not_shown_or_lies_under_something_is_seen(
    show: Callable[[str], Any],
) -> None:
    bar = '<div style="position: fixed; inset: 0; background: #fff">bar</div>'
    for inside, shown, covered in (
        (SOUND, True, False), (SOUND + bar, True, True),
        (f"<style>button {{ outline: none }}</style>{SOUND}", False, False),
    ):  # fmt: skip
        page = show(inside)
        page.keyboard.press("Tab")
        found = accessibility.focused(page)
        assert found is not None
        assert (found.name, found.shown, found.covered) == ("Approve this plan", shown, covered)


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ('<img alt="" src="http://elsewhere.example/a.png">', "another host was asked"),
        ("<script>console.error('lost')</script>", "console: lost"),
        ("<script>missing.call()</script>", "script: missing is not defined"),
        (FORBIDDEN_SCRIPT, "Content Security Policy"),
    ],
    ids=["another host", "an error in the console", "a script that fails", "the policy broken"],
)
def test_what_happens_behind_the_page_s_back_is_seen(
    visitors: Visitors, site: Site, inside: str, said: str
) -> None:
    context, guard = visitors.context(site, None, Look())
    page = context.new_page()
    page.set_content(PAGE.replace("{}", inside))
    page.evaluate("document.readyState")  # what was said before has arrived
    assert any(said in each for each in guard.found), guard.found
    context.close()


def test_a_sound_page_leaves_nothing_to_say(visitors: Visitors, site: Site) -> None:
    context, guard = visitors.context(site, None, Look())
    page = context.new_page()
    assert page.goto("/docs").ok
    assert page.goto("/api/v1/runs").status == 401
    assert guard == Guard(site.origin)
    context.close()
