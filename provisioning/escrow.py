"""Reading keys of a machine that is gone, given to the one that took its place.

Each was closed to the town's reserve key when it was announced, and lies in every ledger.
"""

from contextlib import suppress

from node.node import Node
from node.reading import own_keys, secrets_of
from sync import sealing
from sync.errors import Unverified
from sync.escrow import escrow_public, escrow_secret
from sync.machine.keys import Identity, secret
from sync.reading_key import escrow_place


def unseal(node: Node, reserve: Identity) -> int:
    """How many keys that machine has now that it hadn't, by that reserve key."""
    held, opener = secrets_of(node), escrow_secret(secret(reserve))
    tag, count = sealing.tag(escrow_public(reserve.public)), 0
    for key in own_keys(node):
        if key.escrow is None or key.escrow.tag != tag or held.of(sealing.tag(key.key)):
            continue
        place = escrow_place(key.town, key.lane, key.id.number)
        with suppress(Unverified):  # what a machine closed wrongly opens to nobody
            found = sealing.unwrap(key.escrow.wrapped, opener, at=place)
            if sealing.public(found) == key.key:
                held.keep(found)
                count += 1
    return count
