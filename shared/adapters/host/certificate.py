"""Looks at the server's own certificate: readable, fits its key, not about to expire."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from shared.ports.probe import Finding, Verdict

#: Time enough to have it renewed.
SOON = timedelta(days=30)


def certificate(
    cert: Path,
    key: Path,
    client_ca: Path | None = None,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Finding:
    """What `[tls]` names, as the server will load it."""
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key, password=_no_password)
        if client_ca:
            context.load_verify_locations(client_ca)
        ends = x509.load_pem_x509_certificate(cert.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        return _broken(*_reason(error, cert, key, client_ca))
    left = ends - now()
    if left <= timedelta(0):
        return _broken(f"{cert} expired on {ends:%Y-%m-%d}", "have it renewed; browsers refuse it")
    if left <= SOON:
        return Finding(
            name="tls", verdict=Verdict.WARNING, facts={"days_left": left.days},
            detail=f"{cert} expires on {ends:%Y-%m-%d}, in {left.days} days",
            remedy="have it renewed, put it in its place and restart",
        )  # fmt: skip
    return Finding(
        name="tls", detail=f"{cert} is good until {ends:%Y-%m-%d}", facts={"days_left": left.days}
    )


def _no_password() -> str:
    """Nobody is there to type one when a service starts."""
    raise ValueError("is encrypted")


def _broken(detail: str, remedy: str) -> Finding:
    return Finding(name="tls", verdict=Verdict.ERROR, detail=detail, remedy=remedy)


def _reason(
    error: OSError | ValueError, cert: Path, key: Path, client_ca: Path | None
) -> tuple[str, str]:
    for path in (cert, key, client_ca):
        if path and not path.is_file():
            return f"{path} doesn't exist", "put the file there, or correct [tls]"
    if isinstance(error, PermissionError):
        return f"{cert} or {key} can't be read", "give them to the user who runs this, mode 0600"
    if "KEY_VALUES_MISMATCH" in str(error):
        return f"{key} is not the key of {cert}", "put the pair there that was made together"
    if "encrypted" in str(error):
        return f"{key} is encrypted", f"openssl pkey -in {key} -out plain.pem, mode 0600"
    return f"{cert} or {key} is not PEM", "tls.cert takes the chain, tls.key the key, both in PEM"
