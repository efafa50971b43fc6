"""Forms, filled in and sent as a browser would."""

import re

import httpx


def send(client: httpx.Client, page: str, action: str, **fields: str) -> httpx.Response:
    """Fill in the form of a page that leads to ``action``."""
    form = client.get(page).text.partition(f'action="{action}"')[2].partition("</form>")[0]
    assert form, f"{page} has no form for {action}"
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    return client.post(action, data=hidden | fields)


def send_bare(client: httpx.Client, action: str) -> httpx.Response:
    """What somebody sends who has no form for it, but knows their session's word."""
    found = re.search(r'name="csrf" value="([^"]*)"', client.get("/audit").text)
    assert found
    return client.post(action, data={"csrf": found[1], "form_id": "1"})
