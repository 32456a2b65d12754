"""Examples for docs/spec/5-exchange.md."""

from collections.abc import Iterator

from tests.vectors.chain import BOARD, parcel
from tests.vectors.kit import (
    OTHER_TOWN,
    TOWN,
    H,
    Pieces,
    Vector,
    cbor,
    public,
    read_as,
    sealed,
    short,
)
from tests.vectors.ledger import HEADS, NODE, frontier

HELD = [BOARD.id, 4, HEADS[4], []]
HOLED = [BOARD.id, 9, H(b"a head"), [[1, 1], [3, 5], [9, 9]]]
SUMMARY = [[H(NODE)], [HELD]]
DIGEST = frontier([[TOWN, [H(NODE)], [[4, 1, [HELD]]]]])[1]
OTHER_DIGEST = frontier([[TOWN, [H(NODE)], []]])[1]


def summary_vectors() -> Iterator[Vector]:
    two = sorted([HELD, [H(b"another lane"), 1, H(b"y"), []]], key=lambda lane: cbor(lane[0]))
    hashes = sorted([H(b"1"), H(b"2")])
    for name, shows, value in (
        ("nothing", "a machine that holds nothing", [[], []]),
        ("one-lane", "a statement and a lane", SUMMARY),
        ("sorted", "statements and lanes, sorted", [hashes, two]),
        ("holes", "a lane with holes, as ranges", [[], [HOLED]]),
    ):
        yield Vector(
            name=f"summary-{name}",
            shows=shows,
            kind="summary",
            bytes=cbor(value),
            expect=read_as(value, cbor(value)),
        )

    def holed(*holes: object) -> list[object]:
        return [[], [[BOARD.id, 9, H(b"a head"), list(holes)]]]

    for name, shows, wrong in (
        ("statements-unsorted", "statements out of order", [hashes[::-1], []]),
        ("statements-twice", "a statement named twice", [[hashes[0]] * 2, []]),
        ("lanes-unsorted", "lanes out of order", [[], two[::-1]]),
        ("lanes-twice", "a lane named twice", [[], [HELD, HELD]]),
        ("empty-lane", "a lane of which nothing is held", [[], [[BOARD.id, 0, BOARD.id, []]]]),
        ("number-true", "true is not the integer 1", [[], [[BOARD.id, True, HEADS[1], []]]]),
        ("holes-unsorted", "holes out of order", holed([3, 4], [1, 1])),
        ("holes-overlap", "holes that overlap", holed([1, 3], [3, 4])),
        ("holes-touch", "holes that touch: they are one", holed([1, 2], [3, 4])),
        ("holes-backwards", "a hole that ends before it begins", holed([4, 3])),
        ("holes-0", "entries are numbered from 1", holed([0, 1])),
        ("holes-past-end", "a hole past the lane's number", holed([9, 10])),
        (
            "holes-endless",
            "a hole of more numbers than anybody can count",
            holed([1, (1 << 63) - 1]),
        ),
        ("short-hash", "a hash of 31 bytes", [[bytes(31)], []]),
        ("of-one", "half a summary", [[]]),
    ):
        yield Vector(
            name=f"summary-{name}",
            shows=shows,
            kind="summary",
            bytes=cbor(wrong),
            refused="malformed",
        )
    yield Vector(
        name="summary-20001-lanes",
        shows="more lanes than the limit (and the same one each time)",
        kind="summary",
        bytes=Pieces((b"\x82\x80\x99\x4e\x21", (cbor(HELD), 20_001))),
        refused="too large",
    )


def offer(body: object, *, signer: str = "kamisato", sender: str = "kamisato") -> bytes:
    return sealed(cbor(body), type_="kairan-offer", key_id=short(sender), signer=signer)


def answer(body: object, *, signer: str = "hub", sender: str = "hub") -> bytes:
    return sealed(cbor(body), type_="kairan-answer", key_id=short(sender), signer=signer)


OFFER: dict[int, object] = {1: 1, 2: short("hub"), 3: 7, 4: DIGEST, 9: "kairan 0.1.0"}
OFFERED = offer(OFFER)


def offer_vectors() -> Iterator[Vector]:
    given = {"sender": public("kamisato").hex()}
    wrapped = cbor([1, 0, parcel()])
    for name, shows, body in (
        ("short", "nothing changed since the last agreement: the digest alone", OFFER),
        ("summary", "with what is held", OFFER | {6: SUMMARY}),
        ("parcel", "with what the other is thought to lack", OFFER | {6: SUMMARY, 7: wrapped}),
        ("towns", "for some towns only", OFFER | {5: sorted([TOWN, OTHER_TOWN])}),
        ("no-town", "for no town at all", OFFER | {5: []}),
        ("unknown-key", "unknown keys are passed over", OFFER | {20: "?"}),
        ("largest-counter", "the largest counter there is", OFFER | {3: 1 << 62}),
    ):
        message = offer(body)
        yield Vector(
            name=f"offer-{name}",
            shows=shows,
            kind="offer",
            bytes=message,
            given=given,
            expect=read_as([short("kamisato"), "kairan-offer", body], message),
        )
    for name, shows, wrong in (
        ("version-2", "a version that this one doesn't know", OFFER | {1: 2}),
        ("version-true", "true is not the integer 1", OFFER | {1: True}),
        ("counter-0", "counters begin at 1", OFFER | {3: 0}),
        ("counter-over", "a counter past the largest", OFFER | {3: (1 << 62) + 1}),
        ("counter-true", "true is not the integer 1", OFFER | {3: True}),
        ("short-digest", "a digest of 31 bytes", OFFER | {4: bytes(31)}),
        ("towns-unsorted", "towns out of order", OFFER | {5: [TOWN, OTHER_TOWN]}),
        ("towns-twice", "a town named twice", OFFER | {5: [TOWN, TOWN]}),
        ("towns-null", "an absent list is an absent key", OFFER | {5: None}),
        ("towns-check-digit", "a town whose check digit is wrong", OFFER | {5: ["131017"]}),
        ("summary-null", "an absent summary is an absent key", OFFER | {6: None}),
        (
            "parcel-version-2",
            "wrapped in a way that this version doesn't know",
            OFFER | {7: cbor([2, 0, b""])},
        ),
        ("parcel-null", "an absent parcel is an absent key", OFFER | {7: None}),
        ("software-33", "a software's name of 33 characters", OFFER | {9: "x" * 33}),
        (
            "no-software",
            "an offer without the software's name",
            {k: v for k, v in OFFER.items() if k != 9},
        ),
        ("long-to", "a recipient that isn't a short name", OFFER | {2: public("hub")}),
        ("array", "a body that isn't a map", [1]),
    ):
        yield Vector(
            name=f"offer-{name}",
            shows=shows,
            kind="offer",
            bytes=offer(wrong),
            given=given,
            refused="malformed",
        )
    yield Vector(
        name="offer-of-an-answer",
        shows="an answer where an offer is expected",
        kind="offer",
        bytes=answer(OFFER, signer="kamisato", sender="kamisato"),
        given=given,
        refused="malformed",
    )
    yield Vector(
        name="offer-forged",
        shows="signed by another than it names",
        kind="offer",
        bytes=offer(OFFER, signer="shimosato"),
        given=given,
        refused="signature",
    )


def answer_vectors() -> Iterator[Vector]:
    given = {"sender": public("hub").hex()}
    base: dict[int, object] = {
        1: 1,
        2: short("kamisato"),
        3: 7,
        9: "kairan 0.1.0",
        11: H(OFFERED)[:16],
    }
    good = base | {4: DIGEST, 5: [0, 0, 0]}
    wrapped = cbor([1, 0, parcel()])
    for name, shows, body in (
        ("synced", "the digests are equal", good),
        (
            "differs",
            "the other holds something else: it says what",
            base | {4: OTHER_DIGEST, 5: [2, 1, 0], 6: SUMMARY},
        ),
        (
            "parcel",
            "with what the offerer lacks, cut by the budget",
            good | {6: SUMMARY, 7: wrapped, 10: True},
        ),
        ("unknown-key", "unknown keys are passed over", good | {20: "?"}),
    ):
        yield _answer(name, shows, body)
    for why, shows, counter in (
        ("unknown", "no certificate of the offerer is held", 7),
        ("counter", "the counter was seen before: here is the largest", 41),
        ("recipient", "the offer was meant for another", 7),
        ("town", "a town that the certificate doesn't name", 7),
    ):
        body = base | {3: counter, 12: why}
        yield _answer(f"declined-{why}", shows, body)
    for name, shows, wrong in (
        ("version-2", "a version that this one doesn't know", good | {1: 2}),
        ("version-true", "true is not the integer 1", good | {1: True}),
        ("no-digest", "neither a digest nor a refusal", base),
        ("receipt-negative", "fewer than no bundles", good | {5: [-1, 0, 0]}),
        ("receipt-true", "true is not the integer 1", good | {5: [True, 0, 0]}),
        ("receipt-of-two", "a receipt without its last number", good | {5: [0, 0]}),
        ("refusal-unknown", "a refusal that this version doesn't know", base | {12: "weather"}),
        (
            "refusal-counter-over",
            "a counter past the largest",
            base | {3: (1 << 62) + 1, 12: "counter"},
        ),
        ("more-false", "what isn't so is an absent key", good | {10: False}),
        ("software-33", "a software's name of 33 characters", good | {9: "x" * 33}),
    ):
        yield Vector(
            name=f"answer-{name}",
            shows=shows,
            kind="answer",
            bytes=answer(wrong),
            given=given,
            refused="malformed",
        )
    for name, shows, message in (
        ("forged", "signed by another than it names", answer(good, signer="shimosato")),
        (
            "by-another",
            "made and signed by another machine",
            answer(good, signer="shimosato", sender="shimosato"),
        ),
    ):
        yield Vector(
            name=f"answer-{name}",
            shows=shows,
            kind="answer",
            bytes=message,
            given=given,
            refused="signature",
        )


def _answer(name: str, shows: str, body: dict[int, object]) -> Vector:
    message = answer(body)
    return Vector(
        name=f"answer-{name}",
        shows=shows,
        kind="answer",
        bytes=message,
        given={"sender": public("hub").hex()},
        expect=read_as([short("hub"), "kairan-answer", body], message),
    )


def rules() -> Iterator[Vector]:
    """Whether an answer is one to what was offered, and what it says."""
    good: dict[int, object] = {1: 1, 2: short("kamisato"), 3: 7, 9: "k", 11: H(OFFERED)[:16]}
    good |= {4: DIGEST, 5: [0, 0, 0]}
    no: dict[int, object] = {k: v for k, v in good.items() if k not in (4, 5)}
    for name, shows, body, expect in (
        ("same-digest", "equal digests: synced", good, {"synced": True}),
        ("other-digest", "different digests", good | {4: OTHER_DIGEST}, {"synced": False}),
        ("refusal", "a refusal is an answer", no | {12: "town"}, {"declined": "town"}),
        (
            "counter-seen",
            "with refusal `counter` key 3 is the largest that was seen",
            no | {3: 41, 12: "counter"},
            {"declined": "counter", "counter": 41},
        ),
        ("to-another", "for another machine", good | {2: short("shimosato")}, None),
        ("to-another-offer", "the answer to another offer", good | {11: bytes(16)}, None),
        ("other-counter", "another counter than the offer's", good | {3: 8}, None),
        ("refusal-counter", "so with any other refusal", no | {3: 8, 12: "town"}, None),
    ):
        yield Vector(
            name=f"answer-to-offer-{name}",
            shows=shows,
            kind="answer to an offer",
            bytes=answer(body),
            given={
                "sender": public("hub").hex(),
                "offerer": public("kamisato").hex(),
                "offer": OFFERED.hex(),
            },
            expect=expect,
            refused=None if expect else "signature",
        )


def vectors() -> Iterator[Vector]:
    yield from summary_vectors()
    yield from offer_vectors()
    yield from answer_vectors()
