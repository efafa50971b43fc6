"""The console over an installation, with somebody signed in."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.fakes.api_thread import ApiThread
from tests.fakes.installation import Installation
from tests.integration.ingest.conftest import serving

SignIn = Callable[..., httpx.Client]


@pytest.fixture
def site(engine: Installation, tmp_path: Path) -> Iterator[ApiThread]:
    """The site over the test's installation."""
    with serving(engine, tmp_path) as running:
        yield running


@pytest.fixture
def signed_in(site: ApiThread) -> SignIn:
    """Somebody of these roles, in a browser of their own."""
    return site.browser
