"""For every test: how hypothesis searches, and what is skipped where servers are given by URL."""

import logging
import os
import sys
import threading
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.fakes import in_memory
from tests.fakes.servers import outside

# A failure in the build is the same failure everywhere.
settings.register_profile("build", deadline=None, derandomize=True, print_blob=True)
settings.register_profile(
    "search",
    deadline=None,
    max_examples=1000,
    suppress_health_check=[HealthCheck.too_slow],
)
# `HYPOTHESIS_PROFILE=search` looks for new failures, with another seed each time.
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "build"))


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        in_memory.make()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        in_memory.remove()


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """What a test configures doesn't outlive it."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    hooks = sys.excepthook, threading.excepthook
    yield
    if structlog.is_configured():
        root.handlers, root.level = handlers, level
        sys.excepthook, threading.excepthook = hooks
        logging.captureWarnings(capture=False)
        structlog.contextvars.clear_contextvars()
        structlog.reset_defaults()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tests of the embedded servers have nothing to say of others."""
    marker = item.get_closest_marker("embedded")
    if marker and outside("") is not None:
        pytest.skip(f"embedded only: {marker.args[0]}")
