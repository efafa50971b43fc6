"""What a verb works with: configuration, tools, and workers where none are running."""

import getpass
import os
import pwd
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from services.cli.processes import up_is_running, worker
from services.cli.recording import out_of_reach, recording
from shared import bootstrap
from shared.domain.access import Scope
from shared.domain.audit import Actor, ActorType
from shared.domain.errors import Conflict
from shared.observability import configure_logging
from shared.pipeline.access import authenticate, refused
from shared.pipeline.tell import tell
from shared.pipeline.tools import Tools
from shared.relaying import relaying
from shared.settings import Loaded, load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One command's view of the installation."""

    loaded: Loaded
    tools: Tools
    #: The user of the operating system.
    actor: Actor
    #: Raises if somebody whom this command started for its work has ended.
    require_workers: Callable[[], None] = lambda: None

    @property
    def mapping_text(self) -> str:
        """The mapping file as it is now. Raises `ConfigInvalid`."""
        return self.loaded.mapping_text()

    def act(self, scope: Scope) -> Actor:
        """Who does this: the local user, or the holder of a personal key where two persons are wanted.

        Raises:
            Conflict: `key_needed`, or the key may not do that. Nothing was written.
        """
        if not self.tools.policy.approval.four_eyes:
            return self.actor
        principal = authenticate(self.tools, _personal_key())
        if principal is None or principal.actor.type is not ActorType.USER:
            raise Conflict(
                f"This is not a good personal key. Nothing was written. {_MAKE_ONE}",
                code="key_needed",
            )
        if not principal.may(scope):
            refused(self.tools, principal.actor, scope, "command line")
            raise Conflict(
                f"{principal.actor} may not do that: it needs {scope.value}. Nothing was written.",
                code="forbidden",
            )
        return principal.actor


_MAKE_ONE = (
    "An administrator makes one: ascip-sync keys create --name WHAT --user NAME --role approver"
)


def _personal_key() -> str:
    """From ASCIP_SYNC_KEY, else typed where somebody can type."""
    if key := os.environ.get("ASCIP_SYNC_KEY", ""):
        return key
    if sys.stdin.isatty():
        return getpass.getpass("Personal key: ")
    raise Conflict(
        "This installation wants two persons (approval.four_eyes), so it must know who you are."
        f" Nothing was written. Set ASCIP_SYNC_KEY to your personal key. {_MAKE_ONE}",
        code="key_needed",
    )


def local_actor() -> Actor:
    """The user of the operating system, who acts as admin in the embedded default."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = f"uid-{os.getuid()}"
    return Actor(ActorType.USER, name)


@contextmanager
def open_session(
    config: Path | None, *, working: bool = False, record: Path | None = None
) -> Iterator[Session]:
    """Open the installation; with ``working`` somebody works on its items while the block runs.

    With embedded parts and no `ascip-sync up` a relay and a worker are started for that time; a
    server's own workers are left to do it. They are not asked to ``record`` calls to ASCIP: that is
    refused as `Conflict`. Without ``working`` ASCIP's secret is not asked for before ASCIP is called.
    """
    loaded = load_settings(config)
    if record is not None:
        loaded = loaded.recorded_to(record)
    # A command speaks for itself on stderr; only what goes wrong is logged.
    configure_logging("WARNING", loaded.settings.log.format)
    with ExitStack() as stack:
        urls = stack.enter_context(bootstrap.open_urls(loaded))
        tools = stack.enter_context(
            bootstrap.open_tools(loaded, urls, migrate=True, needs_secret=working)
        )
        data_dir = loaded.settings.data_dir
        session = Session(loaded=loaded, tools=tools, actor=local_actor())
        own = urls.embedded and working and not up_is_running(data_dir)
        if record is not None:
            if working and not own:
                raise out_of_reach()
            stack.enter_context(recording(record))
        if own:
            stack.callback(_tell, tools)  # when the worker has ended
            parts = stack.enter_context(worker(loaded))
            # Begun after the worker: a process with one thread may fork.
            require_relay = stack.enter_context(relaying(tools, urls))

            def require() -> None:
                parts.require_running()
                require_relay()

            session = replace(session, require_workers=require)
        yield session


def _tell(tools: Tools) -> None:
    """No metronome sends mails where nothing runs but commands."""
    if failure := tell(tools):
        say(f"A mail was not sent: {failure}. The next command that works tries again.")


def say(text: str) -> None:
    """Progress and hints go to stderr; stdout is for data."""
    print(text, file=sys.stderr, flush=True)
