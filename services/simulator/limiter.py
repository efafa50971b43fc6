"""A token bucket per key, with the rate-limit headers of every answer. Used by `api`."""

import math
from dataclasses import dataclass

from .refusals import Refusal


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Limiter:
    """`rate_per_s` 0 means no limit; then the headers show a figure no client reaches."""

    def __init__(self, rate_per_s: float, burst: int) -> None:
        self.rate_per_s = rate_per_s
        self.burst = burst
        self._buckets: dict[str, _Bucket] = {}

    def configure(self, rate_per_s: float, burst: int) -> None:
        self.rate_per_s = rate_per_s
        self.burst = burst
        self._buckets.clear()

    def take(self, key_id: str, now: float) -> None:
        """Takes one token; raises 429 where none is left."""
        if self.rate_per_s <= 0:
            return
        bucket = self._buckets.get(key_id)
        if bucket is None:
            bucket = self._buckets[key_id] = _Bucket(float(self.burst), now)
        elapsed_s = max(0.0, now - bucket.at)
        bucket.tokens = min(float(self.burst), bucket.tokens + elapsed_s * self.rate_per_s)
        bucket.at = now
        if bucket.tokens < 1:
            wait_s = (1 - bucket.tokens) / self.rate_per_s
            raise Refusal(
                429,
                "rate_limited",
                "Too many requests with this key.",
                headers={"Retry-After": str(max(1, math.ceil(wait_s)))},
            )
        bucket.tokens -= 1

    def headers(self, key_id: str, now: float) -> dict[str, str]:
        if self.rate_per_s <= 0:
            return {
                "X-RateLimit-Limit": "1000000",
                "X-RateLimit-Remaining": "1000000",
                "X-RateLimit-Reset": str(int(now)),
            }
        bucket = self._buckets.get(key_id)
        tokens = bucket.tokens if bucket else float(self.burst)
        full_at = now + (self.burst - tokens) / self.rate_per_s
        return {
            "X-RateLimit-Limit": str(max(1, math.floor(self.rate_per_s))),
            "X-RateLimit-Remaining": str(max(0, math.floor(tokens))),
            "X-RateLimit-Reset": str(math.ceil(full_at)),
        }
