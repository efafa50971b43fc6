"""The cookie of a session: for this host alone, out of reach of scripts, by TLS alone where there is any."""

from fastapi import Request, Response

from shared.http.service import Service

_PLAIN, _BY_TLS = "ascip_session", "__Host-ascip_session"


def by_tls(request: Request, service: Service) -> bool:
    """Whether browsers reach this server by TLS, its own or that of a proxy (`server.url`)."""
    address = service.loaded.settings.server.url
    return request.url.scheme == "https" or address.startswith("https://")


def token_of(request: Request, service: Service) -> str:
    """What the browser shows; empty for nothing. With TLS a cookie of any other name counts for nothing."""
    return request.cookies.get(_BY_TLS if by_tls(request, service) else _PLAIN, "")


def give(request: Request, service: Service, answer: Response, token: str) -> None:
    """Have the browser keep a token until it is closed; how long it is good is not the browser's to say."""
    secure = by_tls(request, service)
    answer.set_cookie(
        _BY_TLS if secure else _PLAIN, token, path="/", httponly=True, samesite="lax", secure=secure
    )


def take_away(request: Request, service: Service, answer: Response) -> None:
    """Have the browser forget it."""
    secure = by_tls(request, service)
    answer.delete_cookie(
        _BY_TLS if secure else _PLAIN, path="/", httponly=True, samesite="lax", secure=secure
    )
