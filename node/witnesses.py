"""What time it is at least, by two machines of the town that know: else nothing is expired.

Our own clock is one witness, the signed word of another certified machine the other; the earlier of
the two counts. So neither a clock of ours that jumped ahead nor a machine that lies makes anything
expire alone.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from node.health import read_health
from node.node import Node
from sync.entry import Quality, Written
from sync.machine.clock import Moment
from sync.obedience import read_obedience

AHEAD = timedelta(days=1)
"""Whoever says that it is later than that by our clock is no witness."""


def witnessed(node: Node, moment: Moment) -> datetime | None:
    """A time that two witnesses say is over; None if there aren't two."""
    if moment.quality < Quality.CARRIED:
        return None
    said = [at for at in _others(node) if at <= moment.at + AHEAD]
    return min(moment.at, max(said)) if said else None


def _others(node: Node) -> Iterator[datetime]:
    trust, town = node.ledger.trust(), node.settings.town
    for register in node.ledger.registers():
        if register.town != town or register.author == node.identity.public:
            continue
        if not trust.hears(register.author, town):
            continue
        word = read_health(register) or read_obedience(register)
        if word is not None and (at := _moment(word.written)) is not None:
            yield at


def _moment(written: Written) -> datetime | None:
    """By a clock that is good, and shows it."""
    if written.quality < Quality.CARRIED:
        return None
    try:
        return datetime.fromtimestamp(written.seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
