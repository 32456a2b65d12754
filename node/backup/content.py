"""What is in a backup, before it is closed: what a machine keeps alone, then its ledger.

    content = CBOR sequence: [1, local], [2, piece of a carrier file] …, [3, signature]

The ledger travels as on a stick (docs/spec/6-carrier.md), so it comes back through the one door,
whatever software reads it in ten years, and nothing comes with it that its author didn't sign. The
machine signs the rest: who finds the reserve's public key, on any machine, closes nothing for it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from node.backup import local
from node.backup.closed import Label
from node.backup.local import Local
from sync import cbor, cose
from sync.bundle import Parcel
from sync.carrier import Reading, unpack
from sync.errors import Malformed, Unverified
from sync.limits import BUNDLE_BYTES_MAX
from sync.machine.keys import Identity

TYPE = "kairan-backup"
LOCAL_BYTES_MAX = 16 << 20
PIECE_BYTES = 512 << 10
_LOCAL, _LEDGER, _SIGNATURE = 1, 2, 3
_SIGNATURE_BYTES_MAX = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What was read."""

    local: Local
    ledger: bytes  # a carrier file


def written(
    kept: Local, ledger: Iterable[bytes], *, label: Label, identity: Identity
) -> Iterator[bytes]:
    """It, piece by piece. Raises Malformed where a machine keeps more than fits."""
    encoded = local.encode(kept)
    if len(encoded) > LOCAL_BYTES_MAX:
        raise Malformed("more than a machine keeps")
    digest = sha256()
    for item in _items(encoded, ledger):
        digest.update(item)
        yield item
    signed = cose.sign(
        _said(label, digest.digest()),
        type_=TYPE,
        key_id=cose.short(identity.public),
        key=identity.private,
    )
    yield cbor.encode([_SIGNATURE, signed])


def _items(encoded: bytes, ledger: Iterable[bytes]) -> Iterator[bytes]:
    for at in range(0, len(encoded), PIECE_BYTES):
        yield cbor.encode([_LOCAL, encoded[at : at + PIECE_BYTES]])
    for piece in ledger:
        for at in range(0, len(piece), PIECE_BYTES):
            yield cbor.encode([_LEDGER, piece[at : at + PIECE_BYTES]])


def _said(label: Label, digest: bytes) -> bytes:
    return cbor.encode([1, label.town, label.machine, label.name, list(label.written), digest])


def read(content: bytes, label: Label) -> Content:
    """What is in it. Raises Malformed; Unverified if its machine didn't make it so."""
    kept, ledger = bytearray(), bytearray()
    digest, at = sha256(), 0
    while at < len(content):
        start, at = at, cbor.end(content, at, bytes_max=BUNDLE_BYTES_MAX)
        item = content[start:at]
        match cbor.decode(item, bytes_max=BUNDLE_BYTES_MAX):
            case [1, bytes(piece)] if not ledger and len(kept) <= LOCAL_BYTES_MAX:
                kept += piece
            case [2, bytes(piece)]:
                ledger += piece
            case [3, bytes(signed)] if at == len(content):
                _verify(signed, label, digest.digest())
                return Content(local=local.decode(bytes(kept)), ledger=bytes(ledger))
            case _:
                raise Malformed("not what is in a backup")
        digest.update(item)
    raise Unverified("nobody signed it")


def _verify(signed: bytes, label: Label, digest: bytes) -> None:
    sealed = cose.read(signed, bytes_max=_SIGNATURE_BYTES_MAX)
    cose.verify(sealed, label.machine)
    if sealed.type != TYPE or sealed.payload != _said(label, digest):
        raise Unverified("signed for something else")


def reached(ledger: bytes) -> Mapping[bytes, int]:
    """Per lane, how far a carrier file goes without a gap. Raises Malformed for a damaged one."""
    reading = Reading()
    found: dict[bytes, list[tuple[int, int]]] = {}
    for parcel in unpack(ledger, reading):
        for bundle in _bundles(parcel):
            found.setdefault(bundle[0], []).append(bundle[1:])
    if not reading.whole or reading.unreadable:
        raise Malformed("a damaged carrier file")
    return {lane: _without_gap(runs) for lane, runs in found.items()}


def _bundles(parcel: Parcel) -> Iterator[tuple[bytes, int, int]]:
    for bundle in parcel.bundles:
        yield bundle.lane.id, bundle.first, bundle.last


def _without_gap(runs: Iterable[tuple[int, int]]) -> int:
    number = 0
    for first, last in sorted(runs):
        if first <= number + 1:
            number = max(number, last)
    return number
