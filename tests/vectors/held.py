"""Examples of what a machine holds: after forks, cuts and orders, and of records after them."""

from collections.abc import Iterator, Sequence

from tests.vectors import ledger, records
from tests.vectors.chain import BOARD, ENTRIES
from tests.vectors.edges import register
from tests.vectors.kit import (
    OTHER_TOWN,
    THIRD_TOWN,
    TOWN,
    Entry,
    H,
    Lane,
    Vector,
    bundle,
    cbor,
    certificate,
    child,
    confirmation,
    heads,
    notation,
    public,
    replacement,
    seed_certificate,
    sign_head,
    statement,
)

HEADS, NODE = ledger.HEADS, ledger.NODE
OFFICE = certificate("town hall", "office")
WHOLE = bundle(BOARD, ENTRIES)
OTHER = [*ENTRIES[:2], Entry(fields={"title": "別の話"}), Entry(fields={"title": "その続き"})]
OTHER_HEADS = [BOARD.id, *heads(BOARD.id, [entry.header for entry in OTHER])]
AUTHORITIES = {
    TOWN: [public("authority").hex()],
    OTHER_TOWN: [public("other authority").hex()],
}

Line = list[object]


def branch(number: int, head: bytes) -> bytes:
    return H(b"kairan/1 branch", BOARD.id, cbor(number), head)


def line(id_: bytes, number: int, head: bytes, *holes: list[int]) -> Line:
    return [id_, number, head, list(holes)]


def revocation(counter: int, *cuts: Line, of: str = "kamisato", signer: str = "authority") -> bytes:
    body = {1: public(of), 2: counter, 3: sorted(cuts, key=cbor)}
    return statement(body, type_="kairan-revocation", signer=signer)


def fork_proof(of: Lane = BOARD, number: int = 4, *, theirs: bytes = b"") -> bytes:
    ours, theirs = HEADS[number], theirs or OTHER_HEADS[number]
    said = [*of.array], number, ours, sign_head(of, number, ours)
    return cbor(["kairan fork", 1, *said, theirs, [], number, sign_head(of, number, theirs)])


def _held(
    name: str,
    shows: str,
    items: Sequence[object],
    parts: Sequence[tuple[Lane, list[Line]]],
    *outcomes: str,
    gone: Sequence[bytes] = (),
    authorities: dict[str, list[str]] = AUTHORITIES,
) -> Vector:
    """`parts`: per class and audience, of which some lane is given, what stands in its frontier.

    `gone`: statements that were kept, and are no more.
    """
    told = [
        [lane.town, lane.class_, lane.audience, sorted(lines, key=cbor)] for lane, lines in parts
    ]
    became = [*outcomes, *["kept"] * (len(items) - len(outcomes))]
    alone = all(isinstance(item, bytes) for item in items)
    stated = {
        H(item)
        for item, outcome in zip(items, became, strict=True)
        if isinstance(item, bytes) and outcome == "kept" and item not in (*gone, register())
    }
    return Vector(
        name=f"held-{name}",
        shows=shows,
        kind="held",
        bytes=b"".join(map(cbor, items)),
        given={"authorities": authorities},
        expect=({"statements": H(b"kairan/1 statements", *sorted(stated)).hex()} if alone else {})
        | {
            "outcomes": became,
            "frontiers": [
                [*part, notation(lines), H(b"kairan/1 frontier", cbor(lines)).hex()]
                for *part, lines in sorted(told, key=cbor)
            ],
        },
    )


def fork_vectors() -> Iterator[Vector]:
    other = bundle(BOARD, OTHER)
    ours, theirs = branch(3, HEADS[3]), branch(3, OTHER_HEADS[3])
    both = [line(ours, 4, HEADS[4]), line(theirs, 4, OTHER_HEADS[4])]
    yield _held(
        "one-history",
        "a lane that never forked stands under its own id",
        [NODE, WHOLE],
        [(BOARD, [line(BOARD.id, 4, HEADS[4])])],
    )
    yield _held(
        "fork",
        "two histories: each under the branch id of the number where they part",
        [NODE, WHOLE, other],
        [(BOARD, both)],
    )
    yield _held(
        "fork-other-order", "in the other order: the same", [NODE, other, WHOLE], [(BOARD, both)]
    )
    yield _held(
        "fork-holes",
        "holes are counted from 1, those before the parting too",
        [NODE, bundle(BOARD, ENTRIES, empty=[1, 4]), bundle(BOARD, OTHER, empty=[1, 3])],
        [
            (
                BOARD,
                [
                    line(ours, 4, HEADS[4], [1, 1], [4, 4]),
                    line(theirs, 4, OTHER_HEADS[4], [1, 1], [3, 3]),
                ],
            )
        ],
    )
    third = [*OTHER[:3], Entry(fields={"title": "三つ目"})]
    at = heads(BOARD.id, [entry.header for entry in third])[-1]
    yield _held(
        "fork-of-a-branch",
        "a branch that parts again: the last place where it parted names it",
        [NODE, WHOLE, other, bundle(BOARD, third, first=4)],
        [
            (
                BOARD,
                [
                    line(ours, 4, HEADS[4]),
                    line(branch(4, OTHER_HEADS[4]), 4, OTHER_HEADS[4]),
                    line(branch(4, at), 4, at),
                ],
            )
        ],
    )
    begun = [Entry(fields={"title": "始めから別"})]
    first = heads(BOARD.id, [begun[0].header])[0]
    yield _held(
        "fork-at-1",
        "histories may part at number 1",
        [NODE, WHOLE, bundle(BOARD, begun)],
        [(BOARD, [line(branch(1, HEADS[1]), 4, HEADS[4]), line(branch(1, first), 1, first)])],
    )
    yield _held(
        "fork-run-of-a-branch",
        "a run that continues a branch is appended to that one",
        [NODE, WHOLE, bundle(BOARD, OTHER, last=3), bundle(BOARD, OTHER, first=4)],
        [(BOARD, both)],
    )
    yield _held(
        "fork-waiting",
        "where it parts isn't known yet: it waits, and is kept when that comes",
        [NODE, WHOLE, bundle(BOARD, OTHER, first=4), bundle(BOARD, OTHER, last=3)],
        [(BOARD, both)],
        "kept",
        "kept",
        "waiting",
    )
    yield _held("fork-proof", "a fork proof is a statement", [NODE, fork_proof()], [])
    yield _held(
        "fork-proof-stranger",
        "of an author that no certificate names",
        [fork_proof()],
        [],
        "foreign",
    )
    ninth = Lane(author="kamisato", ordinal=9)
    yield _held(
        "fork-proof-life-9",
        "of a life that no certificate allows",
        [NODE, fork_proof(ninth)],
        [],
        "kept",
        "foreign",
    )
    other_life = Lane(author="kamisato", random=bytes(8))
    proofs = sorted((fork_proof(), fork_proof(number=3), fork_proof(other_life)), key=H)
    second = fork_proof(Lane(author="kamisato", ordinal=2))
    for name, order in (("least-first", proofs), ("least-last", proofs[::-1])):
        yield _held(
            f"fork-proofs-{name}",
            "of one ordinal of an author the proof with the least hash is kept, of others theirs",
            [NODE, second, *order],
            [],
            gone=proofs[1:],
        )


def cut_vectors() -> Iterator[Vector]:
    cut = [BOARD.array, 2, HEADS[2]]
    two = [(BOARD, [line(BOARD.id, 2, HEADS[2])])]
    all_of_it = [(BOARD, [line(BOARD.id, 4, HEADS[4])])]
    none: list[tuple[Lane, list[Line]]] = []
    for name, shows, statements, parts in (
        ("at-2", "a lane of a revoked key stands as far as its cut", [revocation(1, cut)], two),
        ("not-named", "a lane that no cut names is cut at 0: not listed", [revocation(1)], none),
        (
            "other-head",
            "another head than is held there: what lies before may be of the history that is meant",
            [revocation(1, [BOARD.array, 3, H(b"x")])],
            two,
        ),
        (
            "not-reached",
            "held less far than the cut: it stands as it is held",
            [revocation(1, [BOARD.array, 9, H(b"x")])],
            all_of_it,
        ),
        (
            "raised",
            "a larger counter is in force, in whatever order they come",
            [revocation(2, cut), revocation(1)],
            two,
        ),
        (
            "other-town",
            "another town's authority has no say over this town's lanes",
            [revocation(1, signer="other authority")],
            all_of_it,
        ),
    ):
        yield _held(f"cut-{name}", shows, [NODE, WHOLE, *statements], parts)
    yield _held(
        "cut-past",
        "a run that begins past the cut is refused",
        [NODE, revocation(1, cut), bundle(BOARD, ENTRIES, last=2), bundle(BOARD, ENTRIES, first=3)],
        two,
        "kept",
        "kept",
        "kept",
        "revoked",
    )
    yield _held(
        "cut-of-a-fork",
        "of two histories the one with the cut's head is left, under the lane's id",
        [NODE, WHOLE, bundle(BOARD, OTHER), revocation(1, [BOARD.array, 3, HEADS[3]])],
        [(BOARD, [line(BOARD.id, 3, HEADS[3])])],
    )
    yield _held(
        "cut-of-a-fork-not-reached",
        "two histories, neither with the cut's head: what they share before it",
        [NODE, WHOLE, bundle(BOARD, OTHER), revocation(1, [BOARD.array, 3, H(b"x")])],
        two,
    )
    last = revocation(1, [BOARD.array, 4, HEADS[4]])
    yield _held(
        "cut-of-a-fork-both-shorter",
        "two histories that may both come to the cut: both stand",
        [NODE, bundle(BOARD, ENTRIES, last=3), bundle(BOARD, OTHER, last=3), last],
        [
            (
                BOARD,
                [
                    line(branch(3, HEADS[3]), 3, HEADS[3]),
                    line(branch(3, OTHER_HEADS[3]), 3, OTHER_HEADS[3]),
                ],
            )
        ],
    )
    yield _held(
        "cut-of-a-fork-one-shorter",
        "once one has the cut's head the other is out, however short it is",
        [NODE, bundle(BOARD, OTHER, last=3), last, WHOLE],
        all_of_it,
    )
    tie = [revocation(1, cut), revocation(1)]
    left = two if tie[0] > tie[1] else none
    yield _held("cut-tie", "counters alike: the largest bytes", [NODE, WHOLE, *tie], left)


def order_vectors() -> Iterator[Vector]:
    emptied = bundle(BOARD, ENTRIES, empty=[2, 3])
    desk = Lane(author="town hall", class_=1)
    both, second = [[2, 3]], [[2, 2]]

    def order(fields: dict[str, object], lane: Lane = desk, kind: str = "order/erase") -> Line:
        return bundle(lane, [Entry(kind=kind, fields=fields)])

    def erase(number: int, check: bytes) -> dict[str, object]:
        return {"entries": [[BOARD.id, number, check[:8]]], "reason": "本人の求め"}

    ranges: dict[str, object] = {"ranges": [[BOARD.id, 1, 3, HEADS[3][:8]]]}
    odd: dict[str, object] = {"entries": ["?", [BOARD.id, 3, HEADS[3][:8]], [BOARD.id, 0, b""]]}
    node_trust = Lane(author="kamisato", class_=1)
    board_of_office = Lane(author="town hall")
    abroad = Lane(author="far hall", class_=1, town=OTHER_TOWN)
    far = certificate("far hall", "office", signer="other authority", towns=[OTHER_TOWN])
    for name, shows, ordered, lane, holes in (
        ("erase", "what an order names is no hole", order(erase(3, HEADS[3])), desk, second),
        (
            "retain",
            "nor are ranges whose time is over",
            order(ranges, kind="order/retain"),
            desk,
            [],
        ),
        (
            "other-check",
            "the check names another history: nothing happens here",
            order(erase(3, H(b"another"))),
            desk,
            both,
        ),
        ("odd-items", "items that can't be read are passed over", order(odd), desk, second),
        (
            "by-a-node",
            "a node's order does nothing",
            order(erase(3, HEADS[3]), node_trust),
            node_trust,
            both,
        ),
        (
            "class-board",
            "nor an office's in a lane of another class",
            order(erase(3, HEADS[3]), board_of_office),
            board_of_office,
            both,
        ),
        (
            "other-town",
            "nor that of another town's office",
            order(erase(3, HEADS[3]), abroad),
            abroad,
            both,
        ),
        (
            "other-act",
            "nor one of an unknown act",
            order(erase(3, HEADS[3]), kind="order/burn"),
            desk,
            both,
        ),
    ):
        entries = ordered[4]
        assert isinstance(entries, list)
        kind = "order/erase"
        fields: dict[str, object] = erase(3, HEADS[3])
        if name == "retain":
            kind, fields = "order/retain", ranges
        if name == "other-check":
            fields = erase(3, H(b"another"))
        if name == "odd-items":
            fields = odd
        if name == "other-act":
            kind = "order/burn"
        at = heads(lane.id, [Entry(kind=kind, fields=fields).header])[0]
        mine, theirs = line(BOARD.id, 4, HEADS[4], *holes), line(lane.id, 1, at)
        parts = (
            [(BOARD, [mine, theirs])]
            if (lane.town, lane.class_) == (BOARD.town, BOARD.class_)
            else [(BOARD, [mine]), (lane, [theirs])]
        )
        yield _held(f"order-{name}", shows, [NODE, OFFICE, far, emptied, ordered], parts)
        if name == "erase":
            yield _held(
                "order-first",
                "an order that came before what it names",
                [NODE, OFFICE, ordered, emptied],
                parts,
            )
            yield _held(
                "order-then-payload",
                "what an order named comes later with its payload: it is not kept",
                [NODE, OFFICE, emptied, ordered, bundle(BOARD, ENTRIES, empty=[2])],
                parts,
            )


def order_force_vectors() -> Iterator[Vector]:
    """Orders that nobody may give, or that reach further than what is held."""
    emptied = bundle(BOARD, ENTRIES, empty=[2, 3])
    desk = Lane(author="town hall", class_=1)
    ranges: dict[str, object] = {"ranges": [[BOARD.id, 1, 3, HEADS[3][:8]]]}
    entry = Entry(kind="order/retain", fields=ranges)
    at = heads(desk.id, [entry.header])[0]
    order, said = bundle(desk, [entry]), (desk, [line(desk.id, 1, at)])
    holes = (BOARD, [line(BOARD.id, 4, HEADS[4], [2, 3])])
    dropped = (BOARD, [line(BOARD.id, 4, HEADS[4], [1, 3])])
    none = (BOARD, [line(BOARD.id, 4, HEADS[4])])
    two = bundle(BOARD, ENTRIES, last=2, empty=[2])
    yield _held(
        "order-further",
        "a range that ends past what is held: nobody knows yet whether this history is meant",
        [NODE, OFFICE, order, two],
        [(BOARD, [line(BOARD.id, 2, HEADS[2], [2, 2])]), said],
    )
    yield _held(
        "order-further-then-held",
        "once it is held that far, it is",
        [NODE, OFFICE, order, two, emptied],
        [none, said],
    )
    yield _held(
        "order-further-then-another",
        "it is another history that is held that far: it isn't",
        [NODE, OFFICE, order, two, bundle(BOARD, OTHER, empty=[2])],
        [(BOARD, [line(BOARD.id, 4, OTHER_HEADS[4], [2, 2])]), said],
    )
    yield _held(
        "order-office-later",
        "an order that came before it was known that its author is an office",
        [NODE, certificate("town hall", "node"), order, emptied, OFFICE],
        [none, said],
    )
    gone = revocation(1, of="town hall")
    yield _held(
        "order-revoked",
        "an order past its author's cut does nothing: what it took are holes again",
        [NODE, OFFICE, emptied, order, gone],
        [dropped],
    )
    back = revocation(2, [desk.array, 1, at], of="town hall")
    yield _held(
        "order-raised",
        "a later cut lets it back in",
        [NODE, OFFICE, order, gone, emptied, back],
        [none, said],
    )
    cut = revocation(1, [BOARD.array, 2, HEADS[2]])
    yield _held(
        "order-past-the-cut",
        "the last of what it names is past the cut of that lane: it does nothing",
        [NODE, OFFICE, order, emptied, cut],
        [(BOARD, [line(BOARD.id, 2, HEADS[2], [1, 2])]), said],
    )
    first = Entry(kind="order/retain", fields=ranges)
    second = Entry(
        kind="order/erase",
        fields={"entries": [[desk.id, 1, heads(desk.id, [first.header])[0][:8]]]},
    )
    both = heads(desk.id, [first.header, second.header])
    yield _held(
        "order-of-an-order",
        "orders over lanes of class trust do nothing",
        [NODE, OFFICE, emptied, bundle(desk, [first, second], empty=[1])],
        [holes, (desk, [line(desk.id, 2, both[1], [1, 1])])],
    )


def life_vectors() -> Iterator[Vector]:
    lives = [
        Lane(author="kamisato", ordinal=1 + n % 2, random=bytes([0] * 7 + [n])) for n in range(20)
    ]
    first = [line(lane.id, 1, heads(lane.id, [ENTRIES[0].header])[0]) for lane in lives]
    yield _held(
        "lives",
        "twenty lives of two ordinals: all are kept, in whatever order they came",
        [NODE, *(bundle(lane, ENTRIES[:1]) for lane in lives)],
        [(BOARD, first)],
    )


PLACES = {TOWN: [public("authority").hex(), public("reserve").hex()]}


def replacement_vectors() -> Iterator[Vector]:
    """Other keys in the places of a town's two."""
    stands = [(BOARD, [line(BOARD.id, 4, HEADS[4])])]
    by_reserve = replacement("authority", "next authority", signer="reserve")
    again = certificate("kamisato", "node", signer="next authority")
    thief = replacement("authority", "thief", signer="authority", counter=1 << 40)
    false = certificate("kamisato", "node", signer="thief")
    nothing: list[tuple[Lane, list[Line]]] = []
    for name, shows, items, parts, outcomes in (
        ("out", "of a replaced key's word nothing stands", [NODE, WHOLE, by_reserve], nothing, ""),
        ("again", "till the next key says it again", [NODE, WHOLE, by_reserve, again], stands, ""),
        ("late", "a replaced key says nothing new", [by_reserve, NODE], nothing, "kept revoked"),
        ("waits", "nobody knows the author yet", [by_reserve, WHOLE], nothing, "kept waiting"),
        ("early", "the next key isn't known yet", [again, by_reserve], nothing, "foreign"),
        ("itself", "a key hands over by itself", [thief, false, WHOLE], stands, ""),
        (
            "thief",
            "what the reserve says stands over what a thief said before",
            [thief, false, WHOLE, by_reserve],
            nothing,
            "",
        ),
        (
            "thief-later",
            "and over what a thief says later",
            [by_reserve, again, WHOLE, thief, false],
            stands,
            "kept kept kept revoked foreign",
        ),
        (
            "reserve-by-the-first",
            "the first place has no say in the reserve's",
            [replacement("reserve", "thief", signer="authority"), NODE, WHOLE],
            stands,
            "foreign",
        ),
        (
            "reserve-by-itself",
            "what it said of the first place stands, of all else nothing",
            [
                by_reserve,
                again,
                WHOLE,
                replacement("reserve", "next reserve", signer="reserve"),
                certificate("kamisato", "office", signer="reserve"),
            ],
            stands,
            "kept kept kept kept revoked",
        ),
        (
            "counter",
            "of two words of one key the larger counter",
            [
                replacement("authority", "thief", signer="reserve"),
                replacement("authority", "next authority", signer="reserve", counter=2),
                again,
                WHOLE,
            ],
            stands,
            "",
        ),
        (
            "back",
            "a key that had a place gets none",
            [by_reserve, replacement("next authority", "authority", signer="next authority")],
            nothing,
            "kept foreign",
        ),
        (
            "steps",
            "from key to key",
            [
                thief,
                replacement("thief", "next authority", signer="reserve"),
                again,
                WHOLE,
            ],
            stands,
            "",
        ),
    ):
        told = outcomes.split()
        yield _held(f"authority-{name}", shows, items, parts, *told, authorities=PLACES)


def enrolment_vectors() -> Iterator[Vector]:
    """Machines of one seed. Of "kamisato" there is a board's lane and a message's."""
    message = Lane(author="kamisato", class_=3)
    words = bundle(message, ENTRIES[:1])
    end = heads(message.id, [ENTRIES[0].header])[0]
    on_board = (BOARD, [line(BOARD.id, 4, HEADS[4])])
    both = [on_board, (message, [line(message.id, 1, end)])]
    one, other, chosen = child("kamisato"), child("shimosato"), confirmation("kamisato")
    nothing: list[tuple[Lane, list[Line]]] = []
    stolen = revocation(1, of="seed")
    for name, shows, items, parts, outcomes in (
        ("child", "a member at once, and nobody knew its seed", [one, WHOLE, words], both, ""),
        ("doubt", "two children: of either only board", [one, WHOLE, words, other], [on_board], ""),
        (
            "doubt-first",
            "in the other order: the same",
            [one, other, WHOLE, words],
            [on_board],
            "kept kept kept class",
        ),
        ("chosen", "an office says which it is", [one, WHOLE, words, other, chosen], both, ""),
        (
            "passed-over",
            "of the other nothing stands",
            [one, WHOLE, words, other, confirmation("shimosato")],
            nothing,
            "",
        ),
        (
            "chosen-first",
            "nobody else comes in",
            [chosen, one, WHOLE, other],
            [on_board],
            "* revoked",
        ),
        (
            "corrected",
            "a later word of an office",
            [one, WHOLE, words, confirmation("shimosato"), confirmation("kamisato", counter=2)],
            both,
            "",
        ),
        (
            "office-revoked",
            "an office that was revoked says nothing any more",
            [one, WHOLE, words, other, chosen, revocation(1, of="town hall")],
            [on_board],
            "",
        ),
        (
            "other-revoked",
            "the false child was revoked: no doubt is left",
            [one, WHOLE, words, other, revocation(1, of="shimosato")],
            both,
            "",
        ),
        ("seed-revoked", "the seed was revoked", [one, WHOLE, words, stolen], nothing, ""),
        ("seed-revoked-first", "before", [stolen, one], nothing, "kept revoked"),
        (
            "seed-revoked-certified",
            "what the authority itself certified stays",
            [one, WHOLE, words, stolen, NODE],
            both,
            "",
        ),
        (
            "doubt-certified",
            "there is no doubt of what the authority itself certified",
            [one, WHOLE, words, other, NODE],
            both,
            "",
        ),
        (
            "foreign",
            "a seed of nobody's authority",
            [child("kamisato", seed_certificate(signer="somebody"))],
            nothing,
            "foreign",
        ),
        (
            "confirmation-foreign",
            "an office of nobody's authority",
            [confirmation("kamisato", voucher=certificate("town hall", "office", signer="x"))],
            nothing,
            "foreign",
        ),
    ):
        told = outcomes.replace("*", "kept kept kept").split()
        yield _held(f"enrolment-{name}", shows, items, parts, *told)


def other_vectors() -> Iterator[Vector]:
    bare = bundle(BOARD, ENTRIES, empty=[1, 3])
    yield _held(
        "holes-left",
        "some holes filled, others left",
        [NODE, bare, bundle(BOARD, ENTRIES, last=4, empty=[3])],
        [(BOARD, [line(BOARD.id, 4, HEADS[4], [3, 3])])],
    )
    yield _held(
        "register-no-certificate",
        "a register of an author that no certificate of the town names",
        [register()],
        [],
        "town",
    )
    yield _held("register", "a register of a certified author", [NODE, register()], [])
    yield _held(
        "register-revoked",
        "a register of an author that is revoked in the town",
        [NODE, revocation(1), register()],
        [],
        "kept",
        "kept",
        "town",
    )
    yield _held("no-cose", "bytes that are no COSE_Sign1", [b"?", NODE], [], "malformed")
    forged = NODE[:-1] + bytes([NODE[-1] ^ 1])
    yield _held("forged", "a statement that doesn't verify", [forged], [], "signature")
    stranger = certificate("kamisato", "node", signer="somebody")
    yield _held("foreign", "a statement of nobody's authority", [stranger], [], "foreign")
    two = certificate("kamisato", "node", towns=[OTHER_TOWN, TOWN])
    yield _held("foreign-half", "an authority of one of its two towns only", [two], [], "foreign")


def vectors() -> Iterator[Vector]:
    yield from fork_vectors()
    yield from cut_vectors()
    yield from order_vectors()
    yield from order_force_vectors()
    yield from life_vectors()
    yield from replacement_vectors()
    yield from enrolment_vectors()
    yield from other_vectors()


def permission_vectors() -> Iterator[Vector]:
    """Rank where an author has several certificates."""
    many = [
        certificate("node", "node", counter=3),
        certificate("node", "office", classes=[4], audiences=[2]),
    ]
    yield Vector(
        name="permission-foreign-first",
        shows="no authority of the town is known: told before that no certificate is held",
        kind="permission",
        bytes=cbor(Lane(author="node", town=THIRD_TOWN).array),
        given={"authorities": AUTHORITIES, "statements": []},
        refused="foreign",
    )
    for name, shows, class_, rank in (
        ("rank-highest", "the highest rank of all that name town and class", 4, 2),
        ("rank-of-class", "not of those that name other classes", 1, 1),
    ):
        yield Vector(
            name=f"permission-{name}",
            shows=shows,
            kind="permission",
            bytes=cbor(Lane(author="node", class_=class_).array),
            given={"authorities": AUTHORITIES, "statements": [s.hex() for s in many]},
            expect={"rank": rank},
        )


class Opaque(Entry):
    """An entry whose payload is no payload."""

    @property
    def payload(self) -> bytes:
        return b"\xff"


def record_vectors() -> Iterator[Vector]:
    first = Entry(fields={"title": "夏祭り", "begins": "18:00"})
    origin = records.ORIGIN
    head = heads(origin.id, [first.header])[0]
    begun: records.Written = (origin, 1, first, True)
    said = dict(first.fields)
    name = [origin.id, 1, head[:8]]

    def edit(lane: Lane, fields: dict[str, object]) -> records.Written:
        here = lane == origin
        entry = Entry(
            fields=fields, record=1 if here else name, parents=[1 if here else name], counter=2
        )
        return lane, 2 if here else 1, entry, True

    heir, far, feed = (Lane(author=author) for author in ("heir", "far hall", "feed"))
    cert = {
        author: certificate(author, role, towns=[town], signer=signer)
        for author, role, town, signer in (
            ("heir", "node", TOWN, "authority"),
            ("feed", "feed", TOWN, "authority"),
            ("far hall", "office", OTHER_TOWN, "other authority"),
        )
    }
    named = statement({1: public("kamisato"), 2: public("heir"), 3: 1}, type_="kairan-successor")
    elsewhere = statement(
        {1: public("kamisato"), 2: public("heir"), 3: 1},
        type_="kairan-successor",
        signer="other authority",
    )
    here = certificate("far hall", "node")
    for title, shows, lane, more in (
        ("feed", "a feed edits what another began", feed, [cert["feed"]]),
        ("far-office", "an office of another town", far, [here, cert["far hall"]]),
        ("no-heir", "a node that wasn't named successor", heir, [cert["heir"]]),
        (
            "heir-elsewhere",
            "named successor by another town's authority",
            heir,
            [cert["heir"], elsewhere],
        ),
    ):
        yield records.record(
            f"record-no-effect-{title}",
            f"no effect: {shows}",
            [begun, edit(lane, {"title": "x"})],
            fields=said,
            versions=[(origin, 1)],
            counter=1,
            more=more,
        )
    yield records.record(
        "record-successor",
        "the certified successor of its author may change a record",
        [begun, edit(heir, {"title": "引き継ぎ"})],
        fields=said | {"title": "引き継ぎ"},
        versions=[(heir, 1)],
        counter=2,
        more=[cert["heir"], named],
    )
    yield records.record(
        "record-group-name",
        "a field that nobody declares is a group of its own, even if a group has its name",
        [begun, edit(origin, {"when": "?"})],
        fields=said | {"when": "?"},
        versions=[(origin, 2)],
        counter=2,
    )
    for title, shows, entry in (
        ("counter-2", "another counter", Entry(fields={"title": "x"}, counter=2)),
        ("parents", "parents", Entry(fields={"title": "x"}, parents=[7])),
        ("no-act", "a kind without an act", Entry(fields={"title": "x"}, kind="event")),
    ):
        yield records.record(
            f"record-first-{title}",
            f"a first entry with {shows} has no effect: there is no record",
            [(origin, 1, entry, True)],
            fields=None,
        )
    desk = Lane(author="town hall")
    same_number = [origin.id, 1, H(b"another history")[:8]]
    for title, shows, lane, number, entry in (
        (
            "parent-elsewhere",
            "a parent of another record",
            origin,
            3,
            Entry(fields={"title": "x"}, record=1, parents=[2], counter=2),
        ),
        (
            "two-checks",
            "one entry named with two checks, of which one doesn't hold",
            desk,
            1,
            Entry(
                fields={"title": "x"},
                record=name,
                parents=sorted([name, same_number], key=cbor),
                counter=2,
            ),
        ),
    ):
        yield records.record(
            f"record-no-effect-{title}",
            f"no effect: {shows}",
            [begun, (lane, number, entry, True)],
            fields=said,
            versions=[(origin, 1)],
            counter=1,
        )
    opaque = Opaque(fields={}, record=1, parents=[1], counter=2)
    yield records.record(
        "record-opaque",
        "a payload without meaning: its entry has effect and says nothing",
        [begun, (origin, 2, opaque, True)],
        fields=said,
        versions=[(origin, 2)],
        counter=2,
    )
