"""The one error of the embedded default."""

from shared.domain.errors import EngineError


class EmbeddedError(EngineError):
    """The embedded servers can't be used; says what happened, what was written and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="embedded_unavailable")
