"""What machines do that mean harm, with certificates and without."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from sync import cbor
from sync.bundle import Bundle, Entry
from sync.certificate import Role
from sync.chain import sign_head
from sync.cose import public
from sync.entry import CHECK_BYTES, EntryId, Quality, Reference, Written, make_header, make_payload
from sync.lane import Audience, Class, Lane
from sync.order import ERASE, RETAIN
from sync.record import OUTSIDE
from sync.register import kept_register, make_register
from tests.sync.builders import OTHER_TOWN, TOWN, Town, key
from tests.village.acts import mend_what_forked
from tests.village.acts import register as tell_of_health
from tests.village.book import Word
from tests.village.machines import Machine
from tests.village.roads import emptied, forged
from tests.village.world import FLOODER, HUB, NARROW, OFFICE, OLD, STRANGER, World

HUGE = (1 << 62) + 5


@dataclass
class Pen:
    """Signs whatever it is told to, at any place of any lane."""

    world: World
    who: str
    class_: Class = Class.BOARD
    audience: Audience = Audience.TOWN
    town: Town = TOWN
    ordinal: int = 1
    life: int = 1
    signer: str = ""
    allowed: bool = True
    heads: list[bytes] = field(default_factory=list)  # the history it goes on with

    @property
    def lane(self) -> Lane:
        return Lane(
            town=self.town.code,
            author=public(key(self.who)),
            ordinal=self.ordinal,
            random=self.life.to_bytes(8, "big"),
            class_=self.class_,
            audience=self.audience,
        )

    def go_on(self) -> "Pen":
        """After the longest history of this lane that anybody has."""
        ends = [w for w in self.world.book.words.values() if w.lane == self.lane]
        last = max(ends, key=lambda w: (w.number, w.head), default=None)
        self.heads = self.world.book.history(last.head) if last else []
        return self

    def write(
        self,
        fields: Mapping[str, object],
        *,
        kind: str = "event/write",
        record: Word | None = None,
        parents: Sequence[Word] = (),
        counter: int = 1,
        orders: Sequence[bytes] = (),
        marked: bool = False,
    ) -> Bundle:
        """One more entry of its own, as a bundle."""
        lane, random = self.lane, self.world.random
        said = {name: value for name, value in fields.items() if name != OUTSIDE}
        payload = make_payload(said, salt=random.randbytes(8))
        header = make_header(
            lane=lane.id,
            kind=kind,
            payload=payload,
            written=Written(random.randrange(1 << 40), Quality.TRUSTED),
            record=self._reference(record) if record else None,
            parents=[self._reference(parent) for parent in parents],
            counter=counter,
            outside=fields.get(OUTSIDE),
        )
        if marked:
            read = cbor.decode(header, bytes_max=len(header))
            assert isinstance(read, dict)
            header = cbor.encode({**read, -1: random.randrange(9)})
        before = self.heads[-1] if self.heads else lane.id
        head = sha256(before + sha256(header).digest()).digest()
        self.heads.append(head)
        number = len(self.heads)
        bundle = Bundle(
            lane=lane,
            first=number,
            before=before,
            entries=(Entry(header, payload),),
            signature=sign_head(lane, number, head, key(self.signer or self.who)),
        )
        self.world.book.add(
            Word(
                head=head,
                before=before,
                lane=lane,
                number=number,
                kind=kind,
                fields=fields,
                record=record.record if record else head,
                parents=frozenset(p.head for p in parents),
                counter=counter,
                orders=frozenset(orders),
                allowed=self.allowed,
                marked=marked,
            )
        )
        self.world.slips[head] = bundle
        return bundle

    def _reference(self, word: Word) -> Reference:
        check = b"" if word.lane.id == self.lane.id else word.head[:CHECK_BYTES]
        return Reference(EntryId(word.lane.id, word.number), check)


def _some_word(world: World) -> Word | None:
    """An entry that begins a record of somebody else."""
    begun = [
        w
        for w in world.book.words.values()
        if w.record == w.head and w.allowed and w.lane.author != public(key(STRANGER))
    ]
    return world.random.choice(begun) if begun else None


def _fields(world: World) -> dict[str, object]:
    return {"title": f"嘘{world.random.randrange(10**9)}"}


def _spread(world: World, *bundles: Bundle) -> None:
    """To some honest machines, in any order."""
    for machine in world.random.sample(world.honest, world.random.choice([1, 1, 2])):
        there = list(bundles)
        world.random.shuffle(there)
        world.deliver(machine, *there)


def post(world: World) -> None:
    """It posts like anybody."""
    pen = Pen(world, STRANGER).go_on()
    _spread(world, *(pen.write(_fields(world)) for _ in range(world.random.randint(1, 3))))


def huge_counter(world: World) -> None:
    pen = Pen(world, STRANGER).go_on()
    first = pen.write(_fields(world))
    word = world.book.words[pen.heads[-1]]
    _spread(world, first, pen.write(_fields(world), record=word, parents=[word], counter=HUGE))


def other_peoples_record(world: World) -> None:
    """Right in everything but whose it is; or in nothing at all."""
    word = _some_word(world)
    if word is None:
        return
    pen = Pen(world, STRANGER).go_on()
    counter = world.random.choice([word.counter + 1, word.counter + 1, HUGE])
    fields = {**_fields(world), "withdrawn": world.random.random() < 0.5}
    _spread(
        world,
        pen.write(fields, kind=f"{word.board}/write", record=word, parents=[word], counter=counter),
    )


def wrong_counter(world: World) -> None:
    """On its own record, but jumping ahead, with a parent that has no effect."""
    pen = Pen(world, STRANGER).go_on()
    first = pen.write(_fields(world))
    root = world.book.words[pen.heads[-1]]
    ahead = pen.write(_fields(world), record=root, parents=[root], counter=7)
    jumped = world.book.words[pen.heads[-1]]
    behind = pen.write(_fields(world), record=root, parents=[jumped], counter=8)
    beside = pen.write(_fields(world), record=root, parents=[root, jumped], counter=2)
    _spread(world, first, ahead, behind, beside)


def other_lanes(world: World) -> None:
    """Lanes that its certificate doesn't name, or that are another's."""
    pen = world.random.choice(
        [
            Pen(world, STRANGER, class_=Class.ALERT),
            Pen(world, STRANGER, class_=Class.RELEASE),
            Pen(world, STRANGER, town=OTHER_TOWN),
            Pen(world, STRANGER, ordinal=9),
            Pen(world, NARROW, audience=Audience.OPEN),
            Pen(world, NARROW, class_=Class.TRUST),
            Pen(world, world.random.choice(world.nodes), life=99, signer=STRANGER),
            Pen(world, HUB),
            Pen(world, "誰でもない"),
        ]
    )
    pen.allowed = False
    pen.go_on()
    _spread(world, pen.write(_fields(world)))


def marked_headers(world: World) -> None:
    """As software of ten years on may write: a post, or its edit, that this one must not show."""
    pen = Pen(world, STRANGER).go_on()
    first = pen.write(_fields(world), marked=world.random.random() < 0.3)
    word = world.book.words[pen.heads[-1]]
    edit = pen.write(_fields(world), record=word, parents=[word], counter=2, marked=True)
    _spread(world, first, edit)


def narrow_post(world: World) -> None:
    """What its narrow certificate does name, and beside it what it doesn't."""
    beyond = Pen(world, NARROW, audience=Audience.OPEN, allowed=False).go_on()
    _spread(
        world,
        Pen(world, NARROW).go_on().write(_fields(world)),
        beyond.write(_fields(world)),
    )


def fork(world: World) -> None:
    """Another history of a lane of its own, from anywhere; the office may hear of both."""
    pen = Pen(world, STRANGER).go_on()
    if not pen.heads:
        pen.write(_fields(world))
    known = [world.slips[head] for head in pen.heads]
    del pen.heads[world.random.randrange(len(pen.heads)) :]
    other = [pen.write(_fields(world)) for _ in range(world.random.randint(1, 3))]
    if world.random.random() < 0.5:
        world.deliver(world.machine(OFFICE), *known, *other)
        mend_what_forked(world)
    else:
        _spread(world, *other)


def stubs(world: World) -> None:
    """Honest runs with nothing in them."""
    giver = world.one_of_us()
    _spread(world, *(emptied(world.random, bundle, 1) for bundle in world.all_runs(giver)))


def forge(world: World) -> None:
    """Honest runs with another's words in them."""
    giver = world.one_of_us()
    _spread(world, *(forged(world.random, bundle) for bundle in world.all_runs(giver)[:4]))


def withhold(world: World) -> None:
    """The newest of somebody, without what came before."""
    giver = world.one_of_us()
    heads = [history[-1] for history in world.disk(giver).histories]
    if heads:
        _spread(world, world.slips[world.random.choice(sorted(heads))])


def peer_that_keeps_back(world: World) -> None:
    """It exchanges like anybody, and keeps back some of an author's runs, and some payloads."""
    giver, there = world.one_of_us(), world.one_of_us()
    peer = Machine(STRANGER, Role.NODE, TOWN.code, world.memory(), OLD)
    for statement in sorted(s.encoded for s in giver.door.trust().statements):
        world.state(peer, statement)
    runs = world.all_runs(giver)
    author = world.random.choice([run.lane.author for run in runs]) if runs else b""
    for run in runs:
        if run.lane.author != author or world.random.random() < 0.5:
            world.deliver(peer, emptied(world.random, run, world.random.choice([0, 0.3])))
    world.exchange(*world.random.sample([peer, there], 2))


def flood(world: World) -> None:
    """More lives than anybody has."""
    pens = [
        Pen(world, FLOODER, ordinal=1 + n % 8, life=world.random.randrange(1 << 60))
        for n in range(world.random.choice([12, 12, 60]))
    ]
    _spread(world, *(pen.write(_fields(world)) for pen in pens))


def order_of_a_node(world: World) -> None:
    """It orders away what is not its to order, in its name or its neighbours'."""
    there = world.one_of_us()
    held = sorted(head for head, full in world.disk(there).payload_held.items() if full)
    words = [w for w in map(world.book.words.__getitem__, held) if w.lane.class_ is not Class.TRUST]
    if words:
        word = world.random.choice(words)
        pen = Pen(world, STRANGER, class_=Class.TRUST).go_on()
        if world.random.random() < 0.5:
            listed = [[word.lane.id, word.number, word.head[:CHECK_BYTES]]]
            made = pen.write({"entries": listed}, kind=ERASE, orders=[word.head])
        else:
            range_ = [[word.lane.id, 1, word.number, word.head[:CHECK_BYTES]]]
            orders = world.book.history(word.head)
            made = pen.write({"ranges": range_}, kind=RETAIN, orders=orders)
        world.deliver(there, made)


def false_name(world: World) -> None:
    """A node's post that calls itself an alert's cancel."""
    outside = {
        "key": f"alert/{world.random.randrange(2)}",
        "serial": 10**6,
        "issued": "2099-01-01T00:00:00Z",
        "sent": "",
        "cancels": True,
        "digest": b"",
    }
    pen = Pen(world, STRANGER).go_on()
    _spread(world, pen.write({**_fields(world), OUTSIDE: outside}))


def registers_again(world: World) -> None:
    """An old register where a newer one is known, and one of a machine that isn't its author."""
    there = world.one_of_us()
    tell_of_health(world)
    *of_author, newest = [
        register
        for register in map(kept_register, world.registers)
        if register.author == kept_register(world.registers[-1]).author
    ]
    for told in (newest, world.random.choice(of_author)):
        world.state(there, told.encoded)
    held = {register.place: register for register in there.door.registers()}
    assert held.get(newest.place, newest) == newest, "an older register came back"
    made = make_register(
        town=TOWN.code,
        incarnation=(1, bytes(8)),
        name="health",
        counter=HUGE,
        value=0,
        key=key("誰でもない"),
    )
    world.state(there, made)
    assert all(r.author != public(key("誰でもない")) for r in there.door.registers())


def false_certificate(world: World) -> None:
    """Signed by another town's authority, or by nobody's."""
    for town in (OTHER_TOWN, Town("131024")):
        made = Town(TOWN.code).certify(key("誰でもない"))
        forged_by = made.replace(public(TOWN.authority), public(town.authority))
        world.state(world.one_of_us(), forged_by)


def replay(world: World) -> None:
    world.roads.replay()


def take_the_office_over(world: World) -> None:
    """It goes on in the office's own lane, and signs that itself."""
    words = [w for w in world.book.words.values() if w.lane.author == public(key(OFFICE))]
    if words:
        word = world.random.choice(words)
        lane = word.lane
        pen = Pen(
            world,
            OFFICE,
            lane.class_,
            lane.audience,
            ordinal=lane.ordinal,
            life=int.from_bytes(lane.random, "big"),
            signer=STRANGER,
            allowed=False,
            heads=world.book.history(word.head),
        )
        _spread(world, pen.write(_fields(world)))


Act = Callable[[World], None]
HOSTILE: dict[Act, int] = {
    post: 4,
    huge_counter: 2,
    other_peoples_record: 3,
    wrong_counter: 2,
    other_lanes: 4,
    narrow_post: 3,
    fork: 5,
    stubs: 4,
    forge: 3,
    withhold: 3,
    peer_that_keeps_back: 2,
    marked_headers: 2,
    flood: 1,
    order_of_a_node: 4,
    false_name: 2,
    registers_again: 5,
    false_certificate: 1,
    replay: 4,
    take_the_office_over: 2,
}
"""How often each happens, beside the others."""
