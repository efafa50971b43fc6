"""What a page says first when a form has led to it: the address names it, so that no cookie is needed."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from fastapi.responses import RedirectResponse

#: The word in the address, and what it stands for; a word that is not here says nothing.
CONFIRMED: Mapping[str, str] = {
    "signed-out": "You are signed out.",
    "password": "Your password is changed. Wherever else you were signed in, you are signed out.",
    "user": "The user is changed. It holds from now on.",
    "key-revoked": "The key is revoked. It stopped working at once.",
    "paused": "Syncing is paused.",
    "resumed": "Syncing is active again.",
    "read-again": "ASCIP was read again.",
    "approved": "Your approval is recorded.",
    "discarded": "Your decision is recorded: nothing of this plan is applied.",
}


def confirmed(address: str, word: str) -> RedirectResponse:
    """On to a page that says what was done."""
    joint = "&" if urlsplit(address).query else "?"
    return RedirectResponse(f"{address}{joint}done={word}", 303)
