"""The one exception of the API: a refusal with its HTTP status, code and fields.

Raised by signature, limiter, checks and writes; turned into an answer by `api`.
"""

import json

from .model import JsonObject


class Refusal(Exception):
    """An ordinary answer of the API, not an error of ours."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        fields: dict[str, str] | None = None,
        extra: JsonObject | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields or {}
        self.extra = extra or {}
        self.headers = headers or {}

    def body(self, request_id: str) -> bytes:
        # The contract says "the body has `personId`" without saying where: it stands both
        # beside and inside `error`, so that either reading of that sentence works.
        error = {"code": self.code, "message": self.message, "fields": self.fields, **self.extra}
        document = {"error": error, "requestId": request_id, **self.extra}
        return json.dumps(document, ensure_ascii=False).encode()


def not_found(what: str) -> Refusal:
    return Refusal(404, "not_found", f"There is no such {what}.")
