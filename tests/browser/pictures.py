"""Pictures of every page in every state, for people to look at: `make screenshots` writes an index of them.

Collected only where it is named: it judges nothing.
"""

from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest

from tests.browser.accessibility import PHONE_PX
from tests.browser.conftest import Visit
from tests.browser.places import PLACES, Place, address
from tests.browser.site import Site

FOLDER = Path("screenshots")
#: Name → what is set before the picture is taken.
_LOOKS: dict[str, Callable[[Any], object]] = {
    "light": lambda page: page.emulate_media(color_scheme="light"),
    "dark": lambda page: page.emulate_media(color_scheme="dark"),
    "phone": lambda page: (
        page.emulate_media(color_scheme="light"),
        page.set_viewport_size({"width": PHONE_PX, "height": 640}),
    ),
    "print": lambda page: (
        page.set_viewport_size({"width": 794, "height": 1123}),
        page.emulate_media(media="print"),
    ),
}
_HEAD = """\
<!doctype html><html lang="en"><meta charset="utf-8"><title>Pages of the console</title>
<style>body{font:1rem system-ui;margin:2rem}figure{margin:0 0 3rem}
figure div{display:flex;gap:1rem;align-items:start;overflow-x:auto}
img{max-height:40rem;border:1px solid #999}</style>
<h1>Pages of the console</h1>
"""


@pytest.fixture(scope="session")
def album() -> Iterator[list[str]]:
    """Names of what was taken; the index is written at the end."""
    FOLDER.mkdir(exist_ok=True)
    names: list[str] = []
    yield names
    figures = "".join(
        f"<figure><figcaption><h2>{escape(name)}</h2></figcaption><div>"
        + "".join(f'<img src="{name}-{look}.png" alt="{name}, {look}">' for look in _LOOKS)
        + "</div></figure>\n"
        for name in names
    )
    (FOLDER / "index.html").write_text(f"{_HEAD}{figures}</html>\n", encoding="utf-8")


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_picture(
    visit: Visit, shared_site: Callable[[str], Site], album: list[str], place: Place
) -> None:
    site = shared_site(place.world)
    page = visit(site, place.role)
    page.goto(address(site.engine, place.path))
    for look, prepare in _LOOKS.items():
        prepare(page)
        page.screenshot(path=FOLDER / f"{place.name}-{look}.png", full_page=True)
    album.append(place.name)
