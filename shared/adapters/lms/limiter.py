"""The rate limit shared by all processes: Lua scripts in Valkey hand out slots (GCRA) and hold them."""

import asyncio
import math
from typing import Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.adapters.lms.answers import MAX_HOLD_S
from shared.domain.errors import Transient
from shared.ports.target import Trouble

_MICROSECONDS = 1_000_000
#: A refused call (429) is a strike; after this many seconds it counts half.
HALF_LIFE_S = 60
#: Each strike beyond the first lengthens the time between two calls by half, up to eight times.
SLOWER, SLOWEST = 1.5, 8
#: More strikes change nothing; the cap lets the limit recover within three minutes.
MOST_STRIKES = 7
#: Where a 429 doesn't say how long to wait: this long, doubled by each further strike.
FIRST_WAIT_S, LONGEST_WAIT_S = 1, 30
#: Refusals this close together are one strike: their calls were under way together.
TOGETHER_S = 1

# Times are those of the server, so that no worker's clock matters. Strikes from its future, and a
# hold that is longer than any can be, mean that its clock was set back: they are forgotten.
_NOW = f"""
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local function held(key, cap)
  local hold = tonumber(redis.call('GET', key) or '0')
  return hold > now + cap and 0 or hold
end
local function strikes(key)
  local found = redis.call('HMGET', key, 'count', 'at', 'till')
  local count, at = tonumber(found[1] or '0'), tonumber(found[2] or '0')
  if at > now then return 0, 0 end
  return count * 2 ^ ((at - now) / {HALF_LIFE_S * _MICROSECONDS}), tonumber(found[3] or '0')
end
"""

# TAT: the time at which the next slot is due if nobody bursts. `%.0f`: Lua's own number format
# keeps 14 digits only.
_RESERVE = (
    _NOW
    + f"""
local spacing, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2])
local slots, horizon, cap = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local tat = tonumber(redis.call('GET', KEYS[1]) or '0')
local hold = held(KEYS[2], cap)
if hold <= now and tat > now + horizon then tat = now end
tat = math.max(tat, now)
local first = math.max(now, tat - tolerance)
if hold > first then
  first = hold
  tat = math.max(tat, hold + tolerance)
end
local slower = math.min({SLOWER} ^ math.max(0, strikes(KEYS[3]) - 1), {SLOWEST})
tat = tat + slots * spacing * slower
redis.call('SET', KEYS[1], string.format('%.0f', tat), 'PX', math.ceil((tat - now) / 1000) + 1000)
return math.ceil(first - now)
"""
)

_HOLD = (
    _NOW
    + f"""
local wanted, cap, refused = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
local old = held(KEYS[1], cap)
local count, till = strikes(KEYS[2])
local strike = refused and now >= till
if strike then count = math.min(count + 1, {MOST_STRIKES}) end
if wanted < 0 then
  wanted = 0
  if strike or old <= now then
    local wait = {FIRST_WAIT_S} * 2 ^ math.max(0, count - 1)
    wanted = math.min(wait, {LONGEST_WAIT_S}) * {_MICROSECONDS}
  end
end
local hold = math.max(old, now + math.min(wanted, cap))
if hold > now and hold > old then
  redis.call('SET', KEYS[1], string.format('%.0f', hold), 'PX', math.ceil((hold - now) / 1000) + 1)
end
if strike then
  till = math.max(hold, now + {TOGETHER_S * _MICROSECONDS})
  redis.call('HSET', KEYS[2], 'count', tostring(count),
    'at', string.format('%.0f', now), 'till', string.format('%.0f', till))
  redis.call('PEXPIRE', KEYS[2], math.ceil((till - now) / 1000) + {20 * HALF_LIFE_S * 1000})
end
return math.ceil(hold - now)
"""
)

_HELD = _NOW + "return math.ceil(math.max(held(KEYS[1], tonumber(ARGV[1])) - now, 0))"


class _Script(Protocol):
    async def __call__(self, keys: list[str], args: list[int]) -> object: ...


class ValkeyLimiter:
    """At most ``burst`` slots at once and ``rate_per_s`` in the long run, over all processes.

    Who uses the same ``key`` shares the limit. No slot is refused, each gets its time; after a
    hold there is no burst. Connects lazily, anew for each event loop.

    Raises:
        Transient: with code `limiter_unavailable` when Valkey can't be reached.
    """

    def __init__(
        self,
        redis_url: str,
        key: str,
        rate_per_s: float,
        burst: int,
        *,
        most_s: float = MAX_HOLD_S,
    ) -> None:
        self._url = redis_url
        # The braces keep all keys on one node of a cluster.
        self._tat, self._hold, self._strikes = (
            f"{{{key}}}:{name}" for name in ("tat", "hold", "strikes")
        )
        self._spacing = math.ceil(_MICROSECONDS / rate_per_s)
        self._tolerance = self._spacing * (max(burst, 1) - 1)
        # Reservations so far ahead mean that the server's clock was set back: start afresh.
        ahead = max(10 * _MICROSECONDS, 1000 * self._spacing)
        self._horizon = self._tolerance + SLOWEST * ahead
        self._most_s = most_s
        self._cap = int(most_s * _MICROSECONDS)
        self._redis: Redis | None = None
        self._scripts: tuple[_Script, _Script, _Script] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def reserve(self, slots: int = 1) -> float:
        """Seconds until the first slot; the others follow ``1 / rate_per_s`` after one another."""
        keys = [self._tat, self._hold, self._strikes]
        args = [self._spacing, self._tolerance, slots, self._horizon, self._cap]
        return await self._run(0, keys, args) / _MICROSECONDS

    async def hold(self, seconds: float | None, *, refused: bool) -> float:
        """See `Limiter`; at most 15 minutes, and a longer hold that stands stays.

        Refusals within a hold that one of them set, or within a second, count as one.
        """
        wanted = -1 if seconds is None else int(self._capped_s(seconds) * _MICROSECONDS)
        keys = [self._hold, self._strikes]
        return await self._run(1, keys, [wanted, self._cap, int(refused)]) / _MICROSECONDS

    async def held_s(self) -> float:
        """See `Limiter`."""
        return await self._run(2, [self._hold], [self._cap]) / _MICROSECONDS

    async def close(self) -> None:
        """Release the connection."""
        if self._redis is not None:
            await self._redis.aclose()
        self._redis = self._scripts = self._loop = None

    def _capped_s(self, seconds: float) -> float:
        return self._most_s if math.isnan(seconds) else min(max(seconds, 0.0), self._most_s)

    async def _run(self, script: int, keys: list[str], args: list[int]) -> int:
        try:
            answer = await self._connected()[script](keys, args)
        except (RedisError, OSError) as error:
            reason = type(error).__name__
            advice = f"the shared rate limit can't be reached ({reason}): check redis.url"
            raise Transient(advice, code=Trouble.LIMITER_UNAVAILABLE.value) from None
        return answer if isinstance(answer, int) else 0

    def _connected(self) -> tuple[_Script, _Script, _Script]:
        loop = asyncio.get_running_loop()
        if self._scripts is None or self._loop is not loop:
            self._redis = Redis.from_url(self._url, socket_timeout=5, socket_connect_timeout=5)
            self._scripts = (
                self._redis.register_script(_RESERVE),
                self._redis.register_script(_HOLD),
                self._redis.register_script(_HELD),
            )
            self._loop = loop
        return self._scripts
