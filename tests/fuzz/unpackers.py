"""Every door that bytes from outside come through, and what it may say to them.

As a program it lets atheris look for bytes that make one fail otherwise:
python -m tests.fuzz.unpackers NAME FOLDER... -max_total_time=20

What is worth keeping of such a search `tests.fuzz.keeping` keeps.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
VECTORS = Path(__file__).parents[1] / "vectors"
MIB = 1 << 20
KEY = bytes(32)
TOWN = "131016"
_HEX = re.compile("([0-9a-f]{2})+")


def unpackers() -> dict[str, Callable[[bytes], object]]:
    """By name; imported here, so that a fuzzer may watch what is imported."""
    from node.feed.reading import read
    from node.health import HEALTH, read_health
    from node.lan.interfaces import Interface
    from node.lan.service import read_service
    from node.pictures.jpeg import size_of
    from node.subscribing import read_card
    from provisioning.sealed_key import read_sealed
    from sync import cbor
    from sync.announcement import open_announcement
    from sync.bundle import Room, read_bundle
    from sync.carrier import Reading, unpack
    from sync.entry import Quality, Written, make_header, read_header, read_payload
    from sync.erasure import read_wish
    from sync.exchange import open_answer, open_offer
    from sync.frontier import read_summary
    from sync.joining import read_request
    from sync.machine.doorway import read_hello
    from sync.order import ERASE, RETAIN, read_order
    from sync.receipt import open_receipt
    from sync.register import Register, read_heads
    from sync.rows import read_table
    from sync.sealing import read_sealed as read_message
    from sync.statement import open_beside
    from sync.wrapping import unwrap

    def told(content: bytes, name: str) -> Register:
        """A register that holds any value: what it says is read where it is looked at."""
        value = cbor.encode(cbor.decode(content, bytes_max=MIB))
        return Register(
            encoded=b"",
            author=KEY,
            town=TOWN,
            ordinal=1,
            random=bytes(8),
            name=name,
            counter=1,
            value=value,
        )

    def ordered(content: bytes) -> None:
        for kind in (ERASE, RETAIN):
            header = make_header(
                lane=KEY, kind=kind, payload=content, written=Written(0, Quality.UNKNOWN)
            )
            list(read_order(header, content, KEY))

    def found(content: bytes) -> object:
        """What mDNS brought: keys and values by turns."""
        parts = content.split(b"\0")
        return read_service(
            "x",
            port=1,
            properties=dict(zip(parts[::2], parts[1::2], strict=False)),
            addresses=[part.decode("latin-1") for part in parts],
            town=TOWN,
            interfaces=[Interface(index=1, address="192.168.1.1", prefix=24)],
        )

    return {
        "announcement": open_announcement,
        "card": lambda content: read_card(content.decode(errors="replace"), here=TOWN),
        "health": lambda content: read_health(told(content, HEALTH)),
        "heads": lambda content: read_heads(told(content, "heads")),
        "order": ordered,
        "receipt": open_receipt,
        "request": lambda content: read_request(content.decode(errors="replace")),
        "sealed": lambda content: read_sealed(content.decode(errors="replace")),
        "message": read_message,
        "service": found,
        "wish": read_wish,
        "cbor": lambda content: cbor.decode(content, bytes_max=MIB),
        "header": lambda content: read_header(content, KEY),
        "payload": read_payload,
        "bundle": lambda content: read_bundle(cbor.decode(content, bytes_max=MIB)),
        "wrapping": unwrap,
        "parcel": lambda content: unwrap(cbor.encode([1, 0, content])),
        "table": lambda content: read_table(content, Room(MIB)),
        "beside": open_beside,
        "summary": lambda content: read_summary(cbor.decode(content, bytes_max=MIB)),
        "offer": open_offer,
        "picture": size_of,
        "answer": lambda content: open_answer(content, offered=b"", sender=KEY),
        "hello": read_hello,
        "carrier": lambda content: list(unpack(content, Reading())),
        "feed": lambda content: read("file", content),
    }


def refusals() -> tuple[type[Exception], ...]:
    """What an unpacker may raise; all else is a mistake of ours."""
    from node.feed.item import Unreadable
    from node.subscribing import NotACard
    from provisioning.sealed_key import MistypedLine
    from sync.errors import Malformed, Unverified
    from sync.exchange import Declined

    return (Malformed, Unverified, Unreadable, Declined, NotACard, MistypedLine)


def seeds(name: str) -> Iterator[bytes]:
    """What the spec's examples and earlier searches gave to begin with."""
    yield from examples()
    kept = CORPUS / f"{name}.json"
    if kept.exists():
        yield from map(bytes.fromhex, json.loads(kept.read_text()))


def examples() -> Iterator[bytes]:
    """The spec's."""
    for file in sorted(VECTORS.glob("*.json")):
        for vector in json.loads(file.read_bytes()).get("vectors", ()):
            # Some write long runs of one byte shorter; those teach a search nothing.
            if _HEX.fullmatch(encoded := str(vector.get("hex"))):
                yield bytes.fromhex(encoded)


def _fuzz(name: str) -> None:
    import atheris

    with atheris.instrument_imports(include=["sync", "node", "provisioning"]):
        unpack, refused = unpackers()[name], refusals()
        from sync import cose

    # Nobody guesses a signature: what lies behind it is looked at as if it held.
    cose.verify = lambda *_: None

    def one(content: bytes) -> None:
        with suppress(*refused):
            unpack(content)

    atheris.Setup([sys.argv[0], *sys.argv[2:]], one)
    atheris.Fuzz()


if __name__ == "__main__":
    _fuzz(sys.argv[1])
