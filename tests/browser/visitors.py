"""Browsers of people, each with nothing of anybody else's."""

from dataclasses import dataclass
from typing import Any

from tests.browser.guard import Guard
from tests.browser.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How somebody looks at a page."""

    dark: bool = False
    #: CSS pixels; 320 is a phone, and a page of 1280 px at 400 %.
    width: int = 1280
    height: int = 900
    scripts: bool = True


class Visitors:
    """Contexts of one browser."""

    def __init__(self, browser: Any) -> None:
        self._browser = browser

    def context(self, site: Site, look: Look) -> tuple[Any, Guard]:
        """A browser that has seen nothing yet."""
        context = self._browser.new_context(
            base_url=site.origin, color_scheme="dark" if look.dark else "light", locale="en-US",
            viewport={"width": look.width, "height": look.height}, java_script_enabled=look.scripts,
            reduced_motion="reduce", timezone_id="America/New_York",
        )  # fmt: skip
        context.set_default_timeout(5_000)
        context.tracing.start(screenshots=True, snapshots=True)
        guard = Guard(site.origin)
        guard.watch(context)
        return context, guard
