"""The machines this one offers to: the hub, peers at static addresses, and who is on the LAN.

One thread per machine, so that a slow one holds up no other. An offer is made when something
changed here and nobody came to fetch it, when something changed there, and now and then.
"""

import logging
import sqlite3
from dataclasses import dataclass, replace
from threading import Condition, Thread

from node.lan.places import Places
from node.lan.service import Service
from node.lan.standing import Standing
from node.lan.turns import NODE_BUDGET_BYTES, Enough, Turn, Turns
from node.node import SOFTWARE, Node
from node.notebook import Neighbour, Notebook
from node.refusals import in_words
from node.road import HttpRoad
from sync import cose
from sync.announcement import announce
from sync.errors import Malformed, Unreachable, Unverified
from sync.exchange import Declined
from sync.ingest import ingest_statement
from sync.lacking import held_digest
from sync.machine import clock
from sync.machine.exchanging import Exchanged, converse
from sync.machine.pace import BUDGET_BYTES, Pace
from sync.scope import own_scope, scope_of_machine

FETCH_SECONDS = 3.0
"""So long a neighbour that heard of a change has to come for it, before we go ourselves."""

SURE_SECONDS = 3_600.0
"""What mDNS says is unsigned: so often neighbours that seem to be equal make sure of it."""

HEARSAY_FREE = 2  # offers in a row on hearsay that moved nothing; then they wait, twice as long
HEARSAY_SECONDS_MAX = 60.0  # each time
NOTE_SECONDS = 10.0  # so often that all is still well is written down, where nothing moved
TELL_SECONDS_MAX = 3.0
YIELD_SECONDS = 0.05
AGAIN_SECONDS = 1.0  # where both didn't end equal
NEAR_ANSWER_SECONDS_MAX = 30.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a machine is, and what kind of road leads there."""

    url: str
    road: str  # "hub", "peer", or "lan"


class Stranger(Exception):
    """Whoever answers at the address is no machine of our town."""


class NeighbourLoop:
    """Keeps one neighbour and us the same."""

    def __init__(
        self,
        node: Node,
        notebook: Notebook,
        standing: Standing,
        turns: Turns,
        address: Address,
        *,
        key: bytes | None = None,
        port: int | None = None,
    ) -> None:
        """Nothing is asked before `start`. `key`: whose, if it is known; `port`: our own."""
        self._node = node
        self._notebook = notebook
        self._standing = standing
        self._turns = turns
        self._kind = address.road
        self._key = key
        self._port = port
        self._places = Places(address.url)
        self._road: HttpRoad | None = None
        self._pace = Pace(NODE_BUDGET_BYTES if address.road == "lan" else BUDGET_BYTES)
        self._neighbour = self._noted(address)
        self._noted_at = -NOTE_SECONDS
        self._changed = Condition()
        self._at: float | None = None  # when to offer next
        self._always = True  # the next offer is made even if we think that both hold the same
        self._theirs: bytes | None = None  # what they hold, as they say
        self._word: bytes | None = None  # the same, where it makes us go and look
        self._tried: tuple[bytes, bytes | None] | None = None  # ours and theirs, and stayed so
        self._sure_at = -SURE_SECONDS  # when that both are equal was last signed
        self._hearsay = 0
        self._hearsay_from = 0.0
        self._being_told = False
        self._knows_us = address.road != "peer"  # else it is to be told where we answer
        self._stopped = False
        self._thread = Thread(target=self._run, name=f"offers to {address.url}", daemon=True)

    def _noted(self, address: Address) -> Neighbour:
        for neighbour in self._notebook.neighbours():
            if self._key is not None and address.road == "lan":
                if (neighbour.road, neighbour.key) == ("lan", self._key.hex()):
                    return neighbour
            elif neighbour.address == address.url:
                return neighbour
        key, name = self._key or b"", ""
        if key:
            name = self._node.ledger.trust().name(key)
        return Neighbour(address=address.url, road=address.road, key=key.hex(), name=name)

    # what happens

    def start(self) -> None:
        """Begin with an offer."""
        self._thread.start()
        self.look_again()

    def stop(self) -> None:
        """End after the exchange that runs."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def look_again(self) -> None:
        """Offer, whatever we hold: something may have changed there."""
        self._always = True
        self._offer_in(0.0)

    def make_sure(self) -> None:
        """The same, but leave in peace who says by mDNS that it holds what we hold."""
        said_equal = self._kind == "lan" and self._theirs == self._standing.digest()
        if not said_equal or clock.running() - self._sure_at > SURE_SECONDS:
            self.look_again()

    def something_changed(self) -> None:
        """Here, and it can't be told: offer it, unless it came from there."""
        self._offer_in(0.0)

    def found(self, service: Service) -> None:
        """MDNS says where it is and what it holds."""
        with self._changed:
            proved = self._places.found(service)
        if proved or self._theirs is None:
            self._theirs = service.digest
        self._hold(service.digest, max(0.0, self._hearsay_from - clock.running()))

    def announced(self, digest: bytes, url: str) -> None:
        """It told us itself, signed, what it holds."""
        with self._changed:
            self._places.announced(url)
        self._theirs = digest
        self._hold(digest, 0.0)

    def _hold(self, digest: bytes, seconds: float) -> None:
        ours = self._standing.digest()
        if digest != ours and self._tried != (ours, digest):
            self._word = digest
            self._offer_in(seconds)

    # telling it of a change

    @property
    def machine(self) -> bytes | None:
        """Its short name, once it is known."""
        return cose.short(self._key) if self._key is not None else None

    @property
    def is_well(self) -> bool:
        """Whether the last exchange went well."""
        return self._neighbour.reached != "" and self._neighbour.problem == ""

    def wants_to_be_told(self) -> bool:
        """Whether a word is enough: it will come, unless it holds the same already."""
        return self._kind != "hub" and self._key is not None and self.is_well

    def tell(self) -> None:
        """Say what we hold now; where that isn't heard, offer."""
        with self._changed:
            if self._being_told or self._key is None:
                return
            self._being_told = True
        try:
            while not self._is_equal():
                digest = self._standing.digest()
                self._offer_in(FETCH_SECONDS if self._tell(digest) else 0.0)
                if digest == self._standing.digest():
                    break
        finally:
            self._being_told = False

    def _tell(self, digest: bytes) -> bool:
        assert self._key is not None
        word = announce(
            key=self._node.identity.private, to=self._key, digest=digest, port=self._port
        )
        with self._changed:
            url = next(iter(self._places.urls()), "")
        road = HttpRoad(url, near=True, answer_seconds_max=TELL_SECONDS_MAX)
        try:
            return road.announce(word)
        except Unreachable:
            return False
        finally:
            road.close()

    # offering

    def _offer_in(self, seconds: float) -> None:
        at = clock.running() + seconds
        with self._changed:
            if self._at is None or at < self._at:
                self._at = at
                self._changed.notify()

    def _is_due(self) -> bool:
        """Waits; False once stopped."""
        with self._changed:
            while not self._stopped:
                left = None if self._at is None else self._at - clock.running()
                if left is not None and left <= 0:
                    self._at = None
                    return True
                self._changed.wait(left)
            return False

    def _run(self) -> None:
        while self._is_due():
            self._exchange_and_note()
        if self._road is not None:
            self._road.close()
        self._node.database.close()

    def _is_equal(self) -> bool:
        """As they said, or as both once signed."""
        if self._key is None:
            return False
        if self._theirs is not None:
            return self._theirs == self._standing.digest() or self._agreed(self._key)
        return self._agreed(self._key)

    def _agreed(self, key: bytes) -> bool:
        ledger = self._node.ledger
        trust = ledger.trust()
        scope = scope_of_machine(trust, key) & own_scope(trust, self._node.identity.public)
        return ledger.known(key).agreed_digest == held_digest(ledger, scope)

    def _exchange_and_note(self) -> None:
        now = clock.now()
        tried, quality = now.at.isoformat(timespec="seconds"), now.quality.name.lower()
        try:
            exchanged = self._exchange_if_needed()
            if exchanged is None:
                return
        except Enough:
            self._always = True
            self._offer_in(YIELD_SECONDS)
            return
        except Exception as wrong:  # whatever it is, the road stays open and the keeper is told
            if self._node.database.give_up(wrong):
                return  # whoever watches the ledger ends this process
            if isinstance(wrong, Unverified | Declined) and self._kind != "lan":
                self._key = None  # another machine may stand there now: ask again who it is
            problem = _problem(wrong)
            if problem != self._neighbour.problem:
                # No link is how things often are here: the notebook says so, and nobody is alarmed.
                level = logging.INFO if isinstance(wrong, Unreachable) else logging.WARNING
                _log.log(level, "%s: %s", self._neighbour.address, problem, exc_info=wrong)
            wait = self._hearsay_wait()
            self._hearsay_from = clock.running() + wait
            if self._kind == "lan":  # it may have been busy, and nobody tells us twice
                self._always = True
                self._offer_in(AGAIN_SECONDS + wait)
            self._knows_us = self._kind != "peer"
            self._note(replace(self._neighbour, tried=tried, clock=quality, problem=problem))
            return
        if not self._knows_us:
            self._knows_us = True
            self._tell(self._standing.digest())
        moved = exchanged.taken.changed or exchanged.given > 0
        self._weigh(exchanged, moved=moved)
        noted = self._neighbour
        if exchanged.synced:
            noted = replace(noted, synced=tried, synced_clock=quality, **self._signed_for())
        self._note(
            replace(
                noted,
                tried=tried,
                reached=tried,
                clock=quality,
                problem="" if exchanged.synced else _left(exchanged),
                software=exchanged.software,
            ),
            now=moved,
        )

    def _signed_for(self) -> dict[str, str]:
        """How many entries it has just signed for, and how many of these we wrote."""
        ledger, me = self._node.ledger, self._node.identity.public
        agreed = ledger.known(self._key).agreed if self._key else None
        if agreed is None:
            return {}
        own = {item.id for item in ledger.lanes() if item.lane.author == me}
        return {
            "held": str(sum(held.number for held in agreed.lanes.values())),
            "ours": str(sum(held.number for id_, held in agreed.lanes.items() if id_ in own)),
        }

    def _weigh(self, exchanged: Exchanged, *, moved: bool) -> None:
        """What this says of who told us to come."""
        if moved:
            self._hearsay = 0
            self._hearsay_from = 0.0
        else:
            self._hearsay_from = clock.running() + self._hearsay_wait()
        ours = self._standing.digest()
        if exchanged.synced:
            self._theirs, self._tried = ours, None
            self._sure_at = clock.running()
        else:
            self._tried = (ours, self._theirs)
            if self._kind == "lan":  # one of us changed meanwhile, as a rule
                self._always = True
                self._offer_in(AGAIN_SECONDS + self._hearsay_wait())

    def _hearsay_wait(self) -> float:
        self._hearsay += 1
        if self._hearsay <= HEARSAY_FREE:
            return 0.0
        return min(2.0 ** (self._hearsay - HEARSAY_FREE - 1), HEARSAY_SECONDS_MAX)

    def _exchange_if_needed(self) -> Exchanged | None:
        with self._changed:
            always, self._always = self._always, False
            word, self._word = self._word, None
        if not always and not self._is_needed(word):
            return None
        if self._kind != "lan":
            return self._exchange(None)
        with self._turns.turn(word) as turn:
            # While we waited another neighbour may have told the same.
            return self._exchange(turn) if always or self._is_needed(word) else None

    def _is_needed(self, word: bytes | None) -> bool:
        return word not in (None, self._standing.digest()) or not self._is_equal()

    def _exchange(self, turn: Turn | None) -> Exchanged:
        """At the first place where it is. Raises what was wrong at the last."""
        with self._changed:
            urls = self._places.urls()
        for url in urls[:-1]:
            try:
                return self._exchange_at(url, turn)
            except (Unreachable, Malformed, Unverified, Declined, Stranger):
                continue
        return self._exchange_at(urls[-1], turn)

    def _exchange_at(self, url: str, turn: Turn | None) -> Exchanged:
        if self._road is None or self._road.address != url:
            if self._road is not None:
                self._road.close()
            self._road = _road(url, self._kind)
        if self._key is None:
            self._key = self._introduced(self._road)
        try:
            exchanged = converse(
                self._node.ledger,
                self._road if turn is None else turn.polite(self._road),
                me=self._node.identity,
                to=self._key,
                software=SOFTWARE,
                pace=self._pace,
            )
        finally:
            if self._kind == "lan":  # where a new connection costs nothing, and an old one lies
                self._road.close()
        if url != self._places.proved:
            with self._changed:
                self._places.proved = url
            self._neighbour = replace(self._neighbour, address=url)
        return exchanged

    def _introduced(self, road: HttpRoad) -> bytes:
        key = introduced(self._node, *road.hello())
        name = self._node.ledger.trust().name(key)
        self._neighbour = replace(self._neighbour, key=key.hex(), name=name)
        return key

    def _note(self, neighbour: Neighbour, *, now: bool = False) -> None:
        before, self._neighbour = self._neighbour, neighbour
        times = {"tried": "", "reached": "", "synced": ""}
        told = bool(before.synced) == bool(neighbour.synced)
        same = told and replace(before, **times) == replace(neighbour, **times)
        if same and not now and clock.running() - self._noted_at < NOTE_SECONDS:
            return
        self._noted_at = clock.running()
        try:
            self._notebook.note(neighbour)
        except OSError as wrong:  # a full disk: the exchange itself went well
            if before.problem == neighbour.problem:
                _log.warning("the notebook can't be written: %s", wrong)


def _road(url: str, kind: str) -> HttpRoad:
    if kind == "lan":
        return HttpRoad(url, near=True, answer_seconds_max=NEAR_ANSWER_SECONDS_MAX)
    return HttpRoad(url)


def introduced(node: Node, key: bytes, statements: list[bytes]) -> bytes:
    """The key of whoever said hello, if our town's authority certified it. Raises Stranger."""
    kept = [ingest_statement(node.ledger, statement) for statement in statements]
    if not node.ledger.trust().certificates(key):
        raise Stranger(f"{len(kept)} statements, none of our town's authority")
    return key


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
