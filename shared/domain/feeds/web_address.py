"""Web addresses that people will be sent to: https, a sound host, no credentials (RFC 3986)."""

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address

_ADDRESS = re.compile(r"https://([^/?#]*)((?:[/?#]|\Z).*)", re.IGNORECASE)
_AUTHORITY = re.compile(r"(\[[^\]]*\]|[^:\[\]]+)(?::([0-9]{1,5}))?")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?", re.IGNORECASE)
_REST = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*")


@lru_cache(maxsize=8192)
def web_address_fault(text: str) -> str | None:
    """What is wrong with an address; None for a sound one."""
    parts = _ADDRESS.fullmatch(text)
    if parts is None:
        return "expected an address that begins with https:// and a host"
    authority, rest = parts.groups()
    if "@" in authority:
        return "a user name or password stands in the address"
    named = _AUTHORITY.fullmatch(authority)
    if named is None or not _is_host(named[1]) or not 0 < int(named[2] or 443) <= 65535:
        return "the host or port of the address is not sound"
    return None if _REST.fullmatch(rest) else "a character that no address may hold"


def _is_host(host: str) -> bool:
    """Whether it is a host name or an IP address."""
    labels = host.removesuffix(".").split(".")
    if not host.startswith("[") and not labels[-1].isdecimal():
        return len(host) <= 253 and all(map(_LABEL.fullmatch, labels))
    try:
        IPv6Address(host[1:-1]) if host.startswith("[") else IPv4Address(host)
    except AddressValueError:
        return False
    return True
