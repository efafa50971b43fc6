"""What connections to ASCIP are told when they are made."""

import asyncio
import socket
import threading

from shared.adapters.lms.connections import make_session

TIMEOUT_S = 7


def test_what_a_cut_network_did_not_deliver_in_time_is_thrown_away() -> None:
    """Else the system delivers it minutes later, when another worker has looked and found nothing."""

    async def told_ms(url: str) -> int:
        session = make_session(secure=False, concurrency=1, timeout_s=TIMEOUT_S)
        async with session, session.get(url) as answer:
            assert answer.connection
            assert answer.connection.transport
            made = answer.connection.transport.get_extra_info("socket")
            return int(made.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT))

    with socket.create_server(("127.0.0.1", 0)) as server:

        def half_an_answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
                connection.recv(1000)

        answering = threading.Thread(target=half_an_answer)
        answering.start()
        told = asyncio.run(told_ms(f"http://127.0.0.1:{server.getsockname()[1]}/"))
        answering.join(5)
    assert told == 1000 * TIMEOUT_S
