"""What a connection to PostgreSQL is told when it is made, so that neither end waits for one that is gone."""

from sqlalchemy import make_url

#: A worker that is frozen in the middle of a transaction keeps its rows locked from whoever takes its
#: work over, though its lease has run out. Longer than any step computes between two statements.
IDLE_IN_TRANSACTION_S = 90
#: The other end is gone when it has answered nothing for so long: a machine that lost its power, a
#: firewall that forgot the connection. The system's own times are a quarter of an hour and two hours.
GONE_S = 25
_IDLE_S, _BETWEEN_S, _TIMES = 10, 5, 3
_CONNECT_S = 10

#: Of libpq, for our end; what the URL says goes first.
_OURS = {
    "connect_timeout": _CONNECT_S,
    "keepalives_idle": _IDLE_S,
    "keepalives_interval": _BETWEEN_S,
    "keepalives_count": _TIMES,
    "tcp_user_timeout": GONE_S * 1000,
}
#: Of the session, for the server's.
_THEIRS = {
    "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_S * 1000,
    "tcp_keepalives_idle": _IDLE_S,
    "tcp_keepalives_interval": _BETWEEN_S,
    "tcp_keepalives_count": _TIMES,
    "tcp_user_timeout": GONE_S * 1000,
}


def lifelines(url: str) -> dict[str, str | int]:
    """Arguments of a connection to ``url``."""
    given = make_url(url).query
    options = [f"-c {name}={value}" for name, value in _THEIRS.items()]
    mine = {name: value for name, value in _OURS.items() if name not in given}
    return {**mine, "options": " ".join((*options, str(given.get("options", "")))).strip()}
