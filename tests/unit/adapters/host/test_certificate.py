"""The server's certificate: it fits its key and doesn't run out unnoticed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.adapters.host.certificate import certificate
from shared.ports.probe import Finding, Verdict

ENDS = datetime(2027, 3, 1, tzinfo=UTC)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate until `ENDS`, and its key."""
    return make_pair(tmp_path, "a")


def make_pair(folder: Path, name: str, password: bytes | None = None) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sync.example")])
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
        .public_key(key.public_key()).serial_number(1)
        .not_valid_before(ENDS - timedelta(days=365)).not_valid_after(ENDS)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    lock: serialization.KeySerializationEncryption = (
        serialization.BestAvailableEncryption(password) if password
        else serialization.NoEncryption()
    )  # fmt: skip
    cert_file, key_file = folder / f"{name}.pem", folder / f"{name}.key"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    key_file.write_bytes(key.private_bytes(pem, form, lock))
    return cert_file, key_file


def judged(pair: tuple[Path, Path], **before_end: float) -> Finding:
    return certificate(*pair, now=lambda: ENDS - timedelta(**before_end))


def test_a_good_pair_is_good_until_thirty_days_before_its_end(pair: tuple[Path, Path]) -> None:
    assert judged(pair, days=30, seconds=1).verdict is Verdict.OK
    soon = judged(pair, days=30)
    assert (soon.verdict, soon.facts) == (Verdict.WARNING, {"days_left": 30})
    assert "2027-03-01" in soon.detail


def test_an_expired_one_is_an_error(pair: tuple[Path, Path]) -> None:
    assert judged(pair, seconds=1).verdict is Verdict.WARNING
    assert judged(pair).verdict is Verdict.ERROR
    assert "expired" in judged(pair).detail


def test_a_key_of_another_certificate_is_an_error(pair: tuple[Path, Path], tmp_path: Path) -> None:
    finding = judged((pair[0], make_pair(tmp_path, "b")[1]), days=100)
    assert finding.verdict is Verdict.ERROR
    assert "is not the key of" in finding.detail


def test_an_encrypted_key_waits_for_nobody(tmp_path: Path) -> None:
    finding = judged(make_pair(tmp_path, "c", b"password"), days=100)
    assert finding.verdict is Verdict.ERROR
    assert "is encrypted" in finding.detail


def test_a_missing_file_is_named(pair: tuple[Path, Path], tmp_path: Path) -> None:
    finding = judged((pair[0], tmp_path / "none.key"), days=100)
    assert str(tmp_path / "none.key") in finding.detail
    ca = certificate(*pair, tmp_path / "ca.pem", now=lambda: ENDS - timedelta(days=100))
    assert str(tmp_path / "ca.pem") in ca.detail


def test_anything_else_is_not_pem(pair: tuple[Path, Path]) -> None:
    pair[0].write_text("-----BEGIN NOTHING-----\n", encoding="ascii")
    assert "is not PEM" in judged(pair, days=100).detail
