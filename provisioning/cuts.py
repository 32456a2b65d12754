"""Up to where the lanes of a machine are to hold once it is revoked.

As far as a ledger holds them, or up to a post that somebody chose: by the address under which it
stands on the boards, and where a lane has two histories by the first letters of the head there.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sync.entry import EntryId
from sync.lane import Lane
from sync.ledger import Ledger
from sync.record import address
from sync.revocation import Cut

_CHOSEN = re.compile(r"([a-z2-7]{16})-(\d{1,10})(?:@([0-9a-f]{1,64}))?")
_HEAD_BYTES = 4


class NoSuchCut(Exception):
    """The lane isn't held, or not so far, or which history is meant isn't clear."""


@dataclass(frozen=True, slots=True)
class History:
    """How far a ledger holds one history of a lane."""

    lane: Lane
    cut: Cut
    stretch: bytes

    @property
    def end(self) -> str:
        """Its last entry, as people name it."""
        name = address(EntryId(self.lane.id, self.cut.number))
        return f"{name}@{self.cut.head[:_HEAD_BYTES].hex()}"


def histories(ledger: Ledger, key: bytes, town: str) -> list[History]:
    """Every history of every lane of a machine in a town, cut or not."""
    found = [
        History(leaf.lane, Cut(leaf.number, leaf.head), leaf.id)
        for leaf in ledger.leaves()
        if leaf.lane.author == key and leaf.lane.town == town
    ]
    return sorted(found, key=lambda h: (h.lane.incarnation, h.lane.class_, h.lane.id, h.cut))


def cuts(
    ledger: Ledger, key: bytes, town: str, *, keep: bool, chosen: Iterable[str]
) -> dict[Lane, Cut]:
    """Up to where each lane is to hold; one that isn't here holds nowhere.

    `keep`: as far as it is held. `chosen` goes over that. Raises NoSuchCut.
    """
    held = histories(ledger, key, town)
    found = dict(_chosen(ledger, held, text) for text in chosen)
    for history in held if keep else ():
        if history.lane in found:
            continue
        if sum(other.lane == history.lane for other in held) > 1:
            raise NoSuchCut(
                f"{history.end} の列には、食い違う続きが2つ以上あります。"
                "どこまで残すかを --cut で選んでください。"
            )
        found[history.lane] = history.cut
    return {lane: cut for lane, cut in found.items() if cut.number}


def _chosen(ledger: Ledger, held: Iterable[History], text: str) -> tuple[Lane, Cut]:
    match = _CHOSEN.fullmatch(text.strip().lower())
    if match is None:
        raise NoSuchCut(f"「{text}」は、記事の番号ではありません。")
    lane_name, number, head = match[1], int(match[2]), match[3] or ""
    of_lane = [h for h in held if address(EntryId(h.lane.id, 0)) == f"{lane_name}-0"]
    if not of_lane:
        raise NoSuchCut(f"{text}: この機械の列に、それはありません。")
    if number == 0:
        return of_lane[0].lane, Cut(0, of_lane[0].lane.id)
    heads = {ledger.head_at(h.stretch, number) for h in of_lane} - {None}
    meant = {found for found in heads if found is not None and found.hex().startswith(head)}
    if not meant:
        raise NoSuchCut(f"{text}: そこまでは、この台帳にありません。")
    if len(meant) > 1:
        choices = "、".join(f"{lane_name}-{number}@{m[:_HEAD_BYTES].hex()}" for m in sorted(meant))
        raise NoSuchCut(f"{text}: 食い違う続きがあります。{choices} のどれかを選んでください。")
    return of_lane[0].lane, Cut(number, meant.pop())
