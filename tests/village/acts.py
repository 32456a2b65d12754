"""What honest people and machines do, and what befalls them."""

from collections.abc import Callable

from sync.certificate import Role
from sync.cose import public
from sync.entry import CHECK_BYTES, Quality, Written
from sync.hiding import HIDE, WRITE_HIDE
from sync.lane import Audience, Class, Lane
from sync.order import ERASE, RETAIN
from sync.record import OUTSIDE, Record
from sync.register import make_register
from sync.revocation import Cut, name_successor, revoke
from tests.sync.builders import TOWN, key
from tests.village.book import Taken
from tests.village.machines import File, Machine, Memory, PowerCut
from tests.village.roads import damaged, emptied, forged, stick
from tests.village.world import BRANCH, FEEDS, HEIRS, HUB, NEIGHBOUR, NEW, OFFICE, World

BUDGETS = (1, 400, 1 << 20, 1 << 20)
ERASABLE = (Class.BOARD, Class.ALERT)
CLOCKS = (0, 1_790_000_000, 2_082_758_400, 1_790_086_400)


def post(world: World) -> None:
    machine = world.random.choice(world.writers)
    kinds = (
        ["event/write", "event/write", "bus/write"] if machine.boards is NEW else ["event/write"]
    )
    fields: dict[str, object] = {"title": f"回覧{world.random.randrange(10**9)}"}
    if world.random.random() < 0.4:
        fields |= {"starts_on": "2026-12-05", "state": "held"}
    if machine.boards is NEW and world.random.random() < 0.15:
        fields["!moved_to"] = "上郷公民館"
    world.write(
        machine,
        world.random.choice(kinds),
        fields,
        audience=world.random.choice([Audience.TOWN, Audience.TOWN, Audience.OPEN]),
        power_cut=_power(world),
    )


def edit(world: World) -> None:
    machine = world.random.choice(world.writers)
    _change(
        world,
        machine,
        world.random.choice(
            [
                {"title": f"直し{world.random.randrange(10**9)}"},
                {"state": "cancelled", "starts_on": None},
                {"starts_on": "2026-12-06", "starts_at": "10:00"},
                {"place": f"{machine.name}の集会所", "title": f"改{world.random.randrange(10**9)}"},
            ]
        ),
    )


def quarrel(world: World) -> None:
    """A village and the office change one post, now knowing of each other and now not."""
    office = world.machine(OFFICE)
    village = world.random.choice([m for m in world.writers if m is not office])

    def own_events() -> list[Record]:
        me = village.identity.public
        own = [record for record in world.records(village) if record.lane.author == me]
        return [record for record in own if record.board == "event" and record.understood]

    if not own_events():
        world.write(village, "event/write", {"title": f"回覧{world.random.randrange(10**9)}"})
    post = world.random.choice(own_events()).id
    for _ in range(world.random.randint(2, 4)):
        world.exchange(village, office)
        for machine in world.random.sample([village, office], world.random.choice([1, 2])):
            found = [r for r in world.records(machine) if r.id == post and r.understood]
            if found:
                text = f"{machine.name}{world.random.randrange(10**9)}"
                fields = {"title": text} if world.random.random() < 0.7 else {"starts_on": text}
                audience = found[0].lane.audience
                world.write(machine, "event/write", fields, changes=found[0], audience=audience)
    world.exchange(village, office)


def mend_what_forked(world: World) -> None:
    """An office changes a post of which there are two histories."""
    office = world.random.choice(world.offices)
    on_branches = [
        record
        for record in world.records(office)
        if record.id.lane != record.lane.id
        and record.lane.class_ is Class.BOARD
        and record.understood
    ]
    if on_branches:
        record = world.random.choice(on_branches)
        fields = {"title": f"役場{world.random.randrange(10**9)}"}
        kind, audience = f"{record.board}/write", record.lane.audience
        world.write(office, kind, fields, changes=record, audience=audience)


def remove(world: World) -> None:
    _change(world, world.random.choice(world.writers), {"withdrawn": world.random.random() < 0.8})


def _mine(world: World, machine: Machine, class_: Class) -> list[Record]:
    """What it may change."""
    me = machine.identity.public
    return [
        record
        for record in world.records(machine)
        if record.lane.class_ is class_
        and record.understood
        and (
            record.lane.author == me
            or machine.role is Role.OFFICE
            or machine.door.trust().succeeds(me, record.lane.author, record.lane.town)
        )
    ]


def _change(world: World, machine: Machine, fields: dict[str, object]) -> None:
    if mine := _mine(world, machine, Class.BOARD):
        record = world.random.choice(mine)
        world.write(
            machine,
            f"{record.board}/write",
            fields,
            changes=record,
            audience=record.lane.audience,
            power_cut=_power(world),
        )


def hide(world: World) -> None:
    """Who keeps a place, or the office, wants something out of sight; now and then lifts it."""
    machine = world.random.choice(world.writers)
    held = [world.book.words[head] for head in sorted(world.disk(machine).payload_held)]
    firsts = [word for word in held if word.head == word.record and word.lane.class_ in ERASABLE]
    if firsts:
        word = world.random.choice(firsts)
        fields = {"post": [word.lane.id, word.number, word.head[:CHECK_BYTES]], "reason": "宣伝"}
        world.write(machine, WRITE_HIDE, fields, class_=Class.TRUST, power_cut=_power(world))
    if world.random.random() < 0.5:
        lift(world, machine)


def lift(world: World, machine: Machine) -> None:
    """End what it may of what was hidden."""
    hidings = [r for r in _mine(world, machine, Class.TRUST) if r.board == HIDE and not r.withdrawn]
    if hidings:
        world.write(
            machine,
            WRITE_HIDE,
            {"withdrawn": True},
            class_=Class.TRUST,
            changes=world.random.choice(hidings),
            power_cut=_power(world),
        )


def telegram(world: World) -> None:
    """An issue, an update, a cancel or a drill; perhaps both feeds read it."""
    world.serial += 1
    drill = world.random.random() < 0.3
    cancels = world.random.random() < 0.4
    serial = max(1, world.serial - world.random.choice([0, 0, 0, 1, 2]))
    fields = {
        "title": f"警報{world.random.randrange(10**9)}",
        "operation": "drill" if drill else "live",
        "state": "cancelled" if cancels else "issued",
        "issuer": "気象台",
        "issued": "2026-07-01T10:00:00+09:00",
        OUTSIDE: {
            "key": f"alert/{world.random.randrange(2)}",
            "serial": serial,
            "issued": "2026-07-01T01:00:00Z",
            "sent": "",
            "cancels": cancels,
            "digest": world.random.randbytes(4),
        },
    }
    for feed in world.random.sample(sorted(FEEDS), world.random.choice([1, 1, 2])):
        machine = world.machine(FEEDS[feed])
        if not machine.cast_out:
            world.write(
                machine, "disaster/write", fields, author=feed, class_=Class.ALERT,
                power_cut=_power(world),
            )  # fmt: skip


def correct_a_telegram(world: World) -> None:
    """The office changes how an alert stands."""
    machine = world.machine(OFFICE)
    alerts = [r for r in world.records(machine) if r.lane.class_ is Class.ALERT]
    if alerts:
        fields = world.random.choice(
            [{"state": "lifted", "operation": "live"}, {"state": "lifted", "operation": "drill"}]
        )
        world.write(
            machine,
            "disaster/write",
            fields,
            class_=Class.ALERT,
            changes=world.random.choice(alerts),
        )


def meet(world: World) -> None:
    here, there = world.random.sample(world.machines, 2)
    if NEIGHBOUR in (here.name, there.name) and HUB not in (here.name, there.name):
        return
    world.tell(f"  {here.called} → {there.called}")
    world.exchange(
        here,
        there,
        budget_bytes=world.random.choice(BUDGETS),
        cut_here=_power(world),
        cut_there=_power(world),
    )


def roads_stop_or_heal(world: World) -> None:
    """A machine, perhaps the hub, is out of reach; the next time all roads are open again."""
    cut_off = world.roads.cut_off
    if cut_off:
        cut_off.clear()
    else:
        cut_off.add(world.one_of_us().called)


def carry(world: World) -> None:
    """A stick, perhaps damaged, its bundles in any order, some twice, some without payloads."""
    here, there = world.random.sample(world.honest, 2)
    bundles = [
        emptied(world.random, b, world.random.choice([0, 0.3])) for b in world.all_runs(here)
    ]
    if world.random.random() < 0.3:
        bundles += [forged(world.random, bundle) for bundle in bundles[:3]]
    world.random.shuffle(bundles)
    bundles = bundles[: world.random.randint(1, 10)]
    held = sorted(s.encoded for s in here.door.trust().statements)
    statements = [statement for statement in held if world.random.random() < 0.7]
    content = stick(here, statements, [*bundles, *bundles[:2]])
    if world.random.random() < 0.4:
        content = damaged(world.random, content)
    try:
        with there.power_cut(_power(world)):
            world.carry(there, content)
    except PowerCut:
        pass


def carry_all(world: World) -> None:
    """One author's runs on a whole stick, in any order: all of them are held afterwards."""
    here, there = world.random.sample(world.honest, 2)
    if here in world.writers and world.random.random() < 0.5:
        for _ in range(5):  # that nobody else has: most of them wait for another
            world.write(here, "event/write", {"title": f"続き{world.random.randrange(10**9)}"})
        author = here.identity.public
    else:
        authors = sorted({lane.author for lane in world.disk(here).lanes.values()})
        if not authors:
            return
        author = world.random.choice(authors)
    heads = [h for h in world.disk(here).payload_held if world.book.words[h].lane.author == author]
    slips = [world.slips[head] for head in sorted(heads)]
    world.random.shuffle(slips)
    statements = sorted(s.encoded for s in here.door.trust().statements)
    assert world.carry(there, stick(here, statements, slips)), "a whole stick that isn't"
    if not there.door.trust().is_revoked(author):
        assert set(heads) <= world.disk(there).payload_held.keys(), "what waited was dropped"


def register(world: World) -> None:
    """A machine says how it is, and again at once; an old word of it may come again."""
    machine = world.random.choice(world.writers)
    for _ in range(2):
        world.serial += 1
        made = make_register(
            town=TOWN.code,
            incarnation=(1, bytes(8)),
            name="health",
            counter=world.serial,
            value=world.serial,
            key=machine.identity.private,
        )
        world.registers.append(made)
        world.state(machine, made)


def back_up(world: World) -> None:
    machine = world.random.choice(world.writers)
    world.backups.append((machine, copy_of(world, machine)))


def copy_of(world: World, machine: Machine) -> Memory | File:
    if isinstance(machine.ledger, File):
        return machine.ledger.copied_to(world.new_path(), machine.boards)
    return machine.ledger.copied()


def restore(world: World) -> None:
    """An older disk in a machine that goes on at once in a new life."""
    usable = [
        (machine, disk)
        for machine, disk in world.backups
        if not machine.cast_out and world.restored.get(machine.name, 0) < 2
    ]
    if not usable:
        return
    machine, disk = world.random.choice(usable)
    world.restored[machine.name] = world.restored.get(machine.name, 0) + 1
    world.backups.remove((machine, disk))
    machine.ledger = disk
    machine.upgrade(machine.boards)
    with machine.door.transaction():
        for name in (machine.name, *FEEDS):
            if machine.door.is_own(public(key(name))):
                machine.door.begin_incarnation(public(key(name)))
    # Its count of offers is old too: what it would refuse as a replay is not known to it.
    world.roads.travelled = [t for t in world.roads.travelled if t[1] is not machine]
    world.forget(machine)


def copy(world: World) -> None:
    """A disk is copied, and nobody notices: two machines with one key."""
    if any(m.called == "写し" for m in world.machines):
        return
    original = world.random.choice([m for m in world.writers if m.name in world.nodes])
    world.machines.append(
        Machine(
            original.name,
            original.role,
            original.town,
            copy_of(world, original),
            original.boards,
            called="写し",
        )
    )


def revoke_a_node(world: World) -> None:
    """A machine is stolen: its lanes hold as far as the office has them; perhaps an heir comes."""
    names = sorted({m.name for m in world.writers if m.name in world.nodes[1:]})
    if not names or sum(m.cast_out for m in world.machines):
        return
    name = world.random.choice(names)
    me = public(key(name))
    office = world.machine(OFFICE)
    stolen = world.machine(name)
    if world.random.random() < 0.5:
        world.write(stolen, "event/write", {"title": f"最後{world.random.randrange(10**9)}"})
        world.exchange(stolen, office)
    cuts = {
        leaf.lane: Cut(leaf.number, leaf.head)
        for leaf in office.held.leaves()
        if leaf.lane.author == me
    }
    say_revoked(world, me, dict(list(cuts.items())[: world.random.choice([1, 9, 9])]))
    for machine in world.machines:
        machine.cast_out |= machine.name == name
    world.tell(f"  {name}")
    if world.random.random() < 0.6:
        heir = next(h for h in HEIRS if h not in {m.name for m in world.machines})
        new = world.settle(heir, Role.NODE)
        statement = name_successor(me, new.identity.public, world.next_statement(), TOWN.authority)
        world.book.successions[statement] = (me, new.identity.public)
        for machine in (office, new):
            world.state(machine, statement)
            world.state(machine, world.certificates[heir])


def promote_the_branch(world: World) -> None:
    """What it ordered before holds from now on."""
    for machine in world.offices:
        if machine.name == BRANCH and machine.role is Role.NODE:
            world.promote(machine, at=world.random.choice([machine, world.machine(OFFICE)]))


def revoke_the_branch(world: World) -> None:
    """Its orders hold as far as its trust lane is named, and that is now and then not at all."""
    branch = next((m for m in world.offices if m.name == BRANCH), None)
    if branch is None or not any(
        word.orders and word.lane.author == branch.identity.public
        for word in world.book.words.values()
    ):
        return
    branch.cast_out = True
    cuts = {
        leaf.lane: Cut(leaf.number, leaf.head)
        for leaf in world.machine(OFFICE).held.leaves()
        if leaf.lane.author == branch.identity.public
        and (leaf.lane.class_ is not Class.TRUST or world.random.random() < 0.5)
    }
    say_revoked(world, branch.identity.public, cuts)


def raise_a_cut(world: World) -> None:
    """More was honest than the office knew: as much as the machine itself has, or less."""
    out = [m for m in world.machines if m.cast_out]
    if not out:
        return
    machine = world.random.choice(out)
    cuts = {
        leaf.lane: Cut(leaf.number, leaf.head)
        for leaf in machine.held.leaves()
        if leaf.lane.author == machine.identity.public
    }
    say_revoked(world, machine.identity.public, cuts)


def say_revoked(world: World, who: bytes, cuts: dict[Lane, Cut]) -> None:
    counter = world.next_statement()
    statement = revoke(who, counter, cuts, TOWN.authority)
    world.book.revoked[statement] = Taken(
        key=who, counter=counter, cuts={lane.id: cut for lane, cut in cuts.items()}
    )
    world.state(world.machine(OFFICE), statement)


def erase(world: World) -> None:
    """The office orders one payload away: a post, a correction, an alert."""
    office = world.random.choice(world.offices)
    disk = world.disk(office)
    words = [world.book.words[head] for head in sorted(disk.payload_held)]
    erasable = [word for word in words if word.lane.class_ in ERASABLE]
    if erasable:
        corrections = [word for word in erasable if word.head != word.record]
        alerts = [word for word in erasable if word.lane.class_ is Class.ALERT]
        word = world.random.choice(
            world.random.choice([erasable, corrections or erasable, alerts or erasable])
        )
        head = word.head
        listed = [[word.lane.id, word.number, head[:CHECK_BYTES]]]
        fields = {"entries": listed, "reason": "本人の願い"}
        world.write(office, ERASE, fields, class_=Class.TRUST, orders=[head])


def retain(world: World) -> None:
    """The time of a range is over."""
    office = world.random.choice(world.offices)
    disk = world.disk(office)
    lanes = sorted(
        history
        for history in disk.histories
        if world.book.words[history[0]].lane.class_ in ERASABLE
    )
    if lanes:
        history = world.random.choice(lanes)
        last = world.random.randint(1, len(history))
        first = world.random.randint(1, last)
        lane = world.book.words[history[0]].lane.id
        fields = {"ranges": [[lane, first, last, history[last - 1][:CHECK_BYTES]]]}
        world.write(office, RETAIN, fields, class_=Class.TRUST, orders=history[first - 1 : last])


def upgrade(world: World) -> None:
    """Any but the one that stays as it is until roads heal."""
    machine = world.one_of_us()
    if machine.name != world.stays_old:
        machine.upgrade(NEW)


def clock_jumps(world: World) -> None:
    quality = world.random.choice(list(Quality))
    world.one_of_us().clock = Written(world.random.choice(CLOCKS), quality)


def _power(world: World) -> int | None:
    return world.random.randrange(12) if world.random.random() < 0.12 else None


Act = Callable[[World], None]
HONEST: dict[Act, int] = {
    post: 12,
    edit: 10,
    quarrel: 4,
    mend_what_forked: 4,
    remove: 3,
    hide: 5,
    telegram: 6,
    correct_a_telegram: 2,
    meet: 22,
    roads_stop_or_heal: 3,
    carry: 6,
    carry_all: 3,
    register: 4,
    back_up: 3,
    restore: 2,
    copy: 1,
    revoke_a_node: 3,
    promote_the_branch: 2,
    revoke_the_branch: 2,
    raise_a_cut: 1,
    erase: 4,
    retain: 2,
    upgrade: 2,
    clock_jumps: 2,
}
"""How often each happens, beside the others."""
