"""Whether a machine takes one more picture: its share, its town's, and the disk's.

Words come first: where there is little room left, pictures are refused long before any text is.
"""

import shutil

from node.node import Node
from node.pictures.picture import PART_BYTES_MAX
from sync.lane import Class

NODE_BYTES_MAX = 512 << 20  # that were added at one machine
TOWN_BYTES_MAX = 4 << 30
FREE_BYTES_MIN = 512 << 20


def has_room(node: Node) -> bool:
    """Whether somebody may add a picture here now."""
    own, town = node.identity.public, node.settings.town
    lanes = {
        item.lane.id: (item.lane.author, item.held.number)
        for item in node.ledger.lanes()
        if item.lane.class_ is Class.PICTURE and item.lane.town == town
    }
    gone = dict.fromkeys(lanes, 0)
    for order in node.ledger.orders():
        if order.lane in gone:
            gone[order.lane] += order.numbers.last - order.numbers.first + 1
    parts = {id_: max(0, number - gone[id_]) for id_, (_, number) in lanes.items()}
    of_node = sum(count for id_, count in parts.items() if lanes[id_][0] == own)
    return (
        of_node * PART_BYTES_MAX < NODE_BYTES_MAX
        and sum(parts.values()) * PART_BYTES_MAX < TOWN_BYTES_MAX
        and shutil.disk_usage(node.settings.folder).free >= FREE_BYTES_MIN
    )
