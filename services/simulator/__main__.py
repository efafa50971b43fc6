"""`python -m services.simulator`: runs until SIGTERM or SIGINT. Started by the CLI and by tests."""

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from .app import Options, Simulator
from .model import Dump
from .state import encoded
from .tenant import make_dump


def main() -> None:
    arguments = _parser().parse_args()
    options = Options(
        key_id=arguments.key_id,
        secret=os.environ.get("ASCIP_SIM_SECRET", "simulator-secret"),
        rate_per_s=arguments.rate_per_s,
        burst=arguments.burst,
    )
    asyncio.run(_serve(arguments, options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="simulator",
        description="A hostile double of the ASCIP LMS. The secret comes from ASCIP_SIM_SECRET.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--seed-people", type=int, default=500, help="managed active people")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same tenant")
    parser.add_argument("--key-id", default="district-sync")
    parser.add_argument("--rate-per-s", type=float, default=10.0, help="0 means no limit")
    parser.add_argument("--burst", type=int, default=20)
    parser.add_argument("--state", type=Path, help="loaded where it exists, saved at the end")
    return parser


async def _serve(arguments: argparse.Namespace, options: Options) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    simulator = Simulator(_first_dump(arguments), options)
    port = await simulator.start(arguments.host, arguments.port)
    ready = {"url": f"http://{arguments.host}:{port}/api/v1", "port": port}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    await stop.wait()
    await simulator.stop()
    if arguments.state is not None:
        _save(arguments.state, encoded(simulator.api.state.dump()))


def _first_dump(arguments: argparse.Namespace) -> Dump:
    path: Path | None = arguments.state
    if path is not None and path.exists():
        dump: Dump = json.loads(path.read_bytes())
        return dump
    return make_dump(arguments.seed_people, arguments.seed)


def _save(path: Path, content: bytes) -> None:
    """Whole or not at all: a file cut short would be loaded at the next start."""
    draft = path.with_name(path.name + ".draft")
    draft.write_bytes(content)
    draft.replace(path)


if __name__ == "__main__":
    main()
