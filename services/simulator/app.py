"""The server: HTTP in, then faults, API and journal. Used by `__main__` and in-process by tests."""

import hashlib
import json
from dataclasses import dataclass

from aiohttp import web

from .admin import Admin
from .api import Api
from .broken import Broken
from .exchange import Exchange
from .faults import Faults
from .hostile import play
from .journal import Journal
from .late import LateEffects
from .limiter import Limiter
from .messages import PREFIX, Request
from .model import Dump
from .saving import StateFile
from .signature import Key, Verifier
from .state import State, encoded

_EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    key_id: str = "district-sync"
    secret: str = "simulator-secret"  # noqa: S105 - a double has no secrets worth keeping
    rate_per_s: float = 10.0
    burst: int = 20
    #: ids of the rules that are broken from the start, and after each reset
    broken: tuple[str, ...] = ()


class NumberedServer(web.Server):
    """Counts TCP connections, so that the journal can tell them apart."""

    def __init__(self, simulator: "Simulator") -> None:
        super().__init__(simulator.handle, access_log=None)
        self._accepted = 0
        self.numbers: dict[web.RequestHandler, int] = {}

    def __call__(self) -> web.RequestHandler:
        handler = super().__call__()
        self._accepted += 1
        self.numbers[handler] = self._accepted
        return handler

    def connection_lost(
        self, handler: web.RequestHandler, exc: BaseException | None = None
    ) -> None:
        self.numbers.pop(handler, None)
        super().connection_lost(handler, exc)


class Simulator:
    def __init__(self, dump: Dump, options: Options, state_file: StateFile | None = None) -> None:
        self._options = options
        self.state_file = state_file
        self._requests = 0
        self._runner: web.ServerRunner | None = None
        self._server: NumberedServer | None = None
        #: the tenant as bytes, so that a reset can't be spoilt by later edits
        self._start_dump = encoded(dump)
        self.journal = Journal()
        self.faults = Faults()
        self.late = LateEffects()
        self.clock_offset_s = 0.0
        self.api = self._fresh_api()
        self._admin = Admin(self)

    def reset(self, dump: Dump | None = None) -> None:
        """Back to the start in everything, but with another tenant where one is given."""
        self.journal.clear()
        self.faults.clear()
        self.late.clear()
        self.clock_offset_s = 0.0
        self.api = self._fresh_api(dump)

    async def start(self, host: str, port: int) -> int:
        """Listens and gives the port, which is a free one where 0 was asked for."""
        self._server = NumberedServer(self)
        self._runner = web.ServerRunner(self._server, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port, backlog=1024)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def handle(self, http: web.BaseRequest) -> web.StreamResponse:
        path, _, query = http.raw_path.partition("?")
        body = await http.content.read() if http.body_exists else b""
        if path.startswith("/_sim"):
            return self._admin.answer(http.method, path, query, body)
        if path.startswith(PREFIX):
            self.late.request_arrived()
        exchange = Exchange(
            http=http,
            request=self._request(http, path, query, body),
            api=self.api,
            journal=self.journal,
            late=self.late,
            connection=self._server.numbers.get(http.protocol, 0) if self._server else 0,
        )
        if self.faults.rules and path.startswith(PREFIX):
            rules = self.faults.hitting(http.method, path)
            if rules:
                return await play(exchange, rules)
        return exchange.send(exchange.answer())

    def _request(self, http: web.BaseRequest, path: str, query: str, body: bytes) -> Request:
        self._requests += 1
        return Request(
            method=http.method,
            path=path,
            query=query,
            headers=http.headers,
            body=body,
            body_sha256=hashlib.sha256(body).hexdigest() if body else _EMPTY_SHA256,
            request_id=f"req-{self._requests}",
            clock_offset_s=self.clock_offset_s,
        )

    def _fresh_api(self, dump: Dump | None = None) -> Api:
        options = self._options
        verifier = Verifier({options.key_id: Key(secret=options.secret.encode())})
        state = State(dump or json.loads(self._start_dump))
        api = Api(state, verifier, Limiter(options.rate_per_s, options.burst))
        api.break_rules(Broken(options.broken))
        return api
