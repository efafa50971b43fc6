"""The machine's own Chromium, driven by Playwright; no browser is ever downloaded."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
#: Nothing of the machine's and nothing for the maker: what is asked for is what a page asks for.
_QUIET = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    # Whatever is not this machine isn't found, so that no test can depend on it.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]  # fmt: skip
#: Chromium's sandbox wants another user than root; a build machine often has only root.
_AS_ROOT = ["--no-sandbox"]


def program() -> str | None:
    """Where Chromium is."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def missing() -> str | None:
    """What keeps a browser from being driven."""
    if program():
        return None
    return f"none of {', '.join(_NAMES)} is on the PATH (Debian: apt-get install chromium)"


@contextmanager
def chromium() -> Iterator[Browser]:
    """One browser; each test has a context of its own in it."""
    arguments = _QUIET + (_AS_ROOT if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=arguments)
        yield browser
        browser.close()
