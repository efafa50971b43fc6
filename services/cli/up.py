"""`up`: the parts as processes, until ^C or SIGTERM; they stop in order."""

import signal
import socket
import threading
import time
from contextlib import nullcontext
from pathlib import Path

from services.cli.exits import Exit
from services.cli.processes import PARTS_OF_UP, hold_up_lock, parts_of_up, running
from services.cli.recording import recording
from services.cli.session import Session, open_session, say
from shared.domain.errors import Conflict, NotFound
from shared.pipeline.accounts import FIRST, first_account
from shared.settings import Loaded, load_settings

MINUTE_S = 60.0
#: A part that ends more often than this in a minute won't come right by itself.
ENDS_A_MINUTE = 5


def up(config: Path | None, count: int, only: tuple[str, ...], record: Path | None = None) -> int:
    """Run the parts; with embedded ones PostgreSQL and Valkey too."""
    loaded = load_settings(config)
    if record is not None:
        loaded = loaded.recorded_to(record)
    parts_wanted = parts_of_up(loaded, count, _known(only))
    if hold_up_lock(loaded.settings.data_dir) is None:
        raise Conflict(
            f"`ascip-sync up` already runs for {loaded.settings.data_dir}. Nothing was started.",
            code="already_up",
        )
    loaded.ascip_secret()  # a missing one is said now, not by each part
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    if any(part.name == "api" for part in parts_wanted):
        _require_free(loaded.settings.server.host, loaded.settings.server.port)
    recorded = recording(record) if record is not None else nullcontext()
    with open_session(config) as session, recorded, running(parts_wanted) as parts:
        logs = loaded.log_file or loaded.settings.data_dir / "log"
        say(f"up: {', '.join(part.name for part in parts_wanted)}; logs in {logs}")
        if any(part.name == "api" for part in parts_wanted):
            say(f"    console: {loaded.settings.server.url or _address(loaded)}")
            say(f"    REST interface: {_address(loaded)}/docs")
            _welcome(session, loaded)
        ends: list[float] = []
        while not ended.wait(0.5):
            if gone := parts.restart():
                say(f"{gone} ended and was started again; its log says why")
                ends = [*(t for t in ends if time.monotonic() - t < MINUTE_S), time.monotonic()]
            if len(ends) > ENDS_A_MINUTE:
                say(
                    "Parts keep ending; stopping. Nothing is lost: their work waits in the database."
                )
                return Exit.UNEXPECTED
        say("stopping")
    return Exit.DONE


def _welcome(session: Session, loaded: Loaded) -> None:
    """Where nobody can sign in yet, make the first administrator. The password is in no log of ours."""
    if password := first_account(session.tools):
        address = loaded.settings.server.url or _address(loaded)
        say(f"    Nobody could sign in yet. {address} lets in {FIRST} with the password")
        say(f"        {password}")
        say(
            "    which is shown this once, is good for 72 hours and is changed at the first sign-in."
        )


def _known(only: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [part for part in only if part not in PARTS_OF_UP]
    if unknown:
        raise NotFound(
            f"{unknown[0]!r} is not a part; known: {', '.join(PARTS_OF_UP)}. Nothing was started."
        )
    return only


def _require_free(host: str, port: int) -> None:
    """Find out now that the port is taken: a part that can't begin would only be begun again."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise Conflict(
            f"{host}:{port} can't be listened on: {error.strerror}. Nothing was started."
            " Set server.port to another, or to 0 for any that is free.",
            code="port_in_use",
        ) from error


def _address(loaded: Loaded) -> str:
    server, scheme = loaded.settings.server, "https" if loaded.settings.tls.cert else "http"
    return f"{scheme}://{server.host}:{server.port}"
