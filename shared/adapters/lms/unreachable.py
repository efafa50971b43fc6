"""Why no connection came about, in words, whichever client tried: an exception's text may hold an URL."""

import errno
import socket
import ssl
from collections.abc import Iterator

_WORDS = {
    errno.ECONNREFUSED: "the connection is refused",
    errno.ENETUNREACH: "there is no way to its network",
    errno.EHOSTUNREACH: "there is no way to its host",
}
UNTRUSTED = "its certificate is not trusted"


def why(error: BaseException) -> str:
    """The cause in words, or the name of the exception where there are none."""
    for each in _chain(error):
        match each:
            case socket.gaierror():
                return "its name is not known"
            case ssl.SSLCertVerificationError():
                return UNTRUSTED
            case ssl.SSLError():
                return "what answers there doesn't speak TLS"
            case OSError(errno=int(number)) if number in _WORDS:
                return _WORDS[number]
            case TimeoutError():
                return "no connection in time"
    return type(error.__cause__ or error).__name__


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error, what lies below it, and what aiohttp keeps beside it."""
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        each = left.pop(0)
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        beside = getattr(each, "os_error", None)
        left += [beside, each.__cause__, each.__context__]
