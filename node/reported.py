"""Which sealed reports are about a post: what they quote goes with it."""

from collections.abc import Collection, Iterator
from contextlib import suppress

from node.node import Node
from node.sealed import all_sealed, open_here
from sync.about import About
from sync.entry import RecordId
from sync.errors import Malformed, Unverified
from sync.report import read_report
from sync.sealed_record import REPORT
from sync.sealing import NotForUs


def reports_about(node: Node, posts: Collection[About]) -> Iterator[RecordId]:
    """Those that this machine may read."""
    for record in all_sealed(node, REPORT):
        with suppress(Malformed, Unverified, NotForUs):
            if read_report(open_here(node, record)).post in posts:
                yield record.id
