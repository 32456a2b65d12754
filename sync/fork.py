"""A fork proof: an author signed two histories of one lane (docs/spec/4-ledger.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sync import cbor
from sync.chain import verify_head
from sync.errors import Malformed
from sync.lane import Lane, read_lane
from sync.limits import STATEMENT_BYTES_MAX

FORK = "kairan fork"
_START = cbor.encode([FORK])[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkProof:
    """Two signed heads that can't be of one history."""

    lane: Lane
    number: int  # at which both histories have a head, and not the same

    @property
    def kin(self) -> tuple[object, ...]:
        """All of its lane but the random part: of lanes that are alike so far one proof is kept."""
        lane = self.lane
        return lane.town, lane.author, lane.ordinal, lane.class_, lane.audience


def is_fork_proof(encoded: bytes) -> bool:
    """Whether it claims to be one."""
    return encoded[1 : 1 + len(_START)] == _START


def prove_fork(
    lane: Lane,
    *,
    number: int,
    head: bytes,
    signature: bytes,
    other_head: bytes,
    later: Sequence[bytes],
    later_signature: bytes,
) -> bytes | None:
    """`head` is signed; `other_head`, followed by the headers `later`, comes to another signed one.

    None where the proof would be longer than a statement may be.
    """
    proof = cbor.encode(
        [
            FORK,
            1,
            lane.as_array(),
            number,
            head,
            signature,
            other_head,
            [sha256(header).digest() for header in later],
            number + len(later),
            later_signature,
        ]
    )
    return proof if len(proof) <= STATEMENT_BYTES_MAX else None


def read_fork_proof(encoded: bytes) -> ForkProof:
    """A proof that holds. Raises Malformed, or Unverified if it proves nothing."""
    match cbor.decode(encoded, bytes_max=STATEMENT_BYTES_MAX):
        case [
            "kairan fork",
            version,
            list(array),
            int(number),
            bytes(head),
            bytes(signature),
            bytes(other_head),
            list(hashes),
            int(last),
            bytes(last_signature),
        ] if (
            cbor.are_integers(version, number, last)
            and version == 1
            and number >= 1
            and last == number + len(hashes)
            and len(head) == len(other_head) == 32
            and len(signature) == len(last_signature) == 64
        ):
            pass
        case _:
            raise Malformed("not a fork proof")
    if head == other_head:
        raise Malformed("a proof of nothing: both heads are the same")
    lane = read_lane(array)
    folded = other_head
    for digest in hashes:
        if not isinstance(digest, bytes) or len(digest) != 32:
            raise Malformed("not a hash of a header")
        folded = sha256(folded + digest).digest()
    verify_head(lane, number, head, signature)
    verify_head(lane, last, folded, last_signature)
    return ForkProof(lane=lane, number=number)
