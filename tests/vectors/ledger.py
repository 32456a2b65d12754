"""Examples for docs/spec/4-ledger.md: what is kept, and what is said of what is held."""

from collections.abc import Iterator, Sequence

from tests.vectors.chain import BOARD, ENTRIES
from tests.vectors.kit import (
    OTHER_TOWN,
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
    sign_head,
)

HEADS = [BOARD.id, *heads(BOARD.id, [entry.header for entry in ENTRIES])]
NODE = certificate("kamisato", "node")


def frontier(towns: Sequence[Sequence[object]]) -> tuple[list[object], bytes]:
    """Digests of each town's parts, and the one over all, from what is held.

    Each town: [code, [hash of a statement, …], [[class, audience, [lane as held, …]], …]].
    """
    told: list[object] = []
    for code, statements, parts in towns:
        assert isinstance(statements, list)
        assert isinstance(parts, list)
        told.append(
            [
                code,
                H(b"kairan/1 statements", *sorted(statements)),
                [[c, a, H(b"kairan/1 frontier", cbor(lanes))] for c, a, lanes in parts],
            ]
        )
    return told, H(b"kairan/1 held", cbor(told))


def _hex(value: object) -> object:
    match value:
        case bytes():
            return value.hex()
        case list():
            return [_hex(item) for item in value]
        case _:
            return value


def frontier_vectors() -> Iterator[Vector]:
    held = [BOARD.id, 4, HEADS[4], []]
    holes = [BOARD.id, 4, HEADS[4], [[1, 1], [3, 4]]]
    second = Lane(author="town hall")
    other = [second.id, 7, H(b"a head"), []]
    alert = Lane(author="town hall", class_=2, audience=2)
    abroad = Lane(author="a far node", town=OTHER_TOWN)
    for name, shows, towns in (
        ("no-town", "nothing asked for", []),
        ("nothing", "a town of which nothing is held", [[TOWN, [], []]]),
        ("one-lane", "one lane, whole", [[TOWN, [H(NODE)], [[4, 1, [held]]]]]),
        ("holes", "one lane with holes: another digest", [[TOWN, [H(NODE)], [[4, 1, [holes]]]]]),
        (
            "towns-and-parts",
            "two towns, several parts; all sorted",
            [
                [OTHER_TOWN, [], [[4, 1, [[abroad.id, 1, H(b"x"), []]]]]],
                [
                    TOWN,
                    sorted([H(NODE), H(b"another statement")]),
                    [
                        [2, 2, [[alert.id, 1, H(b"y"), []]]],
                        [4, 1, sorted([held, other], key=lambda item: cbor(item[0]))],
                    ],
                ],
            ],
        ),
    ):
        told, whole = frontier(towns)
        yield Vector(
            name=f"frontier-{name}",
            shows=shows,
            kind="frontier",
            bytes=cbor(towns),
            expect={"towns": _hex(told), "digest": whole.hex()},
        )


def _item(encoded: bytes) -> bytes:
    """As it stands in a parcel: a statement is a byte string there."""
    return encoded if encoded.startswith(b"\x86\x01") else cbor(encoded)


def ingest_vectors() -> Iterator[Vector]:
    """What becomes of a bundle, given what came before it."""

    def ingest(
        name: str,
        shows: str,
        value: list[object],
        before: Sequence[bytes],
        **expect: object,
    ) -> Vector:
        refused = expect.pop("refused", None)
        assert refused is None or isinstance(refused, str)
        return Vector(
            name=f"ingest-{name}",
            shows=shows,
            kind="ingest",
            bytes=cbor(value),
            given={
                "authorities": {TOWN: [public("authority").hex()]},
                "before": b"".join(map(_item, before)).hex(),
            },
            expect=None if refused else expect,
            refused=refused,
        )

    whole = bundle(BOARD, ENTRIES)
    start, end = bundle(BOARD, ENTRIES, last=2), bundle(BOARD, ENTRIES, first=3)
    bare = bundle(BOARD, ENTRIES, empty=[1, 3])
    forked = bundle(BOARD, [*ENTRIES[:2], Entry(fields={"title": "別の話"})])
    longer = bundle(BOARD, [*ENTRIES[:3], Entry(fields={"title": "別の話"}), ENTRIES[3]], first=4)
    later = {"outcome": "kept", "entries": 2, "payloads": 0}
    yield ingest(
        "new", "a lane not held so far", whole, [NODE], outcome="kept", entries=4, payloads=0
    )
    yield ingest("next", "the run that follows", end, [NODE, cbor(start)], **later)
    yield ingest("overlap", "a run that says some of it again", whole, [NODE, cbor(start)], **later)
    yield ingest(
        "again",
        "all held already: nothing changes",
        whole,
        [NODE, cbor(whole)],
        outcome="kept",
        entries=0,
        payloads=0,
    )
    yield ingest(
        "filling",
        "payloads close holes",
        whole,
        [NODE, cbor(bare)],
        outcome="kept",
        entries=0,
        payloads=2,
    )
    yield ingest(
        "emptied-after",
        "a payload that is held isn't lost by a run without it",
        bare,
        [NODE, cbor(whole)],
        outcome="kept",
        entries=0,
        payloads=0,
    )
    yield ingest("gap", "an earlier run is missing", end, [NODE], outcome="waiting")
    yield ingest(
        "no-certificate", "no certificate of the author is held", whole, [], outcome="waiting"
    )
    yield ingest(
        "fork-below",
        "another entry at a number that is held: the lane has forked, and both are kept",
        forked,
        [NODE, cbor(whole)],
        outcome="kept",
        entries=1,
        payloads=0,
    )
    yield ingest(
        "fork-next",
        "a run that continues from another head: where the lane forked isn't known yet",
        longer,
        [NODE, cbor(bundle(BOARD, [*ENTRIES[:2], Entry(fields={})]))],
        outcome="waiting",
    )
    yield ingest(
        "fork-first",
        "a first run that doesn't continue from the lane id, though signed so",
        _unrooted(),
        [NODE],
        refused="contradicts",
    )
    bad = [*whole[:5], sign_head(BOARD, 4, HEADS[4], "shimosato")]
    yield ingest("forged", "signed by somebody else", bad, [NODE], refused="signature")
    yield ingest(
        "certificate-first",
        "without a certificate the signature is not looked at",
        bad,
        [],
        outcome="waiting",
    )
    alert = bundle(Lane(author="kamisato", class_=2), ENTRIES)
    yield ingest("not-allowed", "a node's alert", alert, [NODE], refused="class")


def _unrooted() -> list[object]:
    before = H(b"not the lane id")
    whole = bundle(BOARD, ENTRIES)
    last = heads(before, [entry.header for entry in ENTRIES])[-1]
    return [*whole[:3], before, whole[4], sign_head(BOARD, 4, last)]


def vectors() -> Iterator[Vector]:
    yield from frontier_vectors()
    yield from ingest_vectors()
