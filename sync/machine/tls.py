"""TLS between machines: whoever answers is known by its key, and by nothing else.

A key and a certificate that it signed itself lie in one file, so that they are replaced together.
Names and dates in the certificate mean nothing, and no third party vouches for anything: a machine
whose clock says 1970 gets through, and nobody else can be given another's place. Beside the key
that is used lies the next one. Machines are told both, so a key may change before anybody is.
"""

import http.client
import ssl
from collections.abc import Collection
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from sync.errors import NotEncrypted, WrongKey
from sync.machine.files import write_whole
from sync.machine.keys import tls_key
from sync.machine.pin import TLS_FILE, pin_in_words

NEXT_TLS_FILE = "tls-next.pem"

_NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kairan")])
# RFC 5280 §4.1.2.5: "no well-defined expiration date".
_FROM, _UNTIL = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def make_tls(folder: Path) -> None:
    """Put a key to be used and a next one into a machine's folder, where they aren't there yet."""
    for name in (TLS_FILE, NEXT_TLS_FILE):
        if not (folder / name).exists():
            write_whole(folder / name, self_signed(tls_key()), mode=0o600)


def change_tls(folder: Path) -> None:
    """Use the next key from now on, and make another next one.

    Where the power went in the middle the next one is the one in use: then it is only replaced.
    """
    make_tls(folder)
    now, coming = folder / TLS_FILE, folder / NEXT_TLS_FILE
    if now.read_bytes() != coming.read_bytes():
        write_whole(now, coming.read_bytes(), mode=0o600)
    write_whole(coming, self_signed(tls_key()), mode=0o600)


def self_signed(
    key: ec.EllipticCurvePrivateKey, *, begins: datetime = _FROM, ends: datetime = _UNTIL
) -> bytes:
    """A key and its certificate, in PEM. The dates are for whoever cares."""
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_NAME)
        .issuer_name(_NAME)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(ends)
        .sign(key, SHA256())
    )
    return in_one_file(key, certificate)


def in_one_file(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> bytes:
    """As a server wants them, in PEM."""
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)


def pins(folder: Path) -> tuple[bytes, ...]:
    """Those of the key that a machine uses and of its next one; none if it has no TLS."""
    files = [folder / TLS_FILE, folder / NEXT_TLS_FILE]
    return tuple(pin_in(file) for file in files if file.exists())


def pin_in(file: Path) -> bytes:
    """That of the first certificate in a file."""
    return _pin(x509.load_pem_x509_certificate(file.read_bytes()))


def _pin(certificate: x509.Certificate) -> bytes:
    """SHA-256 of SubjectPublicKeyInfo (RFC 7469 §2.4)."""
    key = certificate.public_key()
    return sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def connection(
    host: str, port: int | None, *, pins: Collection[bytes], timeout: float
) -> http.client.HTTPConnection:
    """To whoever has one of those keys; without TLS where no key is known."""
    if pins:
        return PinnedConnection(host, port, pins=pins, timeout=timeout)
    return http.client.HTTPConnection(host, port, timeout=timeout)


class PinnedConnection(http.client.HTTPSConnection):
    """An HTTP connection to whoever has one of those keys.

    Connecting raises WrongKey or NotEncrypted, before a byte of a request was sent; and OSError.
    """

    def __init__(
        self, host: str, port: int | None, *, pins: Collection[bytes], timeout: float
    ) -> None:
        """Nothing is connected yet."""
        super().__init__(host, port, timeout=timeout, context=_context())
        self._pins = frozenset(pins)

    def connect(self) -> None:
        """Shake hands, and look at the key."""
        try:
            super().connect()
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            raise  # the line was cut
        except ssl.SSLError as wrong:
            self.close()
            raise NotEncrypted(wrong.reason or str(wrong)) from wrong
        # That the other side has the private half, it has proved with the handshake.
        if (pin := _pin_of_peer(self.sock)) not in self._pins:
            self.close()
            raise WrongKey(pin_in_words(pin))


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # of all that a certificate says the key alone counts
    return context


def _pin_of_peer(socket: ssl.SSLSocket) -> bytes:
    """What nobody's pin is, where there is no certificate that can be read."""
    try:
        return _pin(x509.load_der_x509_certificate(socket.getpeercert(binary_form=True) or b""))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return b""
