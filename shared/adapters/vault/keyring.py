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
    def newest(self) -> tuple[bytes, bytes]:
        """Id and key for what is encrypted now."""
        return key_id(self._masters[0]), self._masters[0]

    def of(self, wanted: bytes) -> bytes | None:
        """The key with an id, if we have it."""
        return next((master for master in self._masters if key_id(master) == wanted), None)


def key_id(master: bytes) -> bytes:
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


def own_master(path: Path) -> bytes:
    """The key in the installation's own file, made at first start with mode 0600.

    Several processes may start at once: the first one's file stays.

    Raises:
        ConfigInvalid: the file can't be read or holds no key.
    """
    if not path.exists():
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
