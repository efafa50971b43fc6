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
#: Of OpenSSL's reasons those that somebody else mends than who vouches for it: X509_V_ERR_….
_CERTIFICATE = {
    9: "its certificate is not valid yet, by this machine's clock",
    10: "its certificate has expired",
    62: "its certificate is for another name",
    64: "its certificate is for another name",
}


def bad_certificate(error: BaseException) -> str | None:
    """What is wrong with the certificate, if that is why no connection came about."""
    found = [each for each in _chain(error) if isinstance(each, ssl.SSLCertVerificationError)]
    # aiohttp's own is one of them too, and says no reason.
    codes = [getattr(each, "verify_code", None) for each in found]
    known = (_CERTIFICATE[code] for code in codes if code in _CERTIFICATE)
    return next(known, UNTRUSTED) if found else None


def why(error: BaseException) -> str:
    """The cause in words, or the name of the exception where there are none."""
    if (certificate := bad_certificate(error)) is not None:
        return certificate
    for each in _chain(error):
        match each:
            case socket.gaierror():
                return "its name is not known"
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
        beside = [getattr(each, name, None) for name in ("os_error", "certificate_error")]
        left += [*beside, each.__cause__, each.__context__]
