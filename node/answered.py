"""Which machines have said that they obeyed an order, and which not: nobody else can be asked.

A machine's word is its signed register (docs/spec/7-registers.md). Files on sticks, and what people
copied by themselves, answer nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from node.node import Node
from node.others import Machine, Time, others
from sync.entry import EntryId
from sync.obedience import Obedience, has_obeyed, read_obedience


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One other machine of the town, and its word."""

    name: str
    part: str
    heard: Time | None  # when there was last any word of it
    said: Obedience | None

    @property
    def keeps_aside(self) -> int:
        """Damaged ledgers, in which nobody looked."""
        return self.said.aside if self.said else 0

    @property
    def sticks(self) -> int:
        """Files of its on sticks that may hold what was ordered away since."""
        return self.said.sticks if self.said else 0


def asked(node: Node) -> list[Asked]:
    """All of the town's machines but this one."""
    words: Mapping[str, Obedience] = {
        register.author.hex(): said
        for register in node.ledger.registers()
        if register.town == node.settings.town and (said := read_obedience(register))
    }
    return [
        Asked(
            name=machine.name,
            part=machine.part,
            heard=_heard(machine),
            said=words.get(machine.key),
        )
        for machine in others(node)
    ]


def answered(node: Node, order: EntryId, machines: Sequence[Asked]) -> list[bool]:
    """Of each of these machines whether it said that it obeyed."""
    return [
        machine.said is not None and has_obeyed(machine.said, node.ledger, order)
        for machine in machines
    ]


def _heard(machine: Machine) -> Time | None:
    """By whichever road; what a clock told that was no good counts last."""
    times = [meeting.reached for meeting in machine.meetings if meeting.reached]
    if machine.word is not None:
        times.append(machine.word.came)
    return max(times, key=lambda time: (time.sure, time.at), default=None)
