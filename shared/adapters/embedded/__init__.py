"""The embedded default: PostgreSQL and Valkey from wheels, under one private data directory.

Called by bootstrap when a URL says "embedded"; see attach.py for the promise made to callers.
"""

from shared.adapters.embedded.attach import Embedded, attach
from shared.adapters.embedded.errors import EmbeddedError

__all__ = ["Embedded", "EmbeddedError", "attach"]
