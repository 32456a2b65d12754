"""What is known here of the other machines of the town: whom we met, what they signed for, what
they said of themselves, and by which road that came.

"Equal" is only ever said on the other side's signed word. Times are of clocks that may be wrong,
and say so.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from node.carrying.receipts import Receipts
from node.health import Health, quality_of, read_health, seconds_of
from node.hearing import Heard, held_of
from node.node import Node
from node.notebook import Neighbour, Notebook
from node.updating.telling import Update, read_value
from sync import cose
from sync.certificate import Role
from sync.entry import Quality
from sync.frontier import Summary
from sync.letters import fingerprint
from sync.machine.settings import NOTEBOOK_FILE
from sync.register import is_heads, read_heads

_ROLES = (Role.OFFICE, Role.NODE, Role.HUB)


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """A time by somebody's clock."""

    at: str  # RFC 3339, in UTC
    sure: bool  # whether the clock that told it was any good


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """How things stand on one road to another machine."""

    road: str  # "hub", "lan", "peer", or "carrier"
    tried: Time | None
    reached: Time | None
    equal: Time | None  # when it last signed that it held all that we held
    unconfirmed: int | None  # entries here that it has not signed for; None: it never signed
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """The newest health of another machine."""

    said: Time  # by its clock
    came: Time  # by ours
    source: str  # "carrier", "phone", the name of who brought it, or "" for whoever called
    software: str
    disk: int  # in steps; 0 is nearly full
    own: int
    entries: int
    records: int
    holes: int
    waiting: int
    mishap: bool
    changed: Time
    update: Update | None = None  # which version it runs, where it tries them


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBackBy:
    """A machine that gave us nothing of what it had signed for."""

    name: str
    entries: int
    certain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Another machine of the town."""

    key: str  # hex
    name: str
    part: str
    meetings: tuple[Meeting, ...]
    lacking: int  # entries that it wrote, by its word, and that aren't here
    word: Word | None
    held_back: tuple[HeldBackBy, ...]  # of what it wrote

    @property
    def equal(self) -> Meeting | None:
        """The meeting by which it and we are known to hold the same."""
        well = (m for m in self.meetings if m.equal and m.unconfirmed == 0 and not m.problem)
        return next(well, None) if not self.lacking else None


def others(node: Node) -> list[Machine]:
    """The hub first, then the office, then all by name."""
    trust, town = node.ledger.trust(), node.settings.town
    noted = Notebook(node.settings.folder / NOTEBOOK_FILE).neighbours()
    keys = [
        key
        for key in sorted(trust.keys())
        if key != node.identity.public
        and not trust.is_revoked(key, town)
        and not trust.roles(key, town).isdisjoint(_ROLES)
    ]
    words = {
        register.author: health
        for register in node.ledger.registers()
        if register.town == town and (health := read_health(register))
    }
    runs = {
        register.author: update
        for register in node.ledger.registers()
        if register.town == town and (update := read_value(register))
    }
    lacking = _lacking(node)
    found = [
        _machine(node, key, noted, words.get(key), lacking.get(key, 0), runs.get(key))
        for key in keys
    ]
    order = [Role.HUB, Role.OFFICE, Role.NODE]
    named = Counter((node.settings.name, *(machine.name for machine in found)))
    return sorted(
        (_told_apart(machine) if named[machine.name] > 1 else machine for machine in found),
        key=lambda m: (order.index(Role(m.part)), m.name, m.key),
    )


def _told_apart(machine: Machine) -> Machine:
    """As people tell it from another of its name: of a machine and its successor, say."""
    letters = fingerprint(bytes.fromhex(machine.key))
    return replace(machine, name=f"{machine.name}（指紋 {letters}）")


def _machine(
    node: Node,
    key: bytes,
    noted: list[Neighbour],
    health: Health | None,
    lacking: int,
    runs: Update | None,
) -> Machine:
    trust, town = node.ledger.trust(), node.settings.town
    heard = node.hearing.of(key)
    meetings = [_meeting(node, each) for each in noted if each.key == key.hex()]
    if (carried := _carried(node, key)) is not None:
        meetings.append(carried)
    roles = trust.roles(key, town)
    return Machine(
        key=key.hex(),
        name=trust.name(key),
        part=next(role for role in _ROLES if role in roles),
        meetings=tuple(meetings),
        lacking=lacking,
        word=_word(node, health, heard, runs) if health and heard else None,
        held_back=tuple(_held_back(node, key, noted, health, heard)),
    )


def _meeting(node: Node, noted: Neighbour) -> Meeting:
    unconfirmed: int | None = None
    if noted.synced and noted.held.isdecimal():
        # Both count what the town holds, and what it takes of others.
        here = sum(item.held.number for item in node.ledger.holding(node.settings.towns).lanes)
        unconfirmed = max(0, here - int(noted.held))
    return Meeting(
        road=noted.road,
        tried=noted_time(noted.tried, noted.clock),
        reached=noted_time(noted.reached, noted.clock),
        equal=noted_time(noted.synced, noted.synced_clock),
        unconfirmed=unconfirmed,
        problem=noted.problem,
    )


def _carried(node: Node, key: bytes) -> Meeting | None:
    """By the receipt that a stick or a phone brought back."""
    receipt = Receipts(node).of(key)
    if receipt is None:
        return None
    left = _unheld(node, receipt.summary)
    said = time_of(*receipt.written)
    return Meeting(
        road="carrier",
        tried=None,
        reached=said,
        equal=said if left == 0 else None,
        unconfirmed=left,
        problem="",
    )


def _unheld(node: Node, there: Summary) -> int:
    return sum(
        max(0, item.held.number - there.lanes[item.id].number)
        if item.id in there.lanes
        else item.held.number
        for item in node.ledger.lanes()
    )


def _lacking(node: Node) -> dict[bytes, int]:
    """Per author, what registers tell of and isn't here."""
    here = {item.id: item.held.number for item in node.ledger.lanes()}
    found: dict[bytes, int] = {}
    for register in node.ledger.registers():
        if is_heads(register) and register.author != node.identity.public:
            lacks = sum(max(0, h.number - here.get(h.lane, 0)) for h in read_heads(register))
            found[register.author] = found.get(register.author, 0) + lacks
    return found


def _held_back(
    node: Node, key: bytes, noted: list[Neighbour], health: Health | None, heard: Heard | None
) -> list[HeldBackBy]:
    """What was found when the word came, and what has become plain since."""
    if health is None or heard is None:
        return []
    trust = node.ledger.trust()
    found = {each.by: (each.entries, each.certain) for each in heard.held_back}
    held = held_of(node.ledger, key)
    for neighbour in noted:
        try:
            by = bytes.fromhex(neighbour.key)
            # Both by our own clock: it said after the word came that it had nothing more.
            later = bool(neighbour.synced) and seconds_of(neighbour.synced) > heard.at.seconds
        except ValueError:
            continue
        for met in health.met:
            if len(by) == 32 and cose.short(by) == met.machine and later and met.entries > held:
                found[by] = (met.entries - held, True)
    return [
        HeldBackBy(name=trust.name(by), entries=entries, certain=certain)
        for by, (entries, certain) in sorted(found.items())
        if by != key and not trust.is_revoked(by)
    ]


def _word(node: Node, health: Health, heard: Heard, runs: Update | None) -> Word:
    source = heard.source
    if len(source) == 64:
        source = node.ledger.trust().name(bytes.fromhex(source))
    return Word(
        said=time_of(*health.written),
        came=time_of(*heard.at),
        source=source,
        software=health.software,
        disk=health.disk,
        own=health.own,
        entries=health.entries,
        records=health.records,
        holes=health.holes,
        waiting=health.waiting,
        mishap=health.mishap,
        changed=time_of(*health.changed),
        update=runs,
    )


def noted_time(text: str, clock: str) -> Time | None:
    """A time from a file of ours, which may have been mended by hand."""
    return Time(at=text, sure=quality_of(clock) >= Quality.CARRIED) if text else None


def time_of(seconds: int, quality: Quality) -> Time:
    """A time by a clock of that quality."""
    try:
        at = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):  # no clock shows it
        return Time(at="", sure=False)
    return Time(at=at, sure=quality >= Quality.CARRIED)
