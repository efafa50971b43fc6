"""Checks signed requests as the contract page describes it: keys, signature, clock, nonces.

Used by `api`; written apart from the client's signer on purpose.
"""

import hmac
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote_plus

from .refusals import Refusal

MAX_SKEW_S = 300
NONCE_MEMORY_S = 600
_NONCE = re.compile(r"[A-Za-z0-9_-]{6,64}")
_DIGITS = re.compile(r"[0-9]{1,15}")
#: what RFC 3986 calls unreserved; letters and digits are always safe for quote()
_UNRESERVED = "-._~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    secret: bytes
    scopes: tuple[str, ...] = ("read", "write")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedParts:
    """What the signature covers, as it came over the wire."""

    method: str
    path: str
    query: str
    body_sha256: str


def canonical_query(raw: str) -> str:
    if not raw:
        return ""
    return "&".join(f"{name}={value}" for name, value in sorted(pieces(raw)))


def pieces(raw: str) -> list[tuple[str, str]]:
    """Names and values of a query, each percent-encoded after RFC 3986, in the order sent."""
    pairs = [piece.partition("=") for piece in raw.split("&") if piece]
    return [(_encoded(name), _encoded(value)) for name, _, value in pairs]


def _encoded(raw: str) -> str:
    return quote(unquote_plus(raw), safe=_UNRESERVED, errors="replace")


def sign(
    secret: bytes,
    parts: SignedParts,
    timestamp: str,
    nonce: str,
    *,
    form: Callable[[str], str] = canonical_query,
) -> str:
    """`form` is another one than the contract's only where a rule is broken."""
    text = "\n".join(
        (
            parts.method,
            parts.path,
            form(parts.query),
            timestamp,
            nonce,
            parts.body_sha256,
        )
    )
    return hmac.digest(secret, text.encode("utf-8", "surrogateescape"), "sha256").hex()


class Verifier:
    """Knows the keys and remembers nonces; one per simulator."""

    def __init__(self, keys: Mapping[str, Key]) -> None:
        self.keys: dict[str, Key] = dict(keys)
        #: keys that a fault has revoked; they come back when the faults are set anew
        self.revoked: set[str] = set()
        self._seen: set[str] = set()
        self._ages: deque[tuple[float, str]] = deque()

    def find(self, key_id: str | None) -> Key:
        key = self.keys.get(key_id) if key_id else None
        if key is None or key_id in self.revoked:
            raise Refusal(401, "unknown_key", "The key is missing, unknown or revoked.")
        return key

    def check(self, key: Key, parts: SignedParts, headers: Mapping[str, str], now: float) -> None:
        timestamp = headers.get("X-Ascip-Timestamp", "")
        nonce = headers.get("X-Ascip-Nonce", "")
        given = headers.get("X-Ascip-Signature", "")
        if not (_DIGITS.fullmatch(timestamp) and _NONCE.fullmatch(nonce)):
            raise Refusal(401, "bad_signature", "Timestamp or nonce is missing or malformed.")
        expected = sign(key.secret, parts, timestamp, nonce)
        if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
            raise Refusal(401, "bad_signature", "The signature does not match the request.")
        if abs(now - int(timestamp)) > MAX_SKEW_S:
            server_time = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            raise Refusal(
                401,
                "clock_skew",
                f"The timestamp is more than {MAX_SKEW_S} s away from the server's clock.",
                extra={"serverTime": server_time},
            )
        self._remember(nonce, now)

    def _remember(self, nonce: str, now: float) -> None:
        ages = self._ages
        while ages and ages[0][0] < now - NONCE_MEMORY_S:
            self._seen.discard(ages.popleft()[1])
        if nonce in self._seen:
            raise Refusal(401, "replayed", "This nonce was used within the last 10 minutes.")
        self._seen.add(nonce)
        ages.append((now, nonce))


def require_write(key: Key) -> None:
    if "write" not in key.scopes:
        raise Refusal(403, "insufficient_scope", "This key may only read.")
