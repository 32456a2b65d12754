"""The machines this one offers to: the hub, peers at static addresses, and who is on the LAN.

One thread per machine, so that a slow one holds up no other. An offer is made when something
changed here and nobody came to fetch it, when something changed there, and now and then. While
nothing is to be offered the file of a version may be fetched, a piece at a time.
"""

import logging
from collections.abc import Callable
from threading import Condition, Thread

from node.addresses import Address, Stranger, introduced, road_to
from node.hearsay import Hearsay
from node.lan.places import Places
from node.lan.service import Service
from node.lan.standing import Standing
from node.lan.turns import NODE_BUDGET_BYTES, Enough, Turn, Turns
from node.node import SOFTWARE, Node
from node.notebook import Notebook
from node.noting import Noting
from node.road import HttpRoad
from node.updating.fetching import Fetching, Source
from sync import cose
from sync.announcement import announce
from sync.errors import Malformed, Unreachable, Unverified
from sync.exchange import Declined
from sync.machine import clock
from sync.machine.exchanging import Exchanged, converse
from sync.machine.pace import BUDGET_BYTES, Pace

FETCH_SECONDS = 3.0
"""So long a neighbour that heard of a change has to come for it, before we go ourselves."""

TELL_SECONDS_MAX = 3.0
YIELD_SECONDS = 0.05
AGAIN_SECONDS = 1.0  # where both didn't end equal
NO_PIECE_SECONDS = 60.0  # where this machine can't keep what it fetches

_log = logging.getLogger(__name__)


class NeighbourLoop:
    """Keeps one neighbour and us the same."""

    def __init__(
        self,
        node: Node,
        notebook: Notebook,
        standing: Standing,
        turns: Turns,
        fetching: Fetching,
        address: Address,
        *,
        key: bytes | None = None,
        port: int | None = None,
    ) -> None:
        """Nothing is asked before `start`. `key`: whose, if it is known; `port`: our own."""
        self._node = node
        self._standing = standing
        self._turns = turns
        self._fetching = fetching
        self._source: Source | None = None
        self._kind, self._pins = address.road, address.pins
        self._key = key
        self._port = port
        self._places = Places(address.url)
        self._road: HttpRoad | None = None
        self._pace = Pace(NODE_BUDGET_BYTES if address.road == "lan" else BUDGET_BYTES)
        self._noting = Noting(node, notebook, address, key)
        self._hearsay = Hearsay(node, standing)
        self._changed = Condition()
        self._at: float | None = None  # when to offer next
        self._piece_at: float | None = None  # when to ask for a piece next
        self._is_there = False  # by the last exchange
        self._always = True  # the next offer is made even if we think that both hold the same
        self._being_told = False
        self._knows_us = address.road != "peer"  # else it is to be told where we answer
        self._stopped = False
        self._thread = Thread(target=self._run, name=f"offers to {address.url}", daemon=True)

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
        said_equal = self._kind == "lan" and self._hearsay.is_said_equal()
        if not said_equal or not self._hearsay.is_sure():
            self.look_again()

    def something_changed(self) -> None:
        """Here, and it can't be told: offer it, unless it came from there."""
        self._offer_in(0.0)

    def found(self, service: Service) -> None:
        """MDNS says where it is and what it holds."""
        with self._changed:
            proved = self._places.found(service)
        if self._hearsay.mention(service.digest, proved=proved):
            self._offer_in(self._hearsay.wait())

    def announced(self, digest: bytes, url: str) -> None:
        """It told us itself, signed, what it holds."""
        with self._changed:
            self._places.announced(url)
        if self._hearsay.say(digest):
            self._offer_in(0.0)

    # telling it of a change

    @property
    def machine(self) -> bytes | None:
        """Its short name, once it is known."""
        return cose.short(self._key) if self._key is not None else None

    @property
    def is_well(self) -> bool:
        """Whether the last exchange went well."""
        return self._noting.is_well

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
            while not self._hearsay.is_equal(self._key):
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

    def _due(self) -> Callable[[], None] | None:
        """What is to be done now, an offer first. Waits; None once stopped."""
        with self._changed:
            while not self._stopped:
                now = clock.running()
                if self._at is not None and self._at <= now:
                    self._at = None
                    return self._exchange_and_note
                if self._piece_at is not None and self._piece_at <= now:
                    self._piece_at = None
                    return self._fetch
                times = [at for at in (self._at, self._piece_at) if at is not None]
                self._changed.wait(min(times) - now if times else None)
            return None

    def _run(self) -> None:
        while (does := self._due()) is not None:
            does()
        if self._road is not None:
            self._road.close()
        self._node.database.close()

    def _exchange_and_note(self) -> None:
        began = clock.now()
        try:
            exchanged = self._exchange_if_needed()
        except Enough:
            self._again_in(YIELD_SECONDS)
            return
        except Exception as wrong:  # whatever it is, the road stays open and the keeper is told
            if not self._node.database.give_up(wrong):
                self._went_wrong(wrong, began)
            return  # else whoever watches the ledger ends this process
        if exchanged is None:
            return
        self._is_there = True
        if not self._knows_us:
            self._knows_us = True
            self._tell(self._standing.digest())
        moved = exchanged.taken.changed or exchanged.given > 0
        wait = self._hearsay.went(moved=moved, equal=exchanged.synced)
        if self._kind == "lan" and not exchanged.synced:
            self._again_in(AGAIN_SECONDS + wait)  # one of us changed meanwhile, as a rule
        self._noting.went_well(exchanged, began, self._key, moved=moved)

    def _went_wrong(self, wrong: Exception, began: clock.Moment) -> None:
        self._is_there = False
        if isinstance(wrong, Unverified | Declined) and self._kind != "lan":
            self._key = None  # another machine may stand there now: ask again who it is
        wait = self._hearsay.failed()
        if self._kind == "lan":  # it may have been busy, and nobody tells us twice
            self._again_in(AGAIN_SECONDS + wait)
        self._knows_us = self._kind != "peer"
        self._noting.went_wrong(wrong, began)

    def _again_in(self, seconds: float) -> None:
        self._always = True
        self._offer_in(seconds)

    def _exchange_if_needed(self) -> Exchanged | None:
        with self._changed:
            always, self._always = self._always, False
            word = self._hearsay.take_word()
        if not always and not self._is_needed(word):
            return None
        if self._kind != "lan":
            return self._exchange(None)
        with self._turns.turn(word) as turn:
            # While we waited another neighbour may have told the same.
            return self._exchange(turn) if always or self._is_needed(word) else None

    def _is_needed(self, word: bytes | None) -> bool:
        return self._hearsay.is_worth_going(word, self._key)

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
            self._road = road_to(Address(url, self._kind, self._pins))
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
            self._noting.is_at(url)
        return exchanged

    # fetching a version

    def fetch(self) -> None:
        """A file is waited for: ask for it here, too, if that isn't planned already."""
        with self._changed:
            if self._piece_at is None:
                self._piece_at = clock.running()
                self._changed.notify()

    def _fetch(self) -> None:
        """One piece; whatever is due by then goes before the next."""
        wait = None
        if self._is_there and self._road is not None and self._key is not None:
            if self._source is None or self._source.road is not self._road:
                self._source = Source(self._key.hex(), self._road, near=self._kind != "hub")
            try:
                wait = self._fetching.piece(self._source)
            except Exception as wrong:
                if not self._node.database.give_up(wrong):
                    _log.warning("a piece of a version can't be kept: %s", wrong)
                wait = NO_PIECE_SECONDS
            if wait != 0 and self._kind == "lan":
                self._road.close()
        with self._changed:
            self._piece_at = None if wait is None else clock.running() + wait

    def _introduced(self, road: HttpRoad) -> bytes:
        key = introduced(self._node, *road.hello())
        self._noting.is_called(key)
        return key
