"""The rate limit shared by every process that calls the target."""

from typing import Protocol


class Limiter(Protocol):
    """Hands out slots in time; one limiter for one key of the target."""

    async def reserve(self, slots: int = 1) -> float:
        """Reserve ``slots`` calls and return how many seconds to wait before the first of them."""
        ...

    async def hold(self, seconds: float) -> None:
        """Let nobody call for ``seconds`` from now (a 429's Retry-After)."""
        ...
