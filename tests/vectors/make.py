"""Writes the examples beside the spec: `python -m tests.vectors.make`.

Run twice, it writes the same bytes. What is specified and not built yet has its examples here.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.vectors import (
    accounts,
    admitting,
    carrier,
    chain,
    columns,
    edges,
    entries,
    exchange,
    held,
    hiding,
    ledger,
    pictures,
    records,
    releases,
    sealing,
    subscribing,
    suspending,
    switching,
    trust,
)
from tests.vectors.kit import (
    TOWN,
    Entry,
    H,
    Lane,
    Vector,
    cbor,
    heads,
    public,
    read_as,
    sealed,
    sign_head,
)

FOLDER = Path(__file__).parent
BOARD = Lane(author="kamisato")


def fork_vectors() -> Iterator[Vector]:
    """Two histories of one lane, proved by their author's own signatures."""
    common = [Entry(fields={"title": "夏祭り"})]
    ours = heads(BOARD.id, [e.header for e in [*common, Entry(fields={"title": "一"})]])
    other = [Entry(fields={"title": text}) for text in ("二", "三", "四")]
    theirs = heads(BOARD.id, [e.header for e in [*common, *other]])

    def proof(**changed: object) -> list[object]:
        parts: dict[str, object] = {
            "domain": "kairan fork",
            "version": 1,
            "lane": BOARD.array,
            "n": 2,
            "head_a": ours[1],
            "signature_a": sign_head(BOARD, 2, ours[1]),
            "head_b": theirs[1],
            "between": [H(e.header) for e in other[1:]],
            "m": 4,
            "signature_b": sign_head(BOARD, 4, theirs[3]),
        }
        assert changed.keys() <= parts.keys()
        return list((parts | changed).values())

    same = proof(between=[], m=2, signature_b=sign_head(BOARD, 2, theirs[1]))
    for name, shows, value in (
        ("same-number", "two signatures at one number", same),
        ("later-number", "the second signature is two entries later", proof()),
    ):
        yield Vector(
            name=f"fork-proof-{name}",
            shows=shows,
            kind="fork proof",
            bytes=cbor(value),
            expect=read_as(value, cbor(value)),
        )
    honest = {
        "head_b": ours[1],
        "between": [],
        "m": 2,
        "signature_b": sign_head(BOARD, 2, ours[1]),
    }
    wrong: dict[str, tuple[str, str, dict[str, object]]] = {
        "same-head": ("one history, told twice", "malformed", honest),
        "gap": (
            "header hashes that don't lead to what was signed",
            "signature",
            {"between": [H(b"x"), H(b"y")]},
        ),
        "count": (
            "fewer header hashes than m − n",
            "malformed",
            {"between": [H(other[2].header)]},
        ),
        "signature-a": (
            "the first signature is another's",
            "signature",
            {"signature_a": sign_head(BOARD, 2, ours[1], "x")},
        ),
        "signature-b": (
            "the second signature is another's",
            "signature",
            {"signature_b": sign_head(BOARD, 4, theirs[3], "x")},
        ),
        "earlier": ("m before n", "malformed", {"m": 1, "between": []}),
        "version-true": ("true is not the integer 1", "malformed", {"version": True}),
    }
    for name, (shows, refused, changed) in wrong.items():
        yield Vector(
            name=f"fork-proof-{name}",
            shows=f"proves nothing: {shows}",
            kind="fork proof",
            bytes=cbor(proof(**changed)),
            refused=refused,
        )


def branch_vectors() -> Iterator[Vector]:
    """What a branch is called."""
    common, *parted = (Entry(fields={"title": text}) for text in ("夏祭り", "一", "二"))
    ours, theirs = (heads(BOARD.id, [common.header, e.header]) for e in parted)
    for name, at in (("ours", ours[1]), ("theirs", theirs[1])):
        yield Vector(
            name=f"branch-{name}",
            shows="what a branch is called: where it differs first, and its head there",
            kind="branch",
            bytes=cbor([BOARD.id, 2, at]),
            expect={"id": H(b"kairan/1 branch", BOARD.id, cbor(2), at).hex()},
        )


def order_vectors() -> Iterator[Vector]:
    """What an office orders of payloads: the fields of such entries."""
    three, seven, last = (bytes([n]) * 8 for n in (3, 7, 9))
    both = [[BOARD.id, 3, three], [BOARD.id, 7, seven]]
    odd = [[BOARD.id, 3, three[1:]], [BOARD.id, 0, three], [BOARD.id, True, three], "?", both[1]]
    run = [[BOARD.id, 1, 500, last], [BOARD.id, 5, 4, last]]
    erased = [[BOARD.id, 3, 3, three], [BOARD.id, 7, 7, seven]]
    for name, shows, fields, named in (
        (
            "erase",
            "these payloads go, everywhere",
            {"entries": both, "reason": "本人の求め"},
            erased,
        ),
        ("retain", "a range whose time is over, and one that is none", {"ranges": run}, run[:1]),
        ("erase", "an item that isn't one is passed over", {"entries": odd}, erased[1:]),
        ("erase", "a list that isn't one orders nothing", {"entries": "?"}, []),
        ("retain", "fields of the other act order nothing", {"entries": both}, []),
        ("burn", "an unknown act orders nothing", {"entries": both}, []),
    ):
        order = Entry(kind=f"order/{name}", fields=fields)
        yield Vector(
            name=f"order-{name}-{shows.split(',')[0].replace(' ', '-')}",
            shows=shows,
            kind="order",
            bytes=cbor([order.header, order.payload]),
            given={"lane_id": Lane(author="town hall", class_=1).id.hex()},
            expect={
                "orders": [
                    [item.hex() if isinstance(item, bytes) else item for item in each]
                    for each in named
                ]
            },
        )


def register(counter: int, ordinal: int = 1, value: object = 0, **other: object) -> bytes:
    name = str(other.get("name", "heads"))
    said = ["kairan register", 1, TOWN, [ordinal, BOARD.random], name, counter, value]
    signer = str(other.get("signer", "kamisato"))
    return sealed(
        cbor(said),
        type_="kairan-register",
        key_id=public("kamisato"),
        signer=signer,
    )


def register_vectors() -> Iterator[Vector]:
    """Newest values outside the ledger, and which of two is newer."""
    heads_held = [[BOARD.id, 7, H(b"a head")]]
    obeyed = {1: 1, 2: [1_790_000_000, 3], 3: [[BOARD.id[:8], 7, H(b"a head")[:8], 4]], 4: 0, 5: 2}
    for name, shows, encoded, payload in (
        (
            "heads",
            "how far an author's lanes go",
            register(5, value=heads_held),
            ["kairan register", 1, TOWN, [1, BOARD.random], "heads", 5, heads_held],
        ),
        (
            "obeyed",
            "all orders up to number 7 but the fourth, and two files on sticks since",
            register(5, value=obeyed, name="obeyed"),
            ["kairan register", 1, TOWN, [1, BOARD.random], "obeyed", 5, obeyed],
        ),
        (
            "next-life",
            "the first in a second life",
            register(1, 2),
            ["kairan register", 1, TOWN, [2, BOARD.random], "heads", 1, 0],
        ),
    ):
        yield Vector(
            name=f"register-{name}",
            shows=shows,
            kind="statement",
            bytes=encoded,
            expect=read_as([public("kamisato"), "kairan-register", payload], encoded),
        )
    yield Vector(
        name="register-wrong-signature",
        shows="signed by another than it names",
        kind="statement",
        bytes=register(5, signer="shimosato"),
        refused="signature",
    )


def newest_vectors() -> Iterator[Vector]:
    """Which of several is kept, and one digest over all."""
    for name, shows, both in (
        ("counter", "the larger counter wins", [register(4), register(5)]),
        ("ordinal", "a later life wins over a larger counter", [register(9), register(1, 2)]),
    ):
        yield Vector(
            name=f"registers-{name}",
            shows=shows,
            kind="newest register",
            bytes=cbor(both),
            expect={"newest": 1},
        )
    tie = [register(4, value=1), register(4, value=2)]
    yield Vector(
        name="registers-tie",
        shows="all alike: the largest register, bytewise",
        kind="newest register",
        bytes=cbor(tie),
        expect={"newest": tie.index(max(tie))},
    )
    held = [register(5), register(1, 2)]
    yield Vector(
        name="registers-digest",
        shows="one digest over the registers of a town",
        kind="registers digest",
        bytes=cbor(held),
        expect={"digest": H(b"kairan/1 registers", *sorted(H(r) for r in held)).hex()},
    )


def erasure_vectors() -> Iterator[Vector]:
    """The number on the receipt of a request to erase something."""
    for number in (1, 300):
        request = cbor([BOARD.id, number])
        digest = H(b"kairan/1 erasure receipt", request)
        yield Vector(
            name=f"erasure-code-of-entry-{number}",
            shows="eight digits, the first ones too",
            kind="erasure code",
            bytes=request,
            expect={"code": f"{int.from_bytes(digest[:8], 'big') % 10**8:08}"},
        )


def pages() -> Mapping[str, Callable[[], list[Vector]]]:
    """The examples of each page of the spec: of bytes, and of what machines make of them."""
    return {
        "0-notation": lambda: [*entries.notation_vectors(), *edges.notation_vectors()],
        "1-entries": lambda: [*entries.vectors(), *edges.entry_vectors()],
        "2-chain": lambda: [*chain.vectors(), *edges.chain_vectors()],
        "3-trust": lambda: [*trust.vectors(), *edges.trust_vectors()],
        "4-ledger": lambda: list(fork_vectors()),
        "5-exchange": lambda: list(exchange.vectors()),
        "7-registers": lambda: [*register_vectors(), *edges.register_vectors()],
        "13-releases": lambda: list(releases.vectors()),
        "rules/1-entries": lambda: [*entries.rules(), *records.vectors(), *held.record_vectors()],
        "rules/2-chain": lambda: list(chain.parcel_vectors()),
        "rules/3-trust": lambda: [
            *trust.rules(),
            *held.permission_vectors(),
            *subscribing.fingerprints(),
            *accounts.vectors(),
            *hiding.vectors(),
            *suspending.vectors(),
            *admitting.vectors(),
            *switching.vectors(),
        ],
        "rules/4-ledger": lambda: [
            *ledger.vectors(),
            *branch_vectors(),
            *order_vectors(),
            *erasure_vectors(),
            *held.vectors(),
            *subscribing.vectors(),
        ],
        "rules/5-exchange": lambda: list(exchange.rules()),
        "rules/6-carrier": lambda: list(carrier.vectors()),
        "rules/7-registers": lambda: list(newest_vectors()),
        "rules/9-columns": lambda: list(columns.vectors()),
        "rules/11-sealed": lambda: list(sealing.vectors()),
        "rules/12-pictures": lambda: list(pictures.vectors()),
    }


def written(vectors: list[Vector]) -> str:
    """A page's file: one example per line, so that a change shows as one."""
    assert len({vector.name for vector in vectors}) == len(vectors)
    lines = (json.dumps(vector.as_json(), ensure_ascii=False) for vector in vectors)
    return '{"vectors": [\n' + ",\n".join(lines) + "\n]}\n"


if __name__ == "__main__":
    for page, vectors in pages().items():
        (FOLDER / f"{page}.json").write_text(written(vectors()), encoding="utf-8")
