"""How both are served: limits of connections, TLS, an end that lets requests finish."""

import ssl
from pathlib import Path

import uvicorn

from services.web.site import Site
from shared.http.service import Service
from shared.settings_tables import TlsSettings

#: Requests in hand are finished for this long after SIGTERM; streams of events end.
GRACE_S = 10
KEEP_ALIVE_S = 15
MAX_HEAD_BYTES = 64 << 10


def configured(service: Service) -> uvicorn.Config:
    """Uvicorn's configuration. No access log: query strings may hold names."""
    server, tls, base = (
        service.loaded.settings.server,
        service.loaded.settings.tls,
        service.loaded.base,
    )
    return uvicorn.Config(
        Site(service), host=server.host, port=server.port, log_config=None, access_log=False,
        server_header=False, proxy_headers=False, lifespan="off", ws="none",
        timeout_graceful_shutdown=GRACE_S, timeout_keep_alive=KEEP_ALIVE_S,
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
        ssl_context_factory=(lambda *_: _context(base, tls)) if tls.cert else None,
    )  # fmt: skip


def _context(base: Path, tls: TlsSettings) -> ssl.SSLContext:
    """TLS 1.3 as long as the configuration doesn't lower it; client certificates where one is named."""
    ca = base / tls.client_ca if tls.client_ca else None
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=ca)
    made.minimum_version = (
        ssl.TLSVersion.TLSv1_3 if tls.minimum == "1.3" else ssl.TLSVersion.TLSv1_2
    )
    made.load_cert_chain(base / (tls.cert or ""), base / (tls.key or ""))
    if ca:
        made.verify_mode = ssl.CERT_REQUIRED
    return made
