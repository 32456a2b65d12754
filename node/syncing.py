"""The process `kairan-sync`: it watches the ledger, says what changed to every neighbour, and
fetches what changed there.

It also empties the log that SQLite keeps beside the ledger's file, and then says which orders were
obeyed here: what was withdrawn is gone from the file at once, and could be read in the log.
"""

import logging
import socket
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from threading import Event, Thread

from node.addresses import addresses
from node.carrying.left import LeftOnSticks
from node.carrying.watching import Sticks
from node.erasing import follow_up
from node.lan.bell import Bell
from node.lan.discovery import Discovery, Me
from node.mail.ending import let_go
from node.moderation.desk import Desk
from node.moderation.keeping import Restored
from node.neighbourhood import Neighbourhood
from node.node import Node, NotAllowed
from node.notebook import Notebook
from node.retaining import Retention
from node.saying import LOOK_SECONDS, Saying
from node.schedule import Schedule
from node.updating.coming import put_down
from sync import cose
from sync.errors import TooLarge
from sync.machine import clock
from sync.machine.obeying import Obeying
from sync.machine.own_keys import opens_by_now
from sync.machine.packing import Packing
from sync.machine.settings import KEY_FILE, NOTEBOOK_FILE
from sync.machine.starter import Starter

WATCH_SECONDS = 0.2
"""How often the ledger's version is read: one row, some microseconds."""

TIDY_SECONDS = 10.0
"""How long what was withdrawn may still lie in the log."""


LET_GO_SECONDS = 3_600.0
"""How often what was written about ended posts is looked for."""

FETCH_SECONDS = 10.0
"""How often it is looked whether a version is waited for."""

HEAR_SECONDS = 0.5
_THERE_SECONDS_MAX = 0.5  # within this machine
"""So long the thread that hears neighbours takes to notice that all is to end."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answering:
    """Where `kairan-web` answers on this machine."""

    port: int
    address: str = "0.0.0.0"  # noqa: S104  # everywhere

    @property
    def on_lan(self) -> bool:
        """Whether others can reach it there."""
        return ":" not in self.address and not self.address.startswith("127.")

    @property
    def only(self) -> str | None:
        """The one address that it answers at; None for all."""
        return None if self.address == "0.0.0.0" else self.address  # noqa: S104

    def is_there(self) -> bool:
        """Whether it takes connections. At 127.0.0.1 those of the kiosk may have a door apart."""
        with (
            suppress(OSError),
            socket.create_connection((self.only or "127.0.0.2", self.port), _THERE_SECONDS_MAX),
        ):
            return True
        return False


def run(
    node: Node,
    *,
    peers: tuple[str, ...],
    stop: Event,
    answering: Answering | None = None,
    starter: Starter | None = None,
) -> None:
    """Exchange until `stop` is set. Raises sqlite3.DatabaseError once the ledger is given up."""
    starter = starter or Starter()
    if node.identity.is_closed:
        _read_sticks_alone(node, stop, starter)
        return
    notebook = Notebook(node.settings.folder / NOTEBOOK_FILE)
    port = None if answering is None else answering.port
    neighbourhood = Neighbourhood(node, notebook, addresses(node, peers), port=port)
    discovery = None
    if answering is not None and answering.on_lan:
        discovery = _discovery(node, neighbourhood, answering)
    schedule = Schedule()
    schedule.every(node.settings.offer_seconds, "look again", neighbourhood.make_sure)
    saying = Saying(node)
    saying.keep_saying()
    schedule.every(LOOK_SECONDS, "say how it is", saying.keep_saying)
    schedule.every(
        LOOK_SECONDS, "order away what is over", partial(_order_away, node, Retention(node))
    )
    schedule.every(LET_GO_SECONDS, "let go of letters", lambda: _let_go(node))
    desk = Desk(node)
    schedule.every(LOOK_SECONDS, "ask about what waits", partial(_keep_asking, node, desk))
    schedule.every(LOOK_SECONDS, "let go of what nobody needs", partial(_forget, node, desk))
    schedule.every(LOOK_SECONDS, "put down versions", partial(_put_down, node))
    schedule.every(FETCH_SECONDS, "fetch versions", neighbourhood.fetch)
    neighbourhood.start()
    if discovery is not None:
        discovery.start()
    schedule.start()
    Thread(target=_check, args=(node,), name="reading all of the ledger", daemon=True).start()
    hearing = Thread(target=_hear, args=(node, neighbourhood, stop), name="hearing", daemon=True)
    hearing.start()
    sticks = Sticks(node)
    sticks.start()
    obeying = Obeying(
        node.ledger,
        node.identity,
        [node.settings.town],
        node.settings.folder,
        sticks=LeftOnSticks(node.database).stale,
    )
    restored = Restored(node.database)
    packing = Packing(node.ledger, close=node.database.close)
    packing.look()
    try:
        version = node.version()
        tidied, tidy_at = -1, clock.running()  # whoever was here before may have had no time to
        starter.ready()
        while not stop.wait(WATCH_SECONDS):
            starter.well()
            schedule.mind_the_clock()
            if (now := node.version()) != version:
                version = now
                if discovery is not None:
                    discovery.hold(neighbourhood.standing.digest())
                neighbourhood.changed()
                packing.look()
            neighbourhood.tick()
            if version != tidied and clock.running() >= tidy_at:
                tidy_at = clock.running() + TIDY_SECONDS
                done = restored.is_clean() and node.database.empty_log() and obeying.say(version)
                tidied = version if done else tidied
    finally:
        starter.ending()
        stop.set()
        packing.stop()
        schedule.stop()
        if discovery is not None:
            discovery.stop()
        neighbourhood.stop()
        sticks.stop()
        hearing.join()


def _read_sticks_alone(node: Node, stop: Event, starter: Starter) -> None:
    """What is left to do where the machine's key can't be opened: nothing that is signed.

    Once it can be, this is over, and whoever started us does so again.
    """
    sticks = Sticks(node)
    sticks.start()
    version = -1
    try:
        starter.ready()
        while not stop.wait(WATCH_SECONDS):
            starter.well()
            if opens_by_now(node.settings.folder, KEY_FILE):
                return
            if (now := node.version()) != version and node.database.empty_log():
                version = now
    finally:
        starter.ending()
        sticks.stop()


def _discovery(node: Node, neighbourhood: Neighbourhood, answering: Answering) -> Discovery:
    return Discovery(
        Me(
            town=node.settings.town,
            machine=cose.short(node.identity.public),
            port=answering.port,
            address=answering.only,
        ),
        digest=neighbourhood.standing.digest(),
        found=neighbourhood.found,
        moved=neighbourhood.moved,
        answers=answering.is_there,
    )


def _hear(node: Node, neighbourhood: Neighbourhood, stop: Event) -> None:
    """Hand on what neighbours told `kairan-web`."""
    try:
        bell = Bell(node.settings.folder)
    except OSError as wrong:  # then neighbours come by themselves
        _log.warning("neighbours can't be heard: %s", wrong)
        return
    while not stop.is_set():
        with suppress(sqlite3.Error):  # whoever watches the ledger sees to it
            if (heard := bell.hear(HEAR_SECONDS)) is not None:
                neighbourhood.heard(heard)
    bell.close()
    node.database.close()


def _order_away(node: Node, retention: Retention) -> None:
    """At the office, what is over and what came late; on a full disk it is done later."""
    try:
        retention.look(clock.now())
        follow_up(node)
    except (sqlite3.Error, OSError, NotAllowed) as wrong:
        node.database.give_up(wrong)


def _keep_asking(node: Node, desk: Desk) -> None:
    """What doesn't succeed is tried again."""
    try:
        desk.keep_asking()
    except (sqlite3.Error, OSError, NotAllowed, TooLarge) as wrong:
        node.database.give_up(wrong)


def _forget(node: Node, desk: Desk) -> None:
    """Of what lies on the desk and was decided; what doesn't succeed is tried again."""
    try:
        desk.let_go(clock.now())
    except (sqlite3.Error, OSError) as wrong:
        node.database.give_up(wrong)


def _put_down(node: Node) -> None:
    """For the guardian; what doesn't succeed is tried again."""
    try:
        put_down(node)
    except (sqlite3.Error, OSError) as wrong:
        node.database.give_up(wrong)


def _let_go(node: Node) -> None:
    """Of letters about posts that ended; what doesn't succeed is tried again."""
    try:
        let_go(node, clock.now())
    except (NotAllowed, sqlite3.Error, OSError) as wrong:
        _log.warning("letters of ended posts stay: %s", wrong)


def _check(node: Node) -> None:
    """Look for damage where nobody may read for years."""
    try:
        node.database.check()
    except sqlite3.DatabaseError as wrong:
        node.database.give_up(wrong)
    finally:
        node.database.close()
