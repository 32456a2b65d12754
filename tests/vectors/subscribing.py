"""Examples of subscriptions: which are in force, and what two machines then compare."""

from collections.abc import Iterator, Sequence

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
    heads,
    public,
    replacement,
)
from tests.vectors.ledger import _hex, frontier

OURS, THEIRS = public("authority"), public("other authority")
NODE_ONLY = {TOWN: [OURS.hex()]}
OF_BOTH = NODE_ONLY | {OTHER_TOWN: [THEIRS.hex()]}
OFFICE = certificate("town hall", "office")
NODE = certificate("kamisato", "node")
AWAY = certificate("far node", "node", signer="other authority", towns=[OTHER_TOWN])
AWAY_OFFICE = certificate("far hall", "office", signer="other authority", towns=[OTHER_TOWN])
DECIDING = Lane(author="town hall", class_=1, audience=2)
OPENED = Lane(author="far node", town=OTHER_TOWN, audience=2)
INSIDE = Lane(author="far node", town=OTHER_TOWN)
WARNING = Lane(author="far hall", town=OTHER_TOWN, class_=2, audience=2)
POST = [Entry(fields={"title": "隣の祭り"})]
SECRET = [Entry(fields={"title": "町の中だけの話"})]

Part = list[object]
Held = tuple[Lane, Sequence[Entry]]


def whom(*keys: object, town: str = OTHER_TOWN) -> dict[str, object]:
    return {"town": town, "keys": [*keys], "name": "隣町"}


def decision(**fields: object) -> Entry:
    return Entry(kind="subscription/write", fields=fields or whom(THEIRS))


BACK = Entry(
    kind="subscription/write", fields={"withdrawn": True}, record=1, parents=[1], counter=2
)


def fingerprints() -> Iterator[Vector]:
    for name, value in (
        ("one-key", [TOWN, OURS]),
        ("two-keys", [OTHER_TOWN, THEIRS, OURS]),
        ("two-keys-in-other-places", [OTHER_TOWN, OURS, THEIRS]),
    ):
        number = int.from_bytes(H(b"kairan/1 fingerprint", cbor(value)), "big")
        digits = f"{number % 10**30:030}"
        yield Vector(
            name=f"fingerprint-{name}",
            shows="what people read to each other: the last 30 digits, in six groups",
            kind="fingerprint",
            bytes=cbor(value),
            expect={"digits": " ".join(digits[at : at + 5] for at in range(0, 30, 5))},
        )


def _scope(
    name: str,
    shows: str,
    items: Sequence[object],
    *,
    compared: Sequence[tuple[str, Sequence[bytes], Sequence[Held]]],
    in_force: Sequence[tuple[str, str, Sequence[bytes]]] = ((TOWN, OTHER_TOWN, [THEIRS]),),
    authorities: dict[str, list[str]] = OF_BOTH,
    outcomes: Sequence[str] = (),
) -> Vector:
    """`compared`: per town, the statements that count, and the lanes with all their entries."""
    told = [
        [
            town,
            sorted(map(H, statements)),
            [
                [lane.class_, lane.audience, [[lane.id, len(entries), _last(lane, entries), []]]]
                for lane, entries in sorted(lanes, key=lambda each: each[0].class_)
            ],
        ]
        for town, statements, lanes in sorted(compared)
    ]
    towns, digest = frontier(told)
    return Vector(
        name=f"scope-{name}",
        shows=shows,
        kind="scope",
        bytes=b"".join(map(cbor, items)),
        given={"authorities": authorities, "towns": [TOWN]},
        expect={
            "outcomes": [*outcomes, *["kept"] * (len(items) - len(outcomes))],
            "subscriptions": [
                [by, town, [key.hex() for key in keys]] for by, town, keys in in_force
            ],
            "towns": _hex(towns),
            "digest": digest.hex(),
        },
    )


def _last(lane: Lane, entries: Sequence[Entry]) -> bytes:
    return heads(lane.id, [entry.header for entry in entries])[-1]


def vectors() -> Iterator[Vector]:
    subscribed = bundle(DECIDING, [decision()])
    away = [AWAY, bundle(OPENED, POST), bundle(INSIDE, SECRET)]
    ours = (TOWN, [OFFICE], [(DECIDING, [decision()])])
    theirs = (OTHER_TOWN, [AWAY], [(OPENED, POST)])
    yield _scope(
        "none",
        "a hub of both towns: without a decision, of the other town nothing is compared",
        [OFFICE, *away],
        compared=[(TOWN, [OFFICE], [])],
        in_force=[],
    )
    yield _scope(
        "hub",
        "a hub of both: of the other town its open lanes, and what its key signed",
        [OFFICE, *away, subscribed],
        compared=[ours, theirs],
    )
    yield _scope(
        "machine",
        "a machine of the one: the same, and it refuses all else of the other town",
        [OFFICE, subscribed, *away],
        compared=[ours, theirs],
        authorities=NODE_ONLY,
        outcomes=["kept", "kept", "kept", "kept", "foreign"],
    )
    warned = bundle(WARNING, POST)
    yield _scope(
        "classes",
        "of open lanes those of classes trust, board and picture alone",
        [OFFICE, AWAY_OFFICE, warned, *away, subscribed],
        compared=[ours, (OTHER_TOWN, [AWAY, AWAY_OFFICE], [(OPENED, POST)])],
    )
    yield _scope(
        "class-refused",
        "an alert of the other town is refused, though it is open",
        [OFFICE, subscribed, AWAY_OFFICE, warned],
        compared=[ours, (OTHER_TOWN, [AWAY_OFFICE], [])],
        authorities=NODE_ONLY,
        outcomes=["kept", "kept", "kept", "foreign"],
    )
    both = certificate("shared", "node", signer="other authority", towns=[OTHER_TOWN, THIRD_TOWN])
    third = {THIRD_TOWN: [THEIRS.hex()]}
    yield _scope(
        "vouched",
        "what that key alone doesn't vouch for isn't compared: a certificate for a third town too",
        [
            OFFICE,
            both,
            bundle(Lane(author="shared", town=OTHER_TOWN, audience=2), POST),
            subscribed,
        ],
        compared=[ours, (OTHER_TOWN, [], [])],
        authorities=OF_BOTH | third,
    )
    other = public("next authority")
    step = replacement("other authority", "next authority", signer="other authority")
    again = certificate("far node", "node", signer="next authority", towns=[OTHER_TOWN])
    yield _scope(
        "replaced",
        "another key takes the authority's place there: its word counts here",
        [OFFICE, subscribed, AWAY, bundle(OPENED, POST), step, again],
        compared=[ours, (OTHER_TOWN, [step, again], [(OPENED, POST)])],
        authorities=NODE_ONLY,
    )
    two = decision(**whom(THEIRS, other))
    yield _scope(
        "two-keys",
        "of decisions that name other keys for one town the largest keys count",
        [OFFICE, bundle(DECIDING, [decision(), two]), AWAY],
        compared=[(TOWN, [OFFICE], [(DECIDING, [decision(), two])]), (OTHER_TOWN, [AWAY], [])],
        in_force=[(TOWN, OTHER_TOWN, [THEIRS]), (TOWN, OTHER_TOWN, [THEIRS, other])],
        authorities=NODE_ONLY,
    )
    many = [decision(**whom(public(f"key {n}"), town=THIRD_TOWN)) for n in range(64)]
    yield _scope(
        "newest-64",
        "of one lane the newest 64 decisions count: the first of these 65 doesn't",
        [OFFICE, bundle(DECIDING, [decision(), *many]), *away],
        compared=[(TOWN, [OFFICE], [(DECIDING, [decision(), *many])]), (THIRD_TOWN, [], [])],
        in_force=sorted((TOWN, THIRD_TOWN, [public(f"key {n}")]) for n in range(64)),
    )
    odd = decision(**whom(OURS))
    yield _scope(
        "other-key",
        "a key that is no authority's there vouches for nothing",
        [OFFICE, *away, bundle(DECIDING, [odd])],
        compared=[(TOWN, [OFFICE], [(DECIDING, [odd])]), (OTHER_TOWN, [], [])],
        in_force=[(TOWN, OTHER_TOWN, [OURS])],
    )
    yield _scope(
        "withdrawn",
        "a decision that was withdrawn is none, and what was taken goes",
        [OFFICE, subscribed, AWAY, bundle(OPENED, POST), bundle(DECIDING, [decision(), BACK])],
        compared=[(TOWN, [OFFICE], [(DECIDING, [decision(), BACK])])],
        in_force=[],
        authorities=NODE_ONLY,
    )
    later = [decision(), BACK, decision()]
    yield _scope(
        "again",
        "a later one stands for itself; what came before it comes again",
        [OFFICE, bundle(DECIDING, later), AWAY, bundle(OPENED, POST)],
        compared=[(TOWN, [OFFICE], [(DECIDING, later)]), theirs],
        authorities=NODE_ONLY,
    )
    by_node = Lane(author="kamisato", class_=1, audience=2)
    yield _scope(
        "by-a-node",
        "a node decides nothing for its town",
        [NODE, bundle(by_node, [decision()]), *away],
        compared=[(TOWN, [NODE], [(by_node, [decision()])])],
        in_force=[],
    )
    on_board = Lane(author="town hall", audience=2)
    yield _scope(
        "on-a-board",
        "nor does an entry in another class",
        [OFFICE, bundle(on_board, [decision()]), *away],
        compared=[(TOWN, [OFFICE], [(on_board, [decision()])])],
        in_force=[],
    )
    for name, fields in (
        ("itself", whom(OURS, town=TOWN)),
        ("no-town", whom(THEIRS, town="123456")),
        ("short-key", whom(THEIRS[1:])),
        ("no-key", whom()),
        ("one-key-twice", whom(THEIRS, THEIRS)),
        ("text-for-a-key", whom(THEIRS, "x")),
    ):
        said = decision(**fields)
        yield _scope(
            f"of-{name}",
            "what names no other town and key of it says nothing",
            [OFFICE, bundle(DECIDING, [said])],
            compared=[(TOWN, [OFFICE], [(DECIDING, [said])])],
            in_force=[],
        )
