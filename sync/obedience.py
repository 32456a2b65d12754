"""That a machine has obeyed an office's orders: its signed word, one for many orders.

docs/spec/7-registers.md, "`obeyed`". Orders of one lane come one after the other, so it says how
far in each office's lane they were obeyed, and names the few up to there that weren't.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sync import cbor
from sync.entry import CHECK_BYTES, EntryId, Quality, Written
from sync.errors import Malformed
from sync.ledger import Ledger
from sync.limits import COUNTER_MAX, REGISTER_VALUE_BYTES_MAX
from sync.register import Register

OBEYED = "obeyed"
LANES_MAX = 5
EXCEPTIONS_MAX = 3
_SHORT_BYTES = 8
_TOLD_MAX = 999


class Upto(NamedTuple):
    """Of one lane every order up to a number was obeyed, but for those."""

    lane: bytes  # short: the first bytes of its id
    number: int
    check: bytes  # of the head there
    but: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Obedience:
    """What a machine says of orders."""

    written: Written
    lanes: tuple[Upto, ...]
    aside: int = 0  # damaged ledgers that it keeps, and doesn't look into
    sticks: int = 0  # files that it wrote before, on sticks that it hasn't met since

    @property
    def news(self) -> tuple[object, ...]:
        """All that it says but when."""
        return self.lanes, self.aside, self.sticks


def obeyed(ledger: Ledger, town: str) -> tuple[Upto, ...]:
    """How far the orders of the offices of a town are obeyed in that ledger."""
    found: dict[EntryId, bool] = {}
    for order in ledger.orders():
        found[order.by] = found.get(order.by, True) and order.obeyed
    lanes = [
        upto
        for held in ledger.lanes()
        if held.lane.town == town
        for upto in _upto(
            ledger,
            held.lane.id,
            held.stretch,
            # What isn't here may be an order too.
            min((hole.first for hole in held.held.holes), default=held.held.number + 1),
            {number: done for (stretch, number), done in found.items() if stretch == held.stretch},
        )
    ]
    return tuple(sorted(lanes)[:LANES_MAX])


def _upto(
    ledger: Ledger, lane: bytes, stretch: bytes, end: int, orders: dict[int, bool]
) -> Iterator[Upto]:
    numbers = sorted(number for number in orders if number < end)
    but = [number for number in numbers if not orders[number]]
    if len(but) > EXCEPTIONS_MAX:
        numbers = [number for number in numbers if number < but[EXCEPTIONS_MAX]]
        but = but[:EXCEPTIONS_MAX]
    if numbers and (head := ledger.head_at(stretch, numbers[-1])) is not None:
        yield Upto(lane[:_SHORT_BYTES], numbers[-1], head[:CHECK_BYTES], tuple(but))


def has_obeyed(said: Obedience, ledger: Ledger, order: EntryId) -> bool:
    """Whether that says that this order was obeyed; we must hold the lane as far as it was told."""
    stretch = ledger.stretch(order.lane)
    if stretch is None:
        return False
    for upto in said.lanes:
        head = ledger.head_at(order.lane, upto.number)
        if (
            stretch.lane.id.startswith(upto.lane)
            and order.number <= upto.number
            and order.number not in upto.but
            and head is not None
            and head.startswith(upto.check)
        ):
            return True
    return False


def obedience_value(said: Obedience) -> dict[int, object]:
    """As it stands in a register."""
    return {
        1: 1,
        2: list(said.written),
        3: [[upto.lane, upto.number, upto.check, *upto.but] for upto in said.lanes],
        4: min(said.aside, _TOLD_MAX),
        5: min(said.sticks, _TOLD_MAX),
    }


def read_obedience(register: Register) -> Obedience | None:
    """What a register says; None if it is of another kind, or can't be read."""
    if register.name != OBEYED:
        return None
    try:
        value = cbor.decode(register.value, bytes_max=REGISTER_VALUE_BYTES_MAX)
    except Malformed:
        return None
    match value:
        case {
            1: 1,
            2: [int(seconds), int(quality)],
            3: list(lanes),
            4: int(aside),
            5: int(sticks),
        } if (
            cbor.are_integers(seconds, quality, aside, sticks)
            and quality in set(Quality)
            and 0 <= aside <= _TOLD_MAX
            and 0 <= sticks <= _TOLD_MAX
        ):
            return Obedience(
                written=Written(seconds, Quality(quality)),
                lanes=tuple(_read_lanes(lanes)),
                aside=aside,
                sticks=sticks,
            )
        case _:
            return None


def _read_lanes(lanes: Sequence[object]) -> Iterator[Upto]:
    """What isn't one is passed over."""
    for item in lanes:
        match item:
            case [bytes(lane), int(number), bytes(check), *but] if (
                len(lane) == _SHORT_BYTES
                and len(check) == CHECK_BYTES
                and cbor.are_integers(number, *but)
                and 1 <= number <= COUNTER_MAX
            ):
                yield Upto(lane, number, check, tuple(n for n in but if isinstance(n, int)))
