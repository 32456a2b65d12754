"""TLS before a port, as a proxy in front of a hub does it; for its own row beside the peers.

    python -m bench.harness_tls FOLDER PORT TO ADDRESS …

The certificate comes as those of a public authority do, on elliptic curves and with the one that
signed it; FOLDER/root.pem is what whoever connects must trust.
"""

import argparse
import asyncio
import ssl
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sync.machine import clock

ROOT_FILE = "root.pem"
_CHAIN_FILE = "chain.pem"
_PIECE_BYTES = 1 << 16


def main() -> None:
    """Make the certificates, then answer until told to stop."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int, help="on every address")
    parser.add_argument("to", type=int, help="on loopback")
    parser.add_argument("address", nargs="+", help="what it is known by")
    told = parser.parse_args()
    told.folder.mkdir(parents=True)
    _make_certificates(told.folder, told.address)
    asyncio.run(_serve(told.folder, told.port, told.to))


async def _serve(folder: Path, port: int, to: int) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / _CHAIN_FILE)

    async def answer(source: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        answers, sink = await asyncio.open_connection("127.0.0.1", to)
        await asyncio.gather(_pass_on(source, sink), _pass_on(answers, back))

    server = await asyncio.start_server(answer, "0.0.0.0", port, ssl=context)  # noqa: S104
    await server.serve_forever()


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while piece := await source.read(_PIECE_BYTES):
            sink.write(piece)
            await sink.drain()
    except OSError:
        pass
    finally:
        sink.close()


def _make_certificates(folder: Path, addresses: Sequence[str]) -> None:
    root_key, between_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    root_name, between_name = _name("Made-up root"), _name("Made-up issuer")
    root = _certificate(root_name, root_key, root_name, root_key, path_length=1)
    between = _certificate(between_name, between_key, root_name, root_key, path_length=0)
    leaf = _certificate(_name("hub"), key, between_name, between_key, addresses=addresses)
    chain = [certificate.public_bytes(Encoding.PEM) for certificate in (leaf, between)]
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / _CHAIN_FILE).write_bytes(private + b"".join(chain))
    (folder / ROOT_FILE).write_bytes(root.public_bytes(Encoding.PEM))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    path_length: int | None = None,
    addresses: Sequence[str] = (),
) -> x509.Certificate:
    now = clock.now().at
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=90))
        .add_extension(
            x509.BasicConstraints(ca=path_length is not None, path_length=path_length),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    if addresses:
        names = [x509.IPAddress(ip_address(address)) for address in addresses]
        builder = builder.add_extension(
            x509.SubjectAlternativeName(names), critical=False
        ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(issuer_key, SHA256())


if __name__ == "__main__":
    main()
