"""`python -m services.simulator`: runs until SIGTERM or SIGINT. Started by the CLI and by tests."""

import argparse
import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from .app import Options, Simulator
from .broken import RULES
from .model import Dump
from .saving import StateFile
from .tenant import make_dump


def main() -> None:
    parser = make_parser()
    arguments = parser.parse_args()
    if arguments.save_every_s < 0 or (arguments.save_every_s and not arguments.state):
        parser.error("--save-every-s is 0 or more, and takes --state FILE")
    options = Options(
        key_id=arguments.key_id,
        secret=os.environ.get("ASCIP_SIM_SECRET", "simulator-secret"),
        rate_per_s=arguments.rate_per_s,
        burst=arguments.burst,
        broken=tuple(arguments.broken),
    )
    asyncio.run(_serve(arguments, options))


def make_parser() -> argparse.ArgumentParser:
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
    parser.add_argument(
        "--broken",
        action="append",
        default=[],
        choices=sorted(RULES),
        metavar="RULE",
        help="break this rule of the API; may be repeated",
    )
    parser.add_argument("--state", type=Path, help="loaded where it exists, saved at the end")
    parser.add_argument(
        "--save-every-s", type=float, default=0.0, help="save changes so often; 0 means never"
    )
    return parser


async def _serve(arguments: argparse.Namespace, options: Options) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    file = StateFile(arguments.state) if arguments.state else None
    simulator = Simulator(_first_dump(arguments, file), options, file)
    port = await simulator.start(arguments.host, arguments.port)
    ready = {"url": f"http://{arguments.host}:{port}/api/v1", "port": port}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    while not await _is_set(stop, within_s=arguments.save_every_s):
        if file is not None:
            file.save_changes(simulator.api.state)
    await simulator.stop()
    if file is not None:
        file.save_changes(simulator.api.state)


def _first_dump(arguments: argparse.Namespace, file: StateFile | None) -> Dump:
    kept = file.load() if file else None
    return kept or make_dump(arguments.seed_people, arguments.seed)


async def _is_set(stop: asyncio.Event, within_s: float) -> bool:
    """Waits for it, so long at most; 0 means for ever."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), within_s or None)
    return stop.is_set()


if __name__ == "__main__":
    main()
