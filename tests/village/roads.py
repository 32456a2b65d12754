"""Roads that lose, repeat, reorder, truncate, flip and replay; sticks damaged on the way."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from random import Random

from sync.bundle import Bundle, Entry
from sync.carrier import pack
from sync.entry import Quality, Written
from sync.errors import Malformed, Unreachable, Unverified
from sync.exchange import Declined, open_answer
from sync.limits import SUMMARY_LANES_MAX
from sync.machine.exchanging import Road
from sync.machine.responding import respond
from tests.village.machines import Machine, PowerCut

SOFTWARE = "village"


@dataclass
class Roads:
    """All roads of a village. What travelled on them can be sent again."""

    random: Random
    faults: float = 0.3  # of messages; 0 when the roads are healed
    lines_max: int = SUMMARY_LANES_MAX  # lanes that one answer tells of
    travelled: list[tuple[Machine, Machine, bytes]] = field(default_factory=list)
    cut_off: set[str] = field(default_factory=set)  # machines to which no road leads just now

    def between(
        self, here: Machine, there: Machine, *, budget_bytes: int, power_cut: int | None = None
    ) -> Road:
        """The road to a machine that may go dark while it answers."""

        def carried(message: bytes) -> bytes:
            if self.cut_off & {here.called, there.called}:
                raise Unreachable
            offer = self._on_the_way(message)
            try:
                with there.power_cut(power_cut):
                    answer = self._hand_over(there, offer, budget_bytes)
            except PowerCut as wrong:
                raise Unreachable from wrong
            if self._fails():  # it comes a second time, and the answer to that is lost
                self._hand_over(there, offer, budget_bytes)
            if _is_taken(offer, answer, here, there):
                self.travelled.append((here, there, offer))
            return self._on_the_way(answer)

        return carried

    def replay(self) -> None:
        """Somebody who listened sends an old offer again: it changes nothing."""
        if not self.travelled:
            return
        here, there, message = self.random.choice(self.travelled)
        before = there.held_version()
        answer = respond(there.door, message, me=there.identity, software=SOFTWARE)
        assert not _is_taken(message, answer, here, there), "a replayed offer was taken"
        assert there.held_version() == before, "a replayed offer changed something"

    def _hand_over(self, there: Machine, offer: bytes, budget_bytes: int) -> bytes:
        try:
            return respond(
                there.door,
                offer,
                me=there.identity,
                software=SOFTWARE,
                budget_bytes=budget_bytes,
                lines_max=self.lines_max,
            )
        except (Malformed, Unverified) as wrong:
            raise Unreachable from wrong

    def _on_the_way(self, message: bytes) -> bytes:
        if not self._fails():
            return message
        match self.random.randrange(3):
            case 0:
                raise Unreachable
            case 1:
                return damaged(self.random, message)
            case _ if self.travelled:  # an older one overtakes it
                return self.random.choice(self.travelled)[2]
            case _:
                return message

    def _fails(self) -> bool:
        return self.random.random() < self.faults


def _is_taken(offer: bytes, answer: bytes, here: Machine, there: Machine) -> bool:
    """Whether that machine took the offer; it may have come by another road than its sender's."""
    try:
        open_answer(answer, offered=offer, sender=there.identity.public)
    except (Declined, Unverified):
        return False
    return True


def damaged(random: Random, content: bytes) -> bytes:
    """Cut off, or with a bit flipped, or with a piece missing or twice there."""
    at = random.randrange(len(content))
    match random.randrange(4):
        case 0:
            return content[:at]
        case 1:
            return (
                content[:at] + bytes([content[at] ^ 1 << random.randrange(8)]) + content[at + 1 :]
            )
        case 2:
            return content[:at] + content[at + random.randrange(1, 200) :]
        case _:
            return content[:at] + content[max(0, at - 100) :]


def emptied(random: Random, bundle: Bundle, share: float) -> Bundle:
    """Some payloads left out: the signature still holds."""
    return replace(
        bundle,
        entries=tuple(
            Entry(entry.header, None) if random.random() < share else entry
            for entry in bundle.entries
        ),
    )


def forged(random: Random, bundle: Bundle) -> Bundle:
    """Something in it is another's word, under the old signature."""
    at = random.randrange(len(bundle.entries))
    entry = bundle.entries[at]
    if entry.payload is None:
        return replace(bundle, before=random.randbytes(32))
    payload = entry.payload[:-1] + bytes([entry.payload[-1] ^ 1])
    header = entry.header.replace(sha256(entry.payload).digest(), sha256(payload).digest())
    changed = Entry(header, payload)
    return replace(bundle, entries=(*bundle.entries[:at], changed, *bundle.entries[at + 1 :]))


def stick(writer: Machine, statements: Iterable[bytes], bundles: Iterable[Bundle]) -> bytes:
    """A carrier file with a right checksum, whatever is in it."""
    return b"".join(
        pack(
            statements,
            bundles,
            writer=writer.identity.public,
            towns=[writer.town],
            written=Written(0, Quality.UNKNOWN),
        )
    )
