"""Uploads by SFTP into the drop folder, as servers and clients do them; OpenSSH itself: `make test-sftp`."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path

import asyncssh
import pytest

from shared.domain.drop import Place
from shared.domain.run import RunState
from tests.integration.watcher.conftest import STABLE_S, Drops

Client = asyncssh.SFTPClient
Steps = Callable[[Client], Coroutine[None, None, None]]


class _AnyKey(asyncssh.SSHServer):
    """Lets everybody in: who may is OpenSSH's business."""

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002  # asyncssh's name
        return False


def uploaded(drops: Drops, steps: Steps) -> None:
    """Serve the drop folder for the time of one connection."""

    async def serve() -> None:
        server = await asyncssh.listen(
            "127.0.0.1", 0, server_factory=_AnyKey,
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=bytes(drops.path)),
        )  # fmt: skip
        async with (
            server,
            asyncssh.connect(
                "127.0.0.1", server.get_port(), known_hosts=None, config=None, client_keys=None,
                agent_path=None, username="hr",
            ) as connection,
            connection.start_sftp_client() as client,
        ):  # fmt: skip
            await steps(client)

    asyncio.run(serve())


@pytest.fixture
def file(drops: Drops, tmp_path: Path) -> Path:
    file = tmp_path / "staff.csv"
    extract = drops.engine.extract()
    extract.rename(extract.ids[:3])
    file.write_bytes(extract.csv())
    return file


def assert_planned(drops: Drops) -> None:
    (run,) = drops.runs()
    drops.engine.workers.until_quiet()
    assert drops.engine.run(run.id).state is RunState.AWAITING_APPROVAL
    assert drops.names(Place.PROCESSED) == [f"{run.id}--staff.csv"]


def test_an_upload_comes_to_a_plan(drops: Drops, file: Path) -> None:
    async def put(client: Client) -> None:
        await client.put(file, "staff.csv")
        assert drops.sweep() == []

    uploaded(drops, put)
    assert [noted.what for noted in drops.sweep(STABLE_S)] == ["taken"]
    assert_planned(drops)


def test_an_upload_that_is_renamed_at_its_end_is_not_seen_before(drops: Drops, file: Path) -> None:
    async def put(client: Client) -> None:
        await client.put(file, "staff.csv.filepart")
        assert drops.settle() == []
        await client.rename("staff.csv.filepart", "staff.csv")

    uploaded(drops, put)
    assert [noted.what for noted in drops.settle()] == ["taken"]
    assert_planned(drops)


def test_an_upload_that_stalls_is_not_taken_however_long_it_does(drops: Drops, file: Path) -> None:
    content = file.read_bytes()

    async def put(client: Client) -> None:
        async with client.open("staff.csv", "wb") as upload:
            await upload.write(content[:1000])
            assert drops.settle() == drops.settle() == []
            await upload.write(content[1000:])

    uploaded(drops, put)
    assert [noted.what for noted in drops.settle()] == ["taken"]
    assert_planned(drops)


def test_an_upload_that_is_cut_off_waits_for_its_repetition(drops: Drops, file: Path) -> None:
    content = file.read_bytes()

    async def lose(client: Client) -> None:
        upload = await client.open("staff.csv.filepart", "wb")
        await upload.write(content[:1000])
        client.exit()

    async def put(client: Client) -> None:
        await client.put(file, "staff.csv.filepart")
        await client.rename("staff.csv.filepart", "staff.csv")

    uploaded(drops, lose)
    assert drops.settle() == drops.settle() == []
    assert drops.names() == ["staff.csv.filepart"]
    uploaded(drops, put)
    assert [noted.what for noted in drops.settle()] == ["taken"]
    assert_planned(drops)
