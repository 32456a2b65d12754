"""What the notebook says of one neighbour: when it was tried and reached, and what is wrong.

A full disk stops no exchange, and where nothing moves little is written.
"""

import logging
import sqlite3
from dataclasses import replace

from node.addresses import Address, Stranger
from node.node import Node
from node.notebook import Neighbour, Notebook
from node.refusals import in_words
from sync.errors import Malformed, NotEncrypted, Unreachable, Unverified, WrongKey
from sync.exchange import Declined
from sync.machine import clock
from sync.machine.exchanging import Exchanged
from sync.machine.settings import SETTINGS_FILE

NOTE_SECONDS = 10.0  # so often that all is still well is written down, where nothing moved

_log = logging.getLogger(__name__)


class Noting:
    """One line of the notebook, and what is to be written into it next."""

    def __init__(self, node: Node, notebook: Notebook, address: Address, key: bytes | None) -> None:
        """As it was noted last."""
        self._node = node
        self._notebook = notebook
        self._noted_at = -NOTE_SECONDS
        self.neighbour = self._found(address, key)

    def _found(self, address: Address, key: bytes | None) -> Neighbour:
        for neighbour in self._notebook.neighbours():
            if key is not None and address.road == "lan":
                if (neighbour.road, neighbour.key) == ("lan", key.hex()):
                    return neighbour
            elif neighbour.address == address.url:
                return neighbour
        name = self._node.ledger.trust().name(key) if key else ""
        return Neighbour(address=address.url, road=address.road, key=(key or b"").hex(), name=name)

    @property
    def is_well(self) -> bool:
        """Whether the last exchange went well."""
        return self.neighbour.reached != "" and self.neighbour.problem == ""

    def is_at(self, url: str) -> None:
        """It was found there."""
        self.neighbour = replace(self.neighbour, address=url)

    def is_called(self, key: bytes) -> None:
        """It said who it is."""
        name = self._node.ledger.trust().name(key)
        self.neighbour = replace(self.neighbour, key=key.hex(), name=name)

    def went_wrong(self, wrong: Exception, began: clock.Moment) -> None:
        """An exchange failed; the log says so once."""
        problem = _problem(wrong)
        if problem != self.neighbour.problem:
            # No link is how things often are here: the notebook says so, and nobody is alarmed.
            level = logging.INFO if isinstance(wrong, Unreachable) else logging.WARNING
            _log.log(level, "%s: %s", self.neighbour.address, problem, exc_info=wrong)
        tried, quality = _as_text(began)
        self._note(replace(self.neighbour, tried=tried, clock=quality, problem=problem))

    def went_well(
        self, exchanged: Exchanged, began: clock.Moment, key: bytes | None, *, moved: bool
    ) -> None:
        """An exchange was held to its end."""
        tried, quality = _as_text(began)
        noted = self.neighbour
        if exchanged.synced:
            noted = replace(noted, synced=tried, synced_clock=quality, **self._signed_for(key))
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

    def _signed_for(self, key: bytes | None) -> dict[str, str]:
        """How many entries it has just signed for, and how many of these we wrote."""
        ledger, me = self._node.ledger, self._node.identity.public
        agreed = ledger.known(key).agreed if key else None
        if agreed is None:
            return {}
        own = {item.id for item in ledger.lanes() if item.lane.author == me}
        return {
            "held": str(sum(held.number for held in agreed.lanes.values())),
            "ours": str(sum(held.number for id_, held in agreed.lanes.items() if id_ in own)),
        }

    def _note(self, neighbour: Neighbour, *, now: bool = False) -> None:
        before, self.neighbour = self.neighbour, neighbour
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


def _as_text(at: clock.Moment) -> tuple[str, str]:
    return at.at.isoformat(timespec="seconds"), at.quality.name.lower()


def _problem(wrong: Exception) -> str:
    match wrong:
        case Unreachable():
            return "つながりません。つながりしだい、自動で送ります。"
        case WrongKey():
            return (
                "ハブの鍵が、教えられているものと違います。ほかの機械がハブのふりをしているか、"
                "ハブの鍵が替わりました。何も送っていません。役場の係に電話で確かめ、替わったのなら"
                f"設定（{SETTINGS_FILE}）の hub_pins を新しいものにしてください"
                f"（いま応える鍵: {wrong}）。"
            )
        case NotEncrypted():
            return (
                "ハブの番地にいる機械が、暗号で応えません。何も送っていません。番地とポートが"
                "合っているか、ハブが動いているかを、役場の係に確かめてください。"
            )
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
