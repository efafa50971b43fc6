"""What people, files and ASCIP wrote is text on every page: it runs nothing and adds no element."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from shared.domain.access import Role
from tests.browser.conftest import Visit
from tests.browser.seeds.hostile import QUOTED, TAG
from tests.browser.site import Site

_FOUND = """() => [
  ...document.querySelectorAll('img, b[id=pwn], [onerror], [onclick], script:not([src]), iframe, object'),
  ...[...document.querySelectorAll('a[href], form[action]')].filter(
    e => new URL(e.getAttribute('href') || e.getAttribute('action'), location.href).origin
      !== location.origin),
].map(e => e.outerHTML.slice(0, 200))"""
#: Looked at without following their links: files, and the way out.
_NO_PAGE = re.compile(
    r"/(file|errors\.csv|sample\.csv|live|checked)$|/(reports|versions)/|^/(static|api|docs|health|metrics)"
)


@pytest.mark.slow
def test_hostile_text_is_shown_as_text_on_every_page(
    visit: Visit, shared_site: Callable[[str], Site]
) -> None:
    """Slow: every page that a link without a filter leads to, in a browser."""
    site = shared_site("hostile")
    page = visit(site, Role.ADMIN)
    said: list[str] = []

    def speaks(dialog: Any) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", speaks)
    left = ["/", f"/people?q={quote(TAG)}", f"/audit?actor={quote(QUOTED)}", f"/runs?state={quote(TAG)}",
            f"/mapping/compare?old={quote(TAG)}", f"/runs/compare?run={quote(TAG)}&run=x", f"/{quote(TAG)}",
            f"/sign-in?next=/{quote(TAG)}", f"/settings/users?after={quote(TAG)}"]  # fmt: skip
    seen: set[str] = set()
    shown, wrong = 0, []
    while left:
        path = left.pop(0)
        if path in seen or _NO_PAGE.search(urlsplit(path).path):
            continue
        seen.add(path)
        page.goto(path)
        found = page.evaluate(_FOUND)
        if found:
            wrong.append((path, found))
        text = page.content()
        shown += "&lt;img src=x" in text or "&lt;b id=pwn" in text
        links = page.evaluate("() => [...document.querySelectorAll('a[href]')].map(e => e.href)")
        left += [link.removeprefix(site.origin) for link in links if not re.search(r"[?#]", link)]
    assert wrong == []
    assert said == []
    assert shown > 25
