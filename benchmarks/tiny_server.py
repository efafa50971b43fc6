"""The target of P3, P6 and others: answers any GET or PUT with a person, a while after it came.

A raw protocol instead of the simulator, which checks signatures and nonces and keeps a journal: on
the second of two cores it would be what is measured. `python -m benchmarks.tiny_server SECONDS`
prints its port.
"""

import asyncio
import json
import re
import sys

LATENCY_S = float(sys.argv[1]) if __name__ == "__main__" else 0.0
_PERSON_ID = re.compile(rb"^(?:GET|PUT) /api/v1/people/(\d+) ")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_BODY = json.dumps(
    {
        "id": 0, "username": "gabriela.nunez@lincoln.example", "status": "active",
        "email": "gabriela.nunez@lincoln.example", "firstName": "Gabriela", "lastName": "Núñez",
        "employeeNumber": "E100234", "personalEmail": None, "roleId": 12, "timezoneId": 5,
        "groupIds": [101, 401], "updatedAt": "2026-03-01T08:00:00Z",
        "buckets": [{"bucketId": 7, "valueId": 3001}, {"bucketId": 8, "valueId": 3107}],
    }
).replace('"id": 0', '"id": %d').encode()  # fmt: skip


class _Connection(asyncio.Protocol):
    """One request at a time, as clients without pipelining send them."""

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # for mypy
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, sent = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or len(sent) < (int(length[1]) if length else 0):
            return
        found = _PERSON_ID.match(self._received)
        self._received = b""
        body = _BODY % int(found[1]) if found else b"{}"
        answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        loop = asyncio.get_running_loop()
        loop.call_later(LATENCY_S, self._transport.write, answer % len(body) + body)


async def main() -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
