"""Watches a browser's context: requests to other hosts, errors in its console, answers that failed."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

#: Chromium writes an error for every answer from 400 on; that a form is refused is no fault of a page.
_REFUSED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")


@dataclass  # no slots: Playwright hangs something of its own on whoever listens
class Guard:
    """What went wrong behind the page's back; a test fails with it at its end."""

    origin: str
    found: list[str] = field(default_factory=list)
    #: Set where a test takes the network or the server away.
    expects_failures: bool = False

    def watch(self, context: Any) -> None:
        """Listen to every page of a context."""
        context.on("request", self._requested)
        context.on("response", self._answered)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.found.append(f"script: {error.error}"))

    def _requested(self, request: Any) -> None:
        url = urlsplit(request.url)
        if url.scheme != "data" and f"{url.scheme}://{url.netloc}" != self.origin:
            self.found.append(f"another host was asked: {request.url}")

    def _answered(self, response: Any) -> None:
        if response.status >= 500 and not self.expects_failures:
            self.found.append(f"{response.status} from {response.url}")

    def _said(self, message: Any) -> None:
        if message.type != "error" or self.expects_failures or _REFUSED.match(message.text):
            return
        self.found.append(f"console: {message.text}")
