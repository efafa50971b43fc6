"""The fixtures of `tests/integration`, for what takes too long to be there."""

from tests.integration.conftest import (
    database,
    engine,
    install,
    servers,
    simulator_thread,
    template,
    tenant,
)

__all__ = ["database", "engine", "install", "servers", "simulator_thread", "template", "tenant"]
