"""What a handler works with, and how it asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from shared.pipeline.tools import Tools
from shared.ports.probe import Probe
from shared.settings import Loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a sender of a file is waited for: one that is silent or drips is given up (slow loris)."""

    idle_s: float = 30.0
    #: From when on the pace counts, and the least of it.
    pace_after_s: float = 60.0
    slowest_bytes_per_s: int = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The installation behind the interface."""

    loaded: Loaded
    tools: Tools
    #: Checks of the parts, for health.
    probes: Sequence[Probe] = ()
    patience: Patience = Patience()


def service_of(request: Request) -> Service:
    """The service that `make_app` was given."""
    served: Service = request.app.state.service
    return served


Served = Annotated[Service, Depends(service_of)]
