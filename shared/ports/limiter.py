"""The rate limit shared by every process that calls the target."""

from typing import Protocol


class Limiter(Protocol):
    """Hands out slots in time; one limiter for one key of the target."""

    async def reserve(self, slots: int = 1) -> float:
        """Reserve ``slots`` calls and return how many seconds to wait before the first of them."""
        ...

    async def held_s(self) -> float:
        """Seconds for which nobody may call any more; 0 where nothing is held."""
        ...

    async def hold(self, seconds: float | None, *, refused: bool) -> float:
        """Let nobody call for ``seconds`` from now; returns how long the hold lasts that stands then.

        ``refused``: the target turned a call away (429). Such refusals add up and slow everybody
        down for a while; None leaves it to the limiter how long to wait after one.
        """
        ...
