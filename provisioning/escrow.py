"""Reading keys of a machine that is gone, given to the one that took its place.

Each was closed to the town's reserve key when it was announced, and lies in every ledger; those for
one post until the office orders away what was written about it.
"""

from collections.abc import Iterator
from contextlib import suppress

from node.node import Node
from node.reading import own_keys
from node.reading_files import secrets_of
from node.sealed import sealed_about
from sync import sealing
from sync.errors import Unverified
from sync.escrow import escrow_secret
from sync.machine.keys import Identity, secret
from sync.reading_key import ReadingKey, escrow_place
from sync.sealed_record import ESCROW
from sync.sealing import KEY_BYTES, NotForUs, open_sealed


def unseal(node: Node, reserve: Identity) -> int:
    """How many keys that machine has now that it hadn't, by that reserve key."""
    held, opener, count = secrets_of(node), escrow_secret(secret(reserve)), 0
    for key in own_keys(node):
        if key.about and not key.stands:
            continue  # it was destroyed on purpose
        if held.of(sealing.tag(key.key)) is None:
            for found in _closed(node, key, opener):
                if sealing.public(found) == key.key:
                    held.keep(found, account=key.account)
                    count += 1
                    break
    return count


def _closed(node: Node, key: ReadingKey, opener: bytes) -> Iterator[bytes]:
    """What that opener finds for a key; what a machine closed wrongly opens to nobody."""
    if key.escrow is not None:
        with suppress(Unverified):
            place = escrow_place(key.town, key.lane, key.id.number)
            yield sealing.unwrap(key.escrow.wrapped, opener, at=place)
    for record in sealed_about(node, ESCROW, key.about) if key.about else ():
        with suppress(Unverified, NotForUs):
            found = open_sealed(record.sealed, [opener], at=record.place)
            if len(found) == KEY_BYTES:
                yield found
