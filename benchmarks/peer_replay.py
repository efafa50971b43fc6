"""What the peer sends for a job, one request at a time on one connection: the whole list, then the writes.

No person is read by itself, nothing is compared, planned or kept. `python -m benchmarks.peer_replay
PEOPLE WRITES` asks the simulator at `BENCH_TARGET` and prints its seconds.
"""

import hashlib
import hmac
import http.client
import itertools
import json
import os
import sys
import time
from typing import Any
from urllib.parse import urlsplit

KEY, SECRET, PAGE = "district-sync", b"bench", 200
_nonces = itertools.count(1)


class Replay:
    """One kept connection."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._connection = http.client.HTTPConnection(parts.netloc)
        self._base = parts.path

    def send(self, method: str, path: str, query: str = "", body: object = None) -> Any:  # noqa: ANN401  # JSON
        """One signed request and its answer."""
        path = self._base + path
        content = b"" if body is None else json.dumps(body).encode()
        headers = _signed(method, path, query, content)
        if content:
            headers["Content-Type"] = "application/json"
        self._connection.request(method, f"{path}?{query}" if query else path, content, headers)
        answer = self._connection.getresponse()
        found = json.loads(answer.read())
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {found}")
        return found


def _signed(method: str, path: str, query: str, content: bytes) -> dict[str, str]:
    now, nonce = int(time.time()), f"peer-{os.getpid()}-{next(_nonces)}"
    digest = hashlib.sha256(content).hexdigest()
    text = f"{method}\n{path}\n{query}\n{now}\n{nonce}\n{digest}"
    return {
        "X-Ascip-Key": KEY, "X-Ascip-Timestamp": str(now), "X-Ascip-Nonce": nonce,
        "X-Ascip-Signature": hmac.digest(SECRET, text.encode(), "sha256").hex(),
    }  # fmt: skip


def main(people: int, writes: int) -> None:
    """List everybody, then write a field of so many."""
    replay = Replay(os.environ["BENCH_TARGET"])
    started = time.perf_counter()
    ids: list[int] = []
    for page in range(1, people // PAGE + 2):
        ids += [
            p["id"] for p in replay.send("GET", "/people", f"page={page}&pageSize={PAGE}")["items"]
        ]
    for number, person in enumerate(ids[:writes]):
        replay.send("PUT", f"/people/{person}", body={"lastName": f"Peer{number}"})
    print(json.dumps({"seconds": time.perf_counter() - started, "people": len(ids)}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
