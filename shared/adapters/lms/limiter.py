"""The rate limit shared by all processes: a Lua script in Valkey hands out slots (GCRA)."""

import asyncio
import math
from typing import Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.domain.errors import Transient

MAX_HOLD_S = 900.0
_MICROSECONDS = 1_000_000

# TAT: the time at which the next slot is due if nobody bursts. Times are those of the server, so
# that no worker's clock matters. `%.0f`: Lua's own number format keeps 14 digits only.
_RESERVE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local spacing, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2])
local slots, horizon, cap = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local tat = tonumber(redis.call('GET', KEYS[1]) or '0')
local hold = math.min(tonumber(redis.call('GET', KEYS[2]) or '0'), now + cap)
if hold <= now and tat > now + horizon then tat = now end
tat = math.max(tat, now)
local first = math.max(now, tat - tolerance)
if hold > first then
  first = hold
  tat = math.max(tat, hold + tolerance)
end
tat = tat + slots * spacing
redis.call('SET', KEYS[1], string.format('%.0f', tat), 'PX', math.ceil((tat - now) / 1000) + 1000)
return math.ceil(first - now)
"""

_HOLD = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local hold = now + tonumber(ARGV[1])
local old = tonumber(redis.call('GET', KEYS[1]) or '0')
if hold > old or old > now + tonumber(ARGV[2]) then
  redis.call('SET', KEYS[1], string.format('%.0f', hold), 'PX', math.ceil((hold - now) / 1000) + 1)
end
return 1
"""


class _Script(Protocol):
    async def __call__(self, keys: list[str], args: list[int]) -> object: ...


class ValkeyLimiter:
    """At most ``burst`` slots at once and ``rate_per_s`` in the long run, over all processes.

    Who uses the same ``key`` shares the limit. No slot is refused, each gets its time; after a
    hold there is no burst. Connects lazily, anew for each event loop.

    Raises:
        Transient: with code `limiter_unavailable` when Valkey can't be reached.
    """

    def __init__(self, redis_url: str, key: str, rate_per_s: float, burst: int) -> None:
        self._url = redis_url
        # The braces keep both keys on one node of a cluster.
        self._tat, self._hold = f"{{{key}}}:tat", f"{{{key}}}:hold"
        self._spacing = math.ceil(_MICROSECONDS / rate_per_s)
        self._tolerance = self._spacing * (max(burst, 1) - 1)
        # Reservations so far ahead mean that the server's clock was set back: start afresh.
        self._horizon = self._tolerance + max(10 * _MICROSECONDS, 1000 * self._spacing)
        self._redis: Redis | None = None
        self._scripts: tuple[_Script, _Script] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def reserve(self, slots: int = 1) -> float:
        """Seconds until the first slot; the others follow ``1 / rate_per_s`` after one another."""
        cap = int(MAX_HOLD_S * _MICROSECONDS)
        args = [self._spacing, self._tolerance, slots, self._horizon, cap]
        return await self._run(0, [self._tat, self._hold], args) / _MICROSECONDS

    async def hold(self, seconds: float) -> None:
        """Let nobody call for ``seconds``, at most 15 minutes; a longer hold that stands stays."""
        capped_s = MAX_HOLD_S if math.isnan(seconds) else min(max(seconds, 0.0), MAX_HOLD_S)
        cap = int(MAX_HOLD_S * _MICROSECONDS)
        await self._run(1, [self._hold], [int(capped_s * _MICROSECONDS), cap])

    async def close(self) -> None:
        """Release the connection."""
        if self._redis is not None:
            await self._redis.aclose()
        self._redis = self._scripts = self._loop = None

    async def _run(self, script: int, keys: list[str], args: list[int]) -> int:
        try:
            answer = await self._connected()[script](keys, args)
        except (RedisError, OSError) as error:
            reason = type(error).__name__
            advice = f"the shared rate limit can't be reached ({reason}): check redis.url"
            raise Transient(advice, code="limiter_unavailable") from None
        return answer if isinstance(answer, int) else 0

    def _connected(self) -> tuple[_Script, _Script]:
        loop = asyncio.get_running_loop()
        if self._scripts is None or self._loop is not loop:
            self._redis = Redis.from_url(self._url, socket_timeout=5, socket_connect_timeout=5)
            self._scripts = (
                self._redis.register_script(_RESERVE),
                self._redis.register_script(_HOLD),
            )
            self._loop = loop
        return self._scripts
