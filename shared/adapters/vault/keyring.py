"""Master keys: from a file made at first start, or from where the configuration says."""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.domain.errors import ConfigInvalid

KEY_BYTES = 32
_OF_PEOPLE = "What the audit says of people is"


class Keyring:
    """See `shared.ports.keyring.Keyring`. Newest first: new things go under the first key."""

    def __init__(self, masters: Sequence[bytes]) -> None:
        self._masters = tuple(masters)

    def lookups(self, secret: str) -> list[bytes]:
        """HMAC-SHA256 under a key derived from each master key."""
        return [
            hmac.digest(derived(master, b"api-key-lookup"), secret.encode(), "sha256")
            for master in self._masters
        ]

    @property
    def newest_id(self) -> bytes:
        """See the port."""
        return id_of(self._masters[0])

    def bound(self, secret: bytes, key_id: bytes | None) -> bytes:
        """HMAC-SHA256 of the secret under a key derived from the master key with this id."""
        if key_id is None:
            return secret
        master = self.required(key_id, _OF_PEOPLE)
        return hmac.digest(derived(master, b"person-secret"), secret, "sha256")

    def require(self, key_id: bytes) -> None:
        """See the port."""
        self.required(key_id, _OF_PEOPLE)

    @property
    def newest(self) -> tuple[bytes, bytes]:
        """Id and key for what is encrypted now."""
        return id_of(self._masters[0]), self._masters[0]

    def required(self, key_id: bytes, what: str) -> bytes:
        """The key with an id.

        Raises:
            ConfigInvalid: `master_key_missing`; says that ``what`` is under it.
        """
        for master in self._masters:
            if id_of(master) == key_id:
                return master
        raise ConfigInvalid(
            f"{what} under the master key {key_id.hex()}, which keys.master doesn't have. Nothing"
            " was planned or written. Bring that key back: docs/how-to/master-key.md",
            code="master_key_missing",
        )


def id_of(master: bytes) -> bytes:
    """Eight bytes that name a master key and tell nothing about it."""
    return hashlib.sha256(b"ascip-sync key id" + master).digest()[:8]


def derived(master: bytes, purpose: bytes) -> bytes:
    """A key of its own for each purpose (HKDF-SHA256, RFC 5869)."""
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(master)


def parse_master(text: str, where: str) -> bytes:
    """Read a master key: 32 bytes in base64.

    Raises:
        ConfigInvalid: it is something else; the message names ``where``, not what was found.
    """
    try:
        master = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        master = b""
    if len(master) != KEY_BYTES:
        raise ConfigInvalid(
            f"The master key in {where} is not {KEY_BYTES} bytes in base64. Nothing was started."
            " Bring back the file from the backup, or make one: openssl rand -base64 32",
            code="master_key_invalid",
        )
    return master


def own_master(path: Path, *, in_use: bool) -> bytes:
    """The key in the installation's own file, made at first start with mode 0600.

    Several processes may start at once: the first one's file stays.

    Args:
        path: the key file.
        in_use: there are encrypted files already, so a new key would be the wrong one.

    Raises:
        ConfigInvalid: the file is gone though it is in use, can't be read, or holds no key.
    """
    if not path.exists():
        if in_use:
            raise ConfigInvalid(
                f"The master key file {path} is gone, but there are files encrypted under it."
                " Nothing was started, and no new key was made. Bring the file back from the"
                " backup; if it is lost for good: docs/how-to/master-key.md",
                code="master_key_missing",
            )
        _make(path)
    try:
        return parse_master(path.read_text(encoding="ascii"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(
            f"The master key file {path} can't be read. Nothing was started."
            " It must belong to the user who runs this (mode 0600).",
            code="master_key_invalid",
        ) from error


def _make(path: Path) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".master-")  # 0600
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(name, path)  # never over a file that is there
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()
