"""Who was removed, with the evidence; it lasts longer than the files it came from."""

from shared.pipeline.tools import Tools
from shared.ports.presence import Removal, RemovalFilter
from shared.ports.views import Page, PageOf


def list_removals(tools: Tools, wanted: RemovalFilter, page: PageOf) -> Page[Removal]:
    """Removals that were applied, newest first. Raises `NotFound` for an ``after`` that isn't one."""
    with tools.transactions.begin() as uow:
        return uow.presence.removals(wanted, page)
