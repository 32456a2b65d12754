"""The town's certificate for pages over TLS, and the machines' that it signs: what browsers take.

Its key comes from the town's daily key, so there is nothing more to keep: whoever may certify
machines may do this, and the paper that restores the one restores the other. Browsers don't take
Ed25519, and believe an authority that they were given in everything; so it is on P-256 and may
vouch for addresses within a building or a town alone.

Dates are before those from which browsers want short ones, and far ahead: nobody's clock is asked.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sync.machine.files import write_whole
from sync.machine.keys import Identity, certificate_number, secret, tls_key
from sync.machine.pin import PAGES_FILE, TOWN_CERTIFICATE_FILE
from sync.machine.tls import in_one_file

NAMES_END_IN = ("local", "home.arpa", "internal", "home", "lan", "localhost")
_NETWORKS = tuple(
    ip_network(network)
    for network in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8",
        "fc00::/7", "fe80::/10", "::1/128",
    )
)  # fmt: skip
_FROM, _UNTIL = datetime(2019, 1, 1, tzinfo=UTC), datetime(2049, 12, 31, tzinfo=UTC)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
_DOMAIN = b"kairan pages authority 1"


class OutsideName(ValueError):
    """A name or address that the town's certificate may not vouch for."""


def give_pages_certificate(
    folder: Path, *, names: Sequence[str], daily: Identity, town: str
) -> None:
    """Put into a machine's folder what its pages over TLS need, signed anew. Raises OutsideName.

    A key that is there stays, so that who looked at it before finds it again.
    """
    wanted = [_general_name(name) for name in names]
    if not wanted:
        raise OutsideName("no name at all")
    path = folder / PAGES_FILE
    key = _key_in(path) if path.exists() else tls_key()
    authority_key, authority = town_certificate(daily, town=town)
    leaf = _signed(
        # No name here: where it could be one it would have to be among the permitted.
        _named("回覧 Kairan"), key.public_key(), authority.subject, authority_key,
        [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (_usage(signs_certificates=False), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
            (x509.SubjectAlternativeName(wanted), False),
        ],
        number=certificate_number(),
    )  # fmt: skip
    write_whole(folder / TOWN_CERTIFICATE_FILE, authority.public_bytes(Encoding.PEM))
    write_whole(path, in_one_file(key, leaf), mode=0o600)


def town_certificate(
    daily: Identity, *, town: str
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """The authority for pages of whoever has that daily key.

    The same to the last byte each time, so that people find one fingerprint at all machines.
    """
    derived = HKDF(algorithm=SHA256(), length=48, salt=None, info=_DOMAIN).derive(secret(daily))
    number = int.from_bytes(derived, "big") % (_ORDER - 1) + 1
    key = ec.derive_private_key(number, ec.SECP256R1())
    named = x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest
    permitted = [
        *(x509.DNSName(name) for name in NAMES_END_IN),
        *(x509.IPAddress(network) for network in _NETWORKS),
    ]
    name = _named(f"{town}の掲示板（回覧）")
    certificate = _signed(
        name, key.public_key(), name, key,
        [
            (x509.BasicConstraints(ca=True, path_length=0), True),
            (_usage(signs_certificates=True), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
            (x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), True),
        ],
        number=int.from_bytes(named) >> 1,
    )  # fmt: skip
    return key, certificate


def _signed(
    subject: x509.Name,
    public: ec.EllipticCurvePublicKey,
    issuer: x509.Name,
    by: ec.EllipticCurvePrivateKey,
    extensions: Iterable[tuple[x509.ExtensionType, bool]],
    *,
    number: int,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(number)
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False
        )
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(by, SHA256(), ecdsa_deterministic=True)


def _general_name(name: str) -> x509.GeneralName:
    try:
        address = ip_address(name)
    except ValueError:
        return _dns_name(name)
    if not any(_holds(network, address) for network in _NETWORKS):
        raise OutsideName(name)
    return x509.IPAddress(address)


def _holds(network: IPv4Network | IPv6Network, address: object) -> bool:
    return getattr(address, "version", 0) == network.version and address in network


def _dns_name(name: str) -> x509.DNSName:
    letters = name.lower().replace(".", "").replace("-", "")
    if not (letters.isascii() and letters.isalnum() and len(name) <= 200):
        raise OutsideName(name)
    if not any(name == end or name.endswith(f".{end}") for end in NAMES_END_IN):
        raise OutsideName(name)
    return x509.DNSName(name)


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _key_in(path: Path) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise OutsideName(f"{path} holds another kind of key")
    return key
