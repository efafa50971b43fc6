"""Signs requests in the form ASCIP asks for; `Wire` calls it once for every attempt."""

import hashlib
import hmac
from collections.abc import Callable, Iterable
from urllib.parse import quote

Query = tuple[tuple[str, str], ...]


class Signer:
    """Makes the four `X-Ascip-` headers of a request.

    ``now`` gives Unix seconds; ``nonce`` 6 to 64 of ``[A-Za-z0-9_-]``, never the same twice.
    """

    def __init__(
        self, key_id: str, secret: str, now: Callable[[], float], nonce: Callable[[], str]
    ) -> None:
        self._key_id = key_id
        self._secret = secret.encode()
        self._now = now
        self._nonce = nonce

    def headers(self, method: str, path: str, query: Query, body: bytes) -> dict[str, str]:
        """Headers for one attempt. ``path`` is the percent-encoded request path with `/api/v1`."""
        timestamp = str(int(self._now()))
        nonce = self._nonce()
        digest = hashlib.sha256(body).hexdigest()
        text = "\n".join((method, path, encoded(query), timestamp, nonce, digest))
        return {
            "X-Ascip-Key": self._key_id,
            "X-Ascip-Timestamp": timestamp,
            "X-Ascip-Nonce": nonce,
            "X-Ascip-Signature": hmac.digest(self._secret, text.encode(), "sha256").hex(),
        }


def encoded(query: Iterable[tuple[str, str]]) -> str:
    """The query after RFC 3986, sorted by name then value: what is signed is also what is sent."""
    pairs = sorted((quote(name, safe="-._~"), quote(value, safe="-._~")) for name, value in query)
    return "&".join(f"{name}={value}" for name, value in pairs)
