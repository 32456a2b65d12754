"""Every door that bytes from outside come through, and what it may say to them.

As a program it lets atheris look for bytes that make one fail otherwise:
python -m tests.fuzz.unpackers NAME FOLDER... -max_total_time=20
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
_HEX = re.compile("([0-9a-f]{2})+")


def unpackers() -> dict[str, Callable[[bytes], object]]:
    """By name; imported here, so that a fuzzer may watch what is imported."""
    from node.feed.reading import read
    from sync import cbor
    from sync.bundle import Room, read_bundle
    from sync.carrier import Reading, unpack
    from sync.entry import read_header, read_payload
    from sync.exchange import open_answer, open_offer
    from sync.frontier import read_summary
    from sync.machine.doorway import read_hello
    from sync.rows import read_table
    from sync.statement import open_beside
    from sync.wrapping import unwrap

    return {
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
        "answer": lambda content: open_answer(content, offered=b"", sender=KEY),
        "hello": read_hello,
        "carrier": lambda content: list(unpack(content, Reading())),
        "feed": lambda content: read("file", content),
    }


def refusals() -> tuple[type[Exception], ...]:
    """What an unpacker may raise; all else is a mistake of ours."""
    from node.feed.item import Unreadable
    from sync.errors import Malformed, Unverified
    from sync.exchange import Declined

    return (Malformed, Unverified, Unreadable, Declined)


def seeds(name: str) -> Iterator[bytes]:
    """What the spec's examples and earlier searches gave to begin with."""
    for file in sorted(VECTORS.glob("*.json")):
        for vector in json.loads(file.read_bytes()).get("vectors", ()):
            # Some write long runs of one byte shorter; those teach a search nothing.
            if _HEX.fullmatch(encoded := str(vector.get("hex"))):
                yield bytes.fromhex(encoded)
    kept = CORPUS / f"{name}.json"
    if kept.exists():
        yield from map(bytes.fromhex, json.loads(kept.read_text()))


def _fuzz(name: str) -> None:
    import atheris

    with atheris.instrument_imports(include=["sync", "node"]):
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
