"""What a verb works with: configuration, tools, and workers where none are running."""

import os
import pwd
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from services.cli.processes import up_is_running, workers
from shared import bootstrap
from shared.domain.audit import Actor, ActorType
from shared.observability import configure_logging
from shared.pipeline.tools import Tools
from shared.settings import Loaded, load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One command's view of the installation."""

    loaded: Loaded
    tools: Tools
    actor: Actor
    #: Raises if a process this command started for its work has ended.
    require_workers: Callable[[], None] = lambda: None

    @property
    def mapping_text(self) -> str:
        """The mapping file as it is now. Raises `ConfigInvalid`."""
        return self.loaded.mapping_text()


def local_actor() -> Actor:
    """The user of the operating system, who acts as admin in the embedded default."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = f"uid-{os.getuid()}"
    return Actor(ActorType.USER, name)


@contextmanager
def open_session(config: Path | None, *, working: bool = False) -> Iterator[Session]:
    """Open the installation; with ``working`` somebody works on its items while the block runs.

    With embedded parts and no `ascip-sync up` a relay and a worker are started for that time; a
    server's own workers are left to do it.
    """
    loaded = load_settings(config)
    # A command speaks for itself on stderr; only what goes wrong is logged.
    configure_logging("WARNING", loaded.settings.log.format)
    with ExitStack() as stack:
        urls = stack.enter_context(bootstrap.open_urls(loaded))
        tools = stack.enter_context(bootstrap.open_tools(loaded, urls, migrate=True))
        data_dir = loaded.settings.data_dir
        session = Session(loaded=loaded, tools=tools, actor=local_actor())
        if working and urls.embedded and not up_is_running(data_dir):
            parts = stack.enter_context(workers(loaded.files[0], data_dir, 1))
            session = replace(session, require_workers=parts.require_running)
        yield session


def say(text: str) -> None:
    """Progress and hints go to stderr; stdout is for data."""
    print(text, file=sys.stderr, flush=True)
