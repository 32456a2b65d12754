"""What a machine says in a file it wrote: what it holds, and which files it has taken in.

docs/spec/6-carrier.md, "Receipt". Signed, so that whoever wrote one of those files may say that it
arrived; the newest of a machine takes the place of its earlier ones.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import cbor, cose
from sync.entry import Quality, Written
from sync.errors import Malformed
from sync.frontier import Summary, longest, read_summary, summary_as_array
from sync.lane import is_town
from sync.limits import COUNTER_MAX, MESSAGE_BYTES_MAX

RECEIPT = "kairan-receipt"
TAKEN_MAX = 64


class Taken(NamedTuple):
    """A file that was taken in to its end, and what became of its bundles."""

    checksum: bytes  # what its end says
    kept: int
    waiting: int
    refused: int

    @property
    def wholly(self) -> bool:
        """Whether all it held is held there."""
        return not self.waiting and not self.refused


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedReceipt:
    """The word of one machine."""

    encoded: bytes
    sender: bytes  # its short name
    ordinal: int  # of the life it was written in
    random: bytes
    counter: int
    towns: tuple[str, ...]
    digest: bytes  # over all that it held of them
    summary: Summary  # the same, in full
    taken: tuple[Taken, ...]  # the newest last
    written: Written  # by its clock: shown, never trusted
    sealed: cose.Sealed

    @property
    def order(self) -> tuple[int, int, bytes]:
        """The largest is the newest."""
        return self.ordinal, self.counter, self.encoded


def make_receipt(
    *,
    incarnation: tuple[int, bytes],
    counter: int,
    towns: Iterable[str],
    digest: bytes,
    summary: Summary,
    taken: Iterable[Taken],
    written: Written,
    key: Ed25519PrivateKey,
) -> bytes:
    """The signed bytes."""
    body = {
        1: 1,
        2: list(incarnation),
        3: counter,
        4: sorted(towns),
        5: digest,
        6: summary_as_array(longest(summary)),
        7: [list(each) for each in taken],
        8: [written.seconds, int(written.quality)],
    }
    return cose.sign(cbor.encode(body), type_=RECEIPT, key_id=cose.short(cose.public(key)), key=key)


def open_receipt(encoded: bytes) -> CarriedReceipt:
    """What it says; whose it is, `cose.verify` of `sealed` tells. Raises Malformed."""
    sealed = cose.read(encoded, bytes_max=MESSAGE_BYTES_MAX)
    if sealed.type != RECEIPT or len(sealed.key_id) != 8:
        raise Malformed("not a receipt")
    match cbor.decode(sealed.payload, bytes_max=MESSAGE_BYTES_MAX):
        case {
            1: int(version),
            2: [int(ordinal), bytes(random)],
            3: int(counter),
            4: list(towns),
            5: bytes(digest),
            6: summary,
            7: list(taken),
            8: [int(seconds), int(quality)],
        } if (
            cbor.are_integers(version, ordinal, counter, seconds, quality)
            and version == 1
            and 1 <= ordinal < 1 << 32
            and len(random) == 8
            and 1 <= counter <= COUNTER_MAX
            and towns == sorted({t for t in towns if isinstance(t, str) and is_town(t)})
            and len(digest) == 32
            and len(taken) <= TAKEN_MAX
            and 0 <= quality <= max(Quality)
        ):
            return CarriedReceipt(
                encoded=encoded,
                sender=sealed.key_id,
                ordinal=ordinal,
                random=random,
                counter=counter,
                towns=tuple(towns),
                digest=digest,
                summary=read_summary(summary),
                taken=tuple(map(_read_taken, taken)),
                written=Written(seconds, Quality(quality)),
                sealed=sealed,
            )
        case _:
            raise Malformed("not a receipt of this version")


def _read_taken(value: object) -> Taken:
    match value:
        case [bytes(checksum), int(kept), int(waiting), int(refused)] if (
            cbor.are_integers(kept, waiting, refused)
            and len(checksum) == 32
            and min(kept, waiting, refused) >= 0
        ):
            return Taken(checksum, kept, waiting, refused)
        case _:
            raise Malformed("not a file that was taken in")


def floor(summaries: Sequence[Summary]) -> Summary | None:
    """What every one of these machines holds at least; None where there is none."""
    if not summaries:
        return None
    first, *others = summaries
    statements, lanes = first.statements, dict(first.lanes)
    for other in others:
        statements &= other.statements
        # Where holes differ nothing is taken for held: that says too little, never too much.
        lanes = {
            lane: min(held, other.lanes[lane], key=lambda each: each.number)
            for lane, held in lanes.items()
            if lane in other.lanes and other.lanes[lane].holes == held.holes
        }
    return Summary(statements=statements, lanes=lanes)
