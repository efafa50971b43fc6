"""What listens: the REST interface on its own addresses, the console on all others."""

from starlette.types import Receive, Scope, Send

from services.console.app import make_console
from services.ingest.app import make_app
from shared.http.service import Service

#: Addresses of the REST interface, of monitoring and of the documentation.
_REST = ("/api/", "/docs", "/livez", "/readyz", "/health", "/metrics")


class Site:
    """Both on one origin, each with its own headers, limits and way of saying that something is wrong."""

    def __init__(self, service: Service) -> None:
        self.rest, self.console = make_app(service), make_console(service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        rest = scope.get("path", "").startswith(_REST)
        await (self.rest if rest else self.console)(scope, receive, send)
