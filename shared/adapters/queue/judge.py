"""What a message must be before Celery sees it: one of ours, to the last value.

Celery and kombu take it for granted that whoever can write to Redis writes sound messages. Some of the
others end the worker, some end it again each time it starts, and Celery's log repeats what they hold.
So of a message only the task, its numbers and its expiry are taken over, and the rest is made anew.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from uuid import uuid4

from shared.adapters.queue.message import MESSAGE_VERSION, TASK, TICK
from shared.domain.work import MessageFault

#: Whole numbers that a task takes, the version first.
_NUMBERS = {TASK: 2, TICK: 1}
#: Ids are numbers of a `bigint` column.
_MOST = 2**63 - 1
_NOTHING = dict.fromkeys(("callbacks", "errbacks", "chain", "chord"))


class RefusedMessageError(Exception):
    """A message that nobody will work on; its item, if it had one, is rung again."""

    def __init__(self, fault: MessageFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def sound(message: object, queue: str) -> dict[str, object]:
    """The message as we would have sent it ourselves.

    Raises:
        RefusedMessageError: it isn't ours, or of another version of this program.
    """
    if not isinstance(message, Mapping):
        raise RefusedMessageError(MessageFault.UNREADABLE)
    headers = message.get("headers")
    task = headers.get("task") if isinstance(headers, Mapping) else None
    if not isinstance(headers, Mapping) or not isinstance(task, str):
        raise RefusedMessageError(MessageFault.UNREADABLE)
    if task not in _NUMBERS:
        raise RefusedMessageError(MessageFault.UNKNOWN_TASK)
    return _made(task, _numbers(task, _body(message)), _expires(headers), queue)


def _body(message: Mapping[object, object]) -> object:
    body = message.get("body")
    with suppress(binascii.Error, ValueError, RecursionError):
        if isinstance(body, str):
            return json.loads(base64.b64decode(body, validate=True))
    raise RefusedMessageError(MessageFault.UNREADABLE)


def _numbers(task: str, body: object) -> list[int]:
    """The task's arguments; of another version they may be anything."""
    match body:
        case [[int(version), *_], _, _] if version != MESSAGE_VERSION:
            raise RefusedMessageError(MessageFault.UNKNOWN_VERSION)
        case [[*given], named, _] if not named:
            numbers = [n for n in given if type(n) is int and 0 < n <= _MOST]
            if len(numbers) == len(given) == _NUMBERS[task]:
                return numbers
    raise RefusedMessageError(MessageFault.WRONG_ARGUMENTS)


def _expires(headers: Mapping[object, object]) -> str | None:
    expires = headers.get("expires")
    if expires is None:
        return None
    with suppress(ValueError):
        if isinstance(expires, str):
            datetime.fromisoformat(expires)
            return expires
    raise RefusedMessageError(MessageFault.WRONG_ARGUMENTS)


def _made(task: str, numbers: list[int], expires: str | None, queue: str) -> dict[str, object]:
    """Celery's second protocol. A copy of a message has a tag of its own, so that each is acknowledged."""
    id_, tag = str(uuid4()), str(uuid4())
    body = json.dumps([numbers, {}, _NOTHING]).encode()
    return {
        "body": base64.b64encode(body).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {
            "lang": "py", "task": task, "id": id_, "root_id": id_, "parent_id": None, "group": None,
            "retries": 0, "timelimit": [None, None], "eta": None, "expires": expires,
            "argsrepr": str(numbers), "kwargsrepr": "{}", "ignore_result": True,
        },
        "properties": {
            "correlation_id": id_, "delivery_tag": tag, "delivery_mode": 2, "priority": 0,
            "delivery_info": {"exchange": "", "routing_key": queue}, "body_encoding": "base64",
        },
    }  # fmt: skip
