"""The fixtures of `tests/faults` and `tests/integration`, for what takes too long to be there."""

from tests.faults.conftest import build, grounds
from tests.integration.conftest import (
    database,
    engine,
    install,
    servers,
    simulator_thread,
    template,
    tenant,
)

__all__ = [
    "build",
    "database",
    "engine",
    "grounds",
    "install",
    "servers",
    "simulator_thread",
    "template",
    "tenant",
]
