"""A request and an answer of the API, without any transport. Used by most modules around `api`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .model import Effect
from .reading import Twist
from .signature import SignedParts

PREFIX = "/api/v1"
_DEFAULT_TWIST = Twist()


@dataclass(slots=True, kw_only=True)
class Request:
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    body_sha256: str
    request_id: str
    #: how far the server's clock is off, in seconds
    clock_offset_s: float = 0.0
    twist: Twist = field(default_factory=lambda: _DEFAULT_TWIST)

    def signed_parts(self) -> SignedParts:
        return SignedParts(
            method=self.method, path=self.path, query=self.query, body_sha256=self.body_sha256
        )


@dataclass(slots=True, kw_only=True)
class Answer:
    status: int
    body: bytes
    effect: Effect = None
    headers: dict[str, str] = field(default_factory=dict)
