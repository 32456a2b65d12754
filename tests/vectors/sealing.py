"""Examples for docs/spec/11-sealed.md: who opens which bytes where."""

from collections.abc import Iterator, Mapping
from hashlib import sha512

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.vectors import kit
from tests.vectors.kit import H, Lane, Vector, cbor
from tests.vectors.rules.sealing import agree, cipher, info, public

LANE = Lane(author="kamisato", class_=3)
HERE: Mapping[str, object] = {
    "town": LANE.town,
    "kind": "letter/write",
    "lane_id": LANE.id.hex(),
    "number": 7,
}
CONTENT = H(b"kairan vectors, content key")
WORDS = "働きたいです".encode()


def secret(name: str) -> bytes:
    return H(b"kairan vectors, reading key of ", name.encode())


def wrapped(reader: str, content: bytes = CONTENT) -> list[bytes]:
    """A reader's part; its ephemeral key is the same at every run."""
    ephemeral, to = secret(f"nobody, for {reader}"), public(secret(reader))
    sent = public(ephemeral)
    closing, nonce = cipher(agree(ephemeral, to), sent, to, info(HERE))
    return [H(to)[:8], sent + closing.encrypt(nonce, content, b"")]


def parts(**changed: object) -> list[object]:
    padded = WORDS + b"\x80" + bytes(256 - len(WORDS) - 1)
    said: dict[str, object] = {
        "version": 1,
        "parts": sorted([wrapped("employer"), wrapped("receipt")]),
        "commitment": H(b"kairan/1 content key", CONTENT),
        "body": ChaCha20Poly1305(CONTENT).encrypt(bytes(12), padded, info(HERE)),
    }
    assert changed.keys() <= said.keys()
    return list((said | changed).values())


def vectors() -> Iterator[Vector]:
    def one(name: str, shows: str, value: object, reader: str, **at: object) -> Vector:
        opens = reader in ("employer", "receipt") and not at and not name.startswith("two")
        return Vector(
            name=f"sealed-{name}",
            shows=shows,
            kind="sealed",
            bytes=cbor(value),
            given={**HERE, **at, "secret": secret(reader).hex()},
            expect={"text": WORDS.hex() if opens else None},
        )

    good = parts()
    yield one("to-the-first", "each reader opens it alone", good, "employer")
    yield one("to-the-second", "each reader opens it alone", good, "receipt")
    yield one("to-nobody-else", "a key that has no part in it", good, "stranger")
    yield one("moved", "in another record it opens to nobody", good, "employer", number=8)
    yield one("of-another-town", "nor in another town", good, "employer", town=kit.OTHER_TOWN)
    yield one("of-another-kind", "nor as another kind", good, "employer", kind="report/write")
    other = sorted([wrapped("employer"), wrapped("receipt", H(b"another"))])
    yield one(
        "two-texts", "a content key that isn't the one committed to", parts(parts=other), "receipt"
    )
    mine = wrapped("employer")
    for name, shows, changed in (
        ("version", "another version", {"version": 2}),
        ("version-true", "true is not the integer 1", {"version": True}),
        ("no-reader", "nobody can read it", {"parts": []}),
        ("order", "parts out of order", {"parts": sorted([mine, wrapped("receipt")])[::-1]}),
        ("twice", "one reader named twice", {"parts": [mine, mine]}),
        ("short-part", "a part too short", {"parts": [[mine[0], mine[1][1:]]]}),
        ("commitment", "a commitment too short", {"commitment": bytes(31)}),
        ("size", "a body of no such size", {"body": bytes(300)}),
        ("long", "a body above the largest size", {"body": bytes((32 << 10) + 16)}),
    ):
        yield Vector(
            name=f"sealed-{name}",
            shows=shows,
            kind="sealed",
            bytes=cbor(parts(**changed)),
            given={**HERE, "secret": secret("employer").hex()},
            refused="malformed",
        )
    key = kit.key("authority")
    raw = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    opener = sha512(raw).digest()[:32]
    yield Vector(
        name="escrow-key",
        shows="the X25519 key that an Ed25519 key is, and its secret",
        kind="escrow key",
        bytes=cbor([kit.public("authority"), raw]),
        expect={"key": public(opener).hex(), "secret": opener.hex()},
    )
