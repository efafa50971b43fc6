"""Browsers of people: each signed in once by role, then wherever that role is wanted."""

from dataclasses import dataclass
from typing import Any, Protocol

from shared.domain.access import Role
from tests.browser.guard import Guard
from tests.browser.seeds.users import PASSWORD, USERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How somebody looks at a page."""

    dark: bool = False
    #: CSS pixels; 320 is a phone, and a page of 1280 px at 400 %.
    width: int = 1280
    height: int = 900
    scripts: bool = True


class Served(Protocol):
    """What a browser can be pointed at."""

    origin: str


class Visitors:
    """Contexts of one browser."""

    def __init__(self, browser: Any) -> None:
        self._browser = browser
        self._kept: dict[tuple[str, Role], Any] = {}

    def context(self, site: Served, role: Role | None, look: Look) -> tuple[Any, Guard]:
        """A browser that has seen nothing but, with a role, the sign-in page."""
        context = self._browser.new_context(
            base_url=site.origin, color_scheme="dark" if look.dark else "light", locale="en-US",
            viewport={"width": look.width, "height": look.height}, java_script_enabled=look.scripts,
            reduced_motion="reduce", timezone_id="America/New_York",
            storage_state=self._signed_in(site, role) if role else None,
        )  # fmt: skip
        context.set_default_timeout(5_000)
        context.tracing.start(screenshots=True, snapshots=True)
        guard = Guard(site.origin)
        guard.watch(context)
        return context, guard

    def _signed_in(self, site: Served, role: Role) -> Any:
        """What a browser keeps of somebody who has signed in by the page."""
        key = site.origin, role
        if key not in self._kept:
            context = self._browser.new_context(base_url=site.origin)
            context.set_default_timeout(5_000)
            page = context.new_page()
            sign_in(page, role)
            self._kept[key] = context.storage_state()
            context.close()
        return self._kept[key]


def sign_in(page: Any, role: Role) -> None:
    """As a person does it."""
    page.goto("/sign-in")
    page.get_by_label("User name").fill(USERS[role])
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Main").wait_for()
