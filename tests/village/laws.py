"""What is always true in a village, at every step; and what is true when all roads have healed."""

from collections.abc import Collection, Mapping

from sync import cbor
from sync.entry import EntryId
from sync.lacking import held_digest
from sync.lane import Class
from sync.record import OUTSIDE
from tests.sync.builders import TOWN
from tests.village.book import Word
from tests.village.disk import Disk
from tests.village.machines import File, Machine
from tests.village.roads import Roads
from tests.village.standing import cut_of, due, ordered_away, shown, stands
from tests.village.world import HUB, NEIGHBOUR, NEW, World

ROUNDS_MAX = 40
"""Many: what waits on several machines is each time only a piece further on its way."""


def at_every_step(world: World, seen: dict[str, int]) -> None:
    """Of every honest machine on which something changed."""
    for machine in world.machines:
        if machine.cast_out:
            continue
        version = (id(machine.ledger), machine.held_version(), id(machine.boards))
        if seen.get(machine.called) != hash(version):
            seen[machine.called] = hash(version)
            nothing_false_is_held_or_shown(world, machine)


def nothing_false_is_held_or_shown(world: World, machine: Machine) -> None:
    book, disk = world.book, world.disk(machine)
    for head in disk.payload_held:
        assert head in book.words, "an entry that nobody wrote"
        word = book.words[head]
        assert word.allowed, "an entry in a lane that no certificate names"
        assert machine.name == HUB or word.lane.town == machine.town, "another town's lane"
    away = ordered_away((book.words[h] for h in disk.payload_held), disk, book)
    assert not any(disk.payload_held[h] for h in away), "an erased text is still on the disk"
    missing = {
        head
        for head, there in disk.payload_held.items()
        if not there and head not in away and stands(book.words[head], disk, book)
    }
    assert _holes(machine) == missing, "something else is asked for than is missing"
    in_sight, by_the_book = shown(machine.door, machine.boards), due(disk, book, machine.boards)
    standing = in_sight.standing
    assert standing == by_the_book.standing, "the boards show something else than was said"
    assert in_sight.hidden == by_the_book.hidden, "something else is hidden than was decided"
    if isinstance(machine.ledger, File):
        table = {id_: cbor.decode(f, bytes_max=len(f)) for id_, f in machine.ledger.table().items()}
        assert not table.keys() & by_the_book.hidden, "something hidden is in sight"
        assert table == by_the_book.in_sight, "the views show something else than was said"
    _no_alert_stands_falsely(world, disk, standing, by_the_book.effective)
    for register in machine.door.registers():
        seen = world.newest.get((machine.called, register.place), 0)
        assert register.counter >= seen, "an older register came back"
        world.newest[machine.called, register.place] = register.counter


def _holes(machine: Machine) -> set[bytes | None]:
    """The heads of what its frontier says is missing."""
    return {
        machine.held.head_at(item.stretch, number)
        for item in machine.held.lanes()
        for first, last in item.held.holes
        for number in range(first, last + 1)
    }


def _no_alert_stands_falsely(
    world: World,
    disk: Disk,
    standing: Mapping[EntryId, Mapping[str, object]],
    effective: Collection[bytes],
) -> None:
    heads = disk.heads
    words = [world.book.words[head] for head in effective]
    for id_, fields in standing.items():
        first = world.book.words[heads[id_]]
        if first.lane.class_ is not Class.ALERT:
            continue
        said = [
            w.fields["operation"]
            for w in words
            if w.record == first.head and "operation" in w.fields and disk.payload_held[w.head]
        ]
        assert fields.get("operation") in said, "a drill without its flag"
        mine = fields[OUTSIDE]
        assert isinstance(mine, dict)
        for word in words:
            other = word.fields.get(OUTSIDE)
            if isinstance(other, dict) and word.lane.class_ is Class.ALERT:
                assert not (
                    other["key"] == mine["key"]
                    and other["cancels"]
                    and not mine["cancels"]
                    and other["serial"] > mine["serial"]
                ), "a cancelled alert stands"


def heal(world: World) -> None:
    """Roads are good again, backups are read back in, and everyone meets the hub until quiet."""
    survived = _survivors(world)
    world.roads = Roads(world.random, faults=0, lines_max=world.lines_max)
    for machine, disk in world.backups:
        if not machine.cast_out:
            old = Machine(machine.name, machine.role, machine.town, disk, machine.boards)
            world.deliver(machine, *world.all_runs(old))
    everyone_meets(world)
    for machine in world.machines:
        machine.upgrade(NEW)
    all_are_equal(world, survived)


def everyone_meets(world: World) -> None:
    hub = world.machine(HUB)
    callers = [m for m in world.machines if not m.cast_out and m is not hub]
    for _ in range(ROUNDS_MAX):
        before = [m.held_version() for m in world.machines]
        synced = [world.exchange(machine, hub) for machine in callers]
        if [m.held_version() for m in world.machines] == before:
            assert all(synced), "two that hold the same aren't synced"
            return
    raise AssertionError("the village doesn't come to rest")


def all_are_equal(world: World, survived: set[bytes]) -> None:
    hub = world.machine(HUB)
    towns = {TOWN.code}
    held, standing = held_digest(hub.door, towns), _standing(world, hub)
    thieves = _taken_by_thieves(world)
    for machine in world.honest:
        nothing_false_is_held_or_shown(world, machine)
        assert held_digest(machine.door, towns) == held, (
            f"{machine.called} and the hub hold different things"
        )
        assert _standing(world, machine) == standing, (
            f"{machine.called} and the hub show different things"
        )
        disk = world.disk(machine)
        away = ordered_away((world.book.words[h] for h in disk.payload_held), disk, world.book)
        away |= thieves
        for head in survived:
            word = world.book.words[head]
            if _before_any_cut(world, word, disk) and head not in away:
                assert disk.payload_held.get(head), "something acknowledged is missing"
    assert not world.disk(world.machine(NEIGHBOUR)).payload_held, "the hub told another town"


def _standing(world: World, machine: Machine) -> dict[bytes, Mapping[str, object]]:
    """By the head that begins it: what a record goes by hangs on the branches that are held."""
    heads = world.disk(machine).heads
    return {heads[id_]: fields for id_, fields in shown(machine.door, NEW).in_sight.items()}


def _survivors(world: World) -> set[bytes]:
    """What was acknowledged and is, with its payload, on an honest disk or in a backup."""
    disks = [world.disk(machine) for machine in world.honest]
    disks += [
        world.disk(Machine(m.name, m.role, m.town, disk, m.boards))
        for m, disk in world.backups
        if not m.cast_out
    ]
    held = {head for disk in disks for head, there in disk.payload_held.items() if there}
    return held & world.book.acknowledged


def _taken_by_thieves(world: World) -> set[bytes]:
    """What somebody ordered away who was revoked: it may be gone before that is known."""
    revoked = {taken.key for taken in world.book.revoked.values()}
    words = world.book.words.values()
    return {head for word in words if word.lane.author in revoked for head in word.orders}


def _before_any_cut(world: World, word: Word, disk: Disk) -> bool:
    taken = cut_of(word.lane.author, disk, world.book)
    if taken is None:
        return True
    cut = taken.cuts.get(word.lane.id)
    return cut is not None and word.head in world.book.history(cut.head)
