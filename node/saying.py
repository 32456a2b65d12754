"""What this machine says of itself, in registers: how it is, and how far its lanes go.

docs/spec/7-registers.md. A register that changes travels with the next exchange, so one is written
when it says something new, not often, and now and then to say that the machine still runs.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from node.health import (
    DISK_STEPS_BYTES,
    HEALTH,
    Health,
    Met,
    health_value,
    quality_of,
    read_health,
    seconds_of,
)
from node.node import SOFTWARE, Node
from node.notebook import Neighbour, Notebook
from node.post import PostState
from node.updating.telling import REGISTER as RELEASE
from node.updating.telling import update, value
from sync import cbor, cose
from sync.entry import Written
from sync.ledger import Ledger
from sync.limits import SOFTWARE_CHARACTERS_MAX
from sync.machine import clock
from sync.machine.clock import Moment
from sync.machine.keys import Identity
from sync.machine.opening import open_identity
from sync.machine.own_keys import has_key
from sync.machine.registering import held_register, write_register
from sync.machine.settings import FEED_KEY_FILE, NOTEBOOK_FILE
from sync.register import Head, Register, heads_by_name

NEWS_SECONDS = 3 * 3_600.0
"""So seldom something new is said, but for what can't wait."""

ALIVE_SECONDS = 24 * 3_600.0
"""So often it is said that nothing is new."""

LOOK_SECONDS = 60.0
LOOKS_PER_NEWS = 8
MET_MAX = 4


class Saying:
    """What one machine says, from one process; `running` is seconds that only grow."""

    def __init__(self, node: Node, *, running: Callable[[], float] = clock.running) -> None:
        """Says nothing yet."""
        self._node = node
        self._running = running
        self._said: dict[str, float] = {}  # by name, when this process last did
        self._began = running()
        self._looked: object = None

    def look(self, moment: Moment | None = None) -> bool:
        """Called often: say what is due to be said, as of now; whether anything was."""
        if self._node.identity.is_closed or self._looks_like() == self._looked:
            return False
        with self._node.ledger.transaction():
            said = self._say(moment or clock.now())
        self._looked = self._looks_like()
        return said

    def keep_saying(self) -> None:
        """The same for a process that goes on whatever comes: on a full disk, it's said later."""
        try:
            self.look()
        except (sqlite3.Error, OSError) as wrong:
            self._node.database.give_up(wrong)

    def _looks_like(self) -> object:
        """What costs little to look at; now and then everything is looked at anyway."""
        turn = int((self._running() - self._began) // (NEWS_SECONDS / LOOKS_PER_NEWS))
        return self._node.version(), _disk(self._node), self._node.mishap() is None, turn

    def _say(self, moment: Moment) -> bool:
        node = self._node
        said = False
        for identity in _identities(node):
            said |= self._say_heads(identity)
        if (runs := update(node)) is not None:
            said |= self._say_release(value(runs))
        before = self._held(node.identity, HEALTH)
        last = read_health(before) if before else None
        health = _health_of(node, moment, last)
        if self._is_due(
            HEALTH,
            urgent=last is None or last.urgent != health.urgent,
            new=last is None or last.news != health.news,
        ):
            self._write(node.identity, HEALTH, health_value(health))
            self._said[HEALTH] = self._running()
            said = True
        return said

    def _say_heads(self, identity: Identity) -> bool:
        said = False
        for name, heads in heads_by_name(own_heads(self._node.ledger, identity.public)).items():
            value = [list(head) for head in heads]
            held = self._held(identity, name)
            place = f"{identity.public.hex()} {name}"
            new = held is None or held.value != cbor.encode(value)
            if new and self._is_due(place, urgent=held is None, new=True):
                self._write(identity, name, value)
                self._said[place] = self._running()
                said = True
        return said

    def _say_release(self, says: object) -> bool:
        held = self._held(self._node.identity, RELEASE)
        if held is not None and held.value == cbor.encode(says):
            return False
        self._write(self._node.identity, RELEASE, says)
        return True

    def _is_due(self, name: str, *, urgent: bool, new: bool) -> bool:
        now, last = self._running(), self._said.get(name)
        since_began = now - self._began
        quiet = now - last if last is not None else (NEWS_SECONDS if new else since_began)
        return urgent or (new and quiet >= NEWS_SECONDS) or quiet >= ALIVE_SECONDS

    def _held(self, identity: Identity, name: str) -> Register | None:
        return held_register(self._node.ledger, identity, self._node.settings.town, name)

    def _write(self, identity: Identity, name: str, value: object) -> None:
        write_register(self._node.ledger, identity, self._node.settings.town, name, value)


def own_heads(ledger: Ledger, author: bytes) -> list[Head]:
    """How far an author's lanes go here: the newest life first, then by lane."""
    lanes = [item for item in ledger.lanes() if item.lane.author == author]
    lanes.sort(key=lambda item: (-item.lane.ordinal, item.lane.class_, item.id))
    return [Head(item.lane.id, item.held.number, item.held.head) for item in lanes]


def _identities(node: Node) -> Iterator[Identity]:
    """The keys that this machine writes with."""
    yield node.identity
    if has_key(node.settings.folder, FEED_KEY_FILE):
        yield open_identity(node.settings, FEED_KEY_FILE)


def _health_of(node: Node, moment: Moment, last: Health | None) -> Health:
    lanes = node.ledger.lanes()
    entries = sum(item.held.number for item in lanes)
    shown = (states.get(PostState.SHOWN, 0) for states in node.views.counts().values())
    return Health(
        written=moment.written,
        software=SOFTWARE[:SOFTWARE_CHARACTERS_MAX],
        disk=_disk(node),
        own=sum(item.held.number for item in lanes if item.lane.author == node.identity.public),
        entries=entries,
        records=sum(shown),
        holes=sum(hole.last - hole.first + 1 for item in lanes for hole in item.held.holes),
        waiting=node.ledger.waiting_count(),
        mishap=node.mishap() is not None,
        changed=last.changed if last and last.entries == entries else moment.written,
        met=tuple(_met_of(Notebook(node.settings.folder / NOTEBOOK_FILE).neighbours())),
    )


def _met_of(neighbours: Iterable[Neighbour]) -> Iterator[Met]:
    """The hub first: who else would hold back what others wrote?"""
    told: dict[bytes, Met] = {}
    for each in sorted(neighbours, key=lambda n: (n.road != "hub", n.address)):
        with suppress(ValueError):
            key = bytes.fromhex(each.key)
            if len(key) == 32 and each.synced and each.ours:
                short = cose.short(key)
                when = Written(seconds_of(each.synced), quality_of(each.synced_clock))
                told.setdefault(short, Met(short, int(each.ours), when))
    yield from list(told.values())[:MET_MAX]


def _disk(node: Node) -> int:
    found = os.statvfs(node.settings.folder)
    free = found.f_bavail * found.f_frsize
    return sum(free >= step for step in DISK_STEPS_BYTES)
