"""The machines this one offers to: the hub, and peers at static addresses.

One thread per road, so that a slow one holds up no other. An offer is made when something
changed here, and now and then when nothing did, for what may have changed there.
"""

import logging
import sqlite3
from dataclasses import dataclass, replace
from threading import Event, Thread

from node.node import SOFTWARE, Node
from node.notebook import Neighbour, Notebook
from node.refusals import in_words
from node.road import HttpRoad
from sync.errors import Malformed, Unreachable, Unverified
from sync.exchange import Declined
from sync.ingest import ingest_statement
from sync.lacking import held_digest
from sync.machine import clock
from sync.machine.exchanging import Exchanged, converse

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a machine is, and what kind of road leads there."""

    url: str
    road: str  # "hub" or "peer"


class Stranger(Exception):
    """Whoever answers at the address is no machine of our town."""


class NeighbourLoop:
    """Keeps one neighbour and us the same."""

    def __init__(self, node: Node, notebook: Notebook, address: Address) -> None:
        """Nothing is asked before `start`."""
        self._node = node
        self._notebook = notebook
        self._road = HttpRoad(address.url)
        noted = {neighbour.address: neighbour for neighbour in notebook.neighbours()}
        self._neighbour = noted.get(address.url, Neighbour(address=address.url, road=address.road))
        self._key: bytes | None = None
        self._due = Event()
        self._always = True  # the next offer is made even if we think that both hold the same
        self._stopped = False
        self._thread = Thread(target=self._run, name=f"offers to {address.url}", daemon=True)

    def start(self) -> None:
        """Begin with an offer."""
        self._due.set()
        self._thread.start()

    def stop(self) -> None:
        """End after the exchange that runs."""
        self._stopped = True
        self._due.set()

    def something_changed(self) -> None:
        """Offer it, unless it came from there."""
        self._due.set()

    def look_again(self) -> None:
        """Offer, whatever we hold: something may have changed there."""
        self._always = True
        self._due.set()

    def _run(self) -> None:
        while not self._stopped:
            self._due.wait()
            self._due.clear()
            if not self._stopped:
                self._exchange_and_note()
        self._road.close()
        self._node.database.close()

    def _agreed(self) -> bool:
        if self._key is None:
            return False
        ledger = self._node.ledger
        towns = ledger.trust().towns(self._key) & ledger.trust().towns(self._node.identity.public)
        return ledger.known(self._key).agreed_digest == held_digest(ledger, towns)

    def _exchange_and_note(self) -> None:
        tried = clock.now().at.isoformat(timespec="seconds")
        try:
            if not self._always and self._agreed():
                return
            self._always = False
            exchanged = self._exchange()
        except Exception as wrong:  # whatever it is, the road stays open and the keeper is told
            if self._node.database.give_up(wrong):
                return  # whoever watches the ledger ends this process
            if isinstance(wrong, Unverified | Declined):
                self._key = None  # another machine may stand there now: ask again who it is
            problem = _problem(wrong)
            if problem != self._neighbour.problem:
                # No link is how things often are here: the notebook says so, and nobody is alarmed.
                level = logging.INFO if isinstance(wrong, Unreachable) else logging.WARNING
                _log.log(level, "%s: %s", self._neighbour.address, problem, exc_info=wrong)
            self._note(replace(self._neighbour, tried=tried, problem=problem))
            return
        self._note(
            replace(
                self._neighbour,
                tried=tried,
                reached=tried,
                synced=tried if exchanged.synced else self._neighbour.synced,
                problem="" if exchanged.synced else _left(exchanged),
                software=exchanged.software,
            )
        )

    def _exchange(self) -> Exchanged:
        if self._key is None:
            self._key = self._introduced()
        return converse(
            self._node.ledger,
            self._road,
            me=self._node.identity,
            to=self._key,
            software=SOFTWARE,
        )

    def _introduced(self) -> bytes:
        key, statements = self._road.hello()
        kept = [ingest_statement(self._node.ledger, statement) for statement in statements]
        if not self._node.ledger.trust().certificates(key):
            raise Stranger(f"{len(kept)} statements, none of our town's authority")
        name = self._node.ledger.trust().name(key)
        self._neighbour = replace(self._neighbour, key=key.hex(), name=name)
        return key

    def _note(self, neighbour: Neighbour) -> None:
        before = self._neighbour
        self._neighbour = neighbour
        try:
            self._notebook.note(neighbour)
        except OSError as wrong:  # a full disk: the exchange itself went well
            if before.problem == neighbour.problem:
                _log.warning("the notebook can't be written: %s", wrong)


def addresses(node: Node, peers: tuple[str, ...] = ()) -> list[Address]:
    """All that the settings name, and these peers."""
    found = [Address(node.settings.hub, "hub")] if node.settings.hub else []
    urls = dict.fromkeys((*node.settings.peers, *(peer.rstrip("/") for peer in peers)))
    return found + [Address(url, "peer") for url in urls]


def _problem(wrong: Exception) -> str:
    match wrong:
        case Unreachable():
            return "つながりません。つながりしだい、自動で送ります。"
        case Stranger():
            return "この町の機械ではないものが応えました。番地を確かめてください。"
        case Declined():
            return f"相手の機械が受け付けませんでした（{wrong.why}）。"
        case Malformed() | Unverified():
            return f"相手の応えを確かめられませんでした（{wrong}）。"
        case OSError() | sqlite3.Error():
            return f"この機械の記憶装置に書けません（{wrong}）。"
        case _:
            return f"思わぬことが起きました（{type(wrong).__name__}: {wrong}）。"


def _left(exchanged: Exchanged) -> str:
    taken = exchanged.taken
    if taken.refused:
        return f"受け取れない束が{taken.refused}件ありました（{in_words(taken.reasons)}）。"
    return "まだ同じになっていません。次の機会に続けます。"
