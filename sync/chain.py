"""Heads that vouch for all that came before, and the author's signature over them.

docs/spec/2-chain.md. One signature at n stands for entries 1 to n.
"""

from collections.abc import Iterable
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import cbor, cose
from sync.lane import Lane


def next_head(head: bytes, header: bytes) -> bytes:
    """The head after one more header."""
    return sha256(head + sha256(header).digest()).digest()


def fold(head: bytes, headers: Iterable[bytes]) -> bytes:
    """The head after all of them."""
    for header in headers:
        head = next_head(head, header)
    return head


def sign_head(lane: Lane, number: int, head: bytes, key: Ed25519PrivateKey) -> bytes:
    """The author's 64 bytes for the lane up to `number`."""
    return cose.sign_detached(_signed(lane, number, head), key)


def verify_head(lane: Lane, number: int, head: bytes, signature: bytes) -> None:
    """Raises Unverified unless the lane's author signed that head at that number."""
    cose.verify_detached(_signed(lane, number, head), signature, lane.author)


def _signed(lane: Lane, number: int, head: bytes) -> bytes:
    return cbor.encode(["kairan head", 1, lane.as_array(), number, head])
