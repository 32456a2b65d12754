"""Examples for docs/spec/5-exchange.md."""

from collections.abc import Iterator

from cbor2 import loads

from tests.vectors.chain import BOARD, parcel
from tests.vectors.kit import (
    OTHER_TOWN,
    TOWN,
    H,
    Pieces,
    Vector,
    cbor,
    key,
    public,
    read_as,
    short,
    to_be_signed,
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


def signed(parts: list[object], about: list[object], signer: str) -> bytes:
    """A message: its parts, and a signature over what it is about, too."""
    to_sign = to_be_signed(cbor({1: -8}), cbor([*about, *parts]))
    return cbor([*parts, key(signer).sign(to_sign)])


def offer(parts: list[object], *, signer: str = "kamisato", to: str = "hub") -> bytes:
    return signed(parts, ["kairan offer", 1, public(to)], signer)


def answer(parts: list[object], *, signer: str = "hub", to: bytes = b"") -> bytes:
    return signed(parts, ["kairan answer", 1, H(to or OFFERED)], signer)


SOFTWARE: dict[int, object] = {6: "kairan 0.1.0"}
WRAPPED = cbor([1, 0, parcel()])
BASE = OTHER_DIGEST[:8]
PLACE = BOARD.id + b"\xff" * 32


def offered(
    further: dict[int, object] | None = None, *, counter: object = 7, digest: object = DIGEST
) -> list[object]:
    return [short("kamisato"), counter, digest, SOFTWARE | (further or {})]


def answered(further: dict[int, object] | None = None, *, said: object = True) -> list[object]:
    return [said, SOFTWARE | (further or {})]


OFFERED = offer(offered())
OFFERED_PARCEL = offer(offered({4: WRAPPED, 5: bytes(16)}))
OFFER_GIVEN = {"sender": public("kamisato").hex(), "to": public("hub").hex()}
NOTHING: dict[str, object] = {"receipt": None, "registers": ""}
ANSWER_GIVEN = {"sender": public("hub").hex(), "offer": OFFERED.hex()}


def good_offer(name: str, shows: str, parts: list[object]) -> Vector:
    message = offer(parts)
    return Vector(
        name=f"offer-{name}",
        shows=shows,
        kind="offer",
        bytes=message,
        given=OFFER_GIVEN,
        expect=read_as(loads(message), message),
    )


def bad_offer(name: str, shows: str, message: bytes, why: str = "malformed") -> Vector:
    return Vector(
        name=f"offer-{name}",
        shows=shows,
        kind="offer",
        bytes=message,
        given=OFFER_GIVEN,
        refused=why,
    )


def offer_vectors() -> Iterator[Vector]:
    for name, shows, parts in (
        ("short", "nothing changed since the last agreement: the digest alone", offered()),
        ("summary", "with what is held", offered({3: SUMMARY})),
        ("parcel", "what changed since the base comes along", offered({2: BASE, 4: WRAPPED})),
        ("changes", "what changed since the base is told", offered({2: BASE, 3: SUMMARY})),
        (
            "more",
            "not all that changed fits",
            offered({2: BASE, 3: SUMMARY, 4: WRAPPED, 7: True}),
        ),
        ("part", "the first part of what is held", offered({3: SUMMARY, 10: [b"", PLACE]})),
        ("all-registers", "not only those that are new", offered({5: bytes(16), 12: True})),
        ("budget", "the line is slow: no large answer", offered({11: 65_536})),
        ("budget-largest", "the largest there is", offered({11: 8 << 20})),
        ("last-part", "the part behind it", offered({3: [[], []], 10: [PLACE, b"\xff" * 64]})),
        ("towns", "for some towns only", offered({1: sorted([TOWN, OTHER_TOWN])})),
        ("no-town", "for no town at all", offered({1: []})),
        ("registers", "registers are held", offered({5: bytes(16)})),
        ("unknown-key", "unknown keys are passed over", offered({20: "?"})),
        ("largest-counter", "the largest counter there is", offered(counter=1 << 62)),
        ("software-32", "a software's name of 32 characters", offered({6: "村" * 32})),
    ):
        yield good_offer(name, shows, parts)
    for name, shows, wrong in (
        ("counter-0", "counters begin at 1", offered(counter=0)),
        ("counter-over", "a counter past the largest", offered(counter=(1 << 62) + 1)),
        ("counter-true", "true is not the integer 1", offered(counter=True)),
        ("short-digest", "a digest of 31 bytes", offered(digest=bytes(31))),
        ("towns-unsorted", "towns out of order", offered({1: [TOWN, OTHER_TOWN]})),
        ("towns-twice", "a town named twice", offered({1: [TOWN, TOWN]})),
        ("towns-null", "an absent list is an absent key", offered({1: None})),
        ("towns-check-digit", "a town whose check digit is wrong", offered({1: ["131017"]})),
        ("base-short", "a base of seven bytes", offered({2: bytes(7)})),
        ("summary-null", "an absent summary is an absent key", offered({3: None})),
        ("all-registers-false", "what isn't so is an absent key", offered({12: False})),
        ("budget-0", "an answer of nothing", offered({11: 0})),
        ("budget-over", "more than any message holds", offered({11: (8 << 20) + 1})),
        ("budget-true", "true is not the integer 1", offered({11: True})),
        ("budget-null", "an absent budget is an absent key", offered({11: None})),
        ("span-short", "a place of 63 bytes", offered({3: SUMMARY, 10: [b"", PLACE[:63]]})),
        ("span-of-one", "where it begins, and no more", offered({3: SUMMARY, 10: [PLACE]})),
        ("span-null", "an absent span is an absent key", offered({3: SUMMARY, 10: None})),
        ("parcel-version-2", "wrapped in an unknown way", offered({4: cbor([2, 0, b""])})),
        ("parcel-null", "an absent parcel is an absent key", offered({4: None})),
        ("parcel-inlined", "a parcel that isn't a byte string", offered({4: [1, 0, b""]})),
        ("registers-short", "15 bytes of a digest", offered({5: bytes(15)})),
        ("registers-null", "no registers: an absent key", offered({5: None})),
        ("software-33", "a software's name of 33 characters", offered({6: "x" * 33})),
        ("no-software", "without the software's name", [*offered()[:3], {}]),
        ("more-false", "what isn't so is an absent key", offered({7: False})),
        ("long-sender", "a sender that isn't a short name", [public("kamisato"), *offered()[1:]]),
        ("array", "an array where a map is expected", [*offered()[:3], [6]]),
        ("of-six", "one part more than an offer has", [*offered(), 0]),
        ("of-an-answer", "an answer where an offer is expected", answered()),
    ):
        yield bad_offer(name, shows, offer(wrong))
    for name, shows, message in (
        ("forged", "signed by another than it names", offer(offered(), signer="shimosato")),
        ("to-another", "made for another machine", offer(offered(), to="shimosato")),
        (
            "version-2",
            "signed as one of another version",
            signed(offered(), ["kairan offer", 2, public("hub")], "kamisato"),
        ),
    ):
        yield bad_offer(name, shows, message, "signature")


def good_answer(name: str, shows: str, parts: list[object]) -> Vector:
    message = answer(parts)
    return Vector(
        name=f"answer-{name}",
        shows=shows,
        kind="answer",
        bytes=message,
        given=ANSWER_GIVEN,
        expect=read_as(loads(message), message),
    )


def bad_answer(name: str, shows: str, message: bytes, why: str = "malformed") -> Vector:
    return Vector(
        name=f"answer-{name}",
        shows=shows,
        kind="answer",
        bytes=message,
        given=ANSWER_GIVEN,
        refused=why,
    )


def answer_vectors() -> Iterator[Vector]:
    differs = answered(said=OTHER_DIGEST)
    for name, shows, parts in (
        ("synced", "the digests are equal", answered()),
        ("differs", "another digest: it holds something else", differs),
        ("summary", "it says what it holds", answered({3: SUMMARY}, said=OTHER_DIGEST)),
        (
            "part",
            "it says what it holds of the part that the offer told",
            answered({3: SUMMARY, 10: [b"", PLACE]}, said=OTHER_DIGEST),
        ),
        ("changes", "since the base", answered({2: BASE, 3: [[], []]}, said=OTHER_DIGEST)),
        (
            "parcel",
            "with what the offerer lacks, cut by the budget",
            answered({4: WRAPPED, 7: True}, said=OTHER_DIGEST),
        ),
        ("registers", "it holds other registers", answered({5: bytes(16)})),
        ("unknown-key", "unknown keys are passed over", answered({20: "?"})),
        ("declined-unknown", "no certificate of the offerer is held", answered(said="unknown")),
        (
            "declined-counter",
            "the counter was seen before: here is the largest",
            answered({9: 41}, said="counter"),
        ),
        ("declined-town", "a town that the certificate doesn't name", answered(said="town")),
    ):
        yield good_answer(name, shows, parts)
    for name, shows, wrong in (
        ("false", "neither a digest nor a refusal", answered(said=False)),
        ("short-digest", "a digest of 31 bytes", answered(said=bytes(31))),
        ("refusal-unknown", "a refusal that this version doesn't know", answered(said="weather")),
        ("refusal-no-counter", "without the largest counter", answered(said="counter")),
        (
            "refusal-counter-over",
            "a counter past the largest",
            answered({9: (1 << 62) + 1}, said="counter"),
        ),
        ("refusal-odd-counter", "with a counter", answered({9: 41}, said="town")),
        ("more-false", "what isn't so is an absent key", answered({7: False})),
        ("software-33", "a software's name of 33 characters", answered({6: "x" * 33})),
        ("of-three", "one part more than an answer has", [*answered(), 0]),
    ):
        yield bad_answer(name, shows, answer(wrong))
    for name, shows, message in (
        ("forged", "signed by another than was asked", answer(answered(), signer="shimosato")),
        ("to-another", "to another offer", answer(answered(), to=OFFERED_PARCEL)),
    ):
        yield bad_answer(name, shows, message, "signature")


def rules() -> Iterator[Vector]:
    """Whether an answer is one to what was offered, and what it says."""
    receipt: dict[int, object] = {8: [2, 1, 0]}
    other = answered(said=OTHER_DIGEST)
    examples: list[tuple[str, str, bytes, list[object], dict[str, object] | None]] = [
        ("same", "equal digests: synced", OFFERED, answered(), {"synced": True, **NOTHING}),
        ("other", "different digests", OFFERED, other, {"synced": False, **NOTHING}),
        ("refusal", "a refusal is an answer", OFFERED, answered(said="town"), {"declined": "town"}),
        (
            "counter",
            "with refusal `counter` comes the largest that was seen",
            OFFERED,
            answered({9: 41}, said="counter"),
            {"declined": "counter", "counter": 41},
        ),
        (
            "receipt",
            "what became of the parcel",
            OFFERED_PARCEL,
            answered(receipt),
            {"synced": True, "receipt": [2, 1, 0], "registers": bytes(16).hex()},
        ),
        (
            "registers",
            "there are none there",
            OFFERED_PARCEL,
            answered(receipt | {5: b""}),
            {"synced": True, "receipt": [2, 1, 0], "registers": ""},
        ),
        ("digest-again", "an equal digest is `true`", OFFERED, answered(said=DIGEST), None),
        ("no-receipt", "none for the parcel", OFFERED_PARCEL, answered(), None),
        ("odd-receipt", "a receipt, and no parcel", OFFERED, answered(receipt), None),
        (
            "receipt-negative",
            "fewer than no bundles",
            OFFERED_PARCEL,
            answered({8: [-1, 0, 0]}),
            None,
        ),
        (
            "receipt-true",
            "true is not the integer 1",
            OFFERED_PARCEL,
            answered({8: [True, 0, 0]}),
            None,
        ),
        ("receipt-of-two", "without its last number", OFFERED_PARCEL, answered({8: [0, 0]}), None),
    ]
    for name, shows, to, parts, expect in examples:
        yield Vector(
            name=f"answer-to-offer-{name}",
            shows=shows,
            kind="answer to an offer",
            bytes=answer(parts, to=to),
            given={"sender": public("hub").hex(), "offer": to.hex()},
            expect=expect,
            refused=None if expect else "malformed",
        )


def vectors() -> Iterator[Vector]:
    yield from summary_vectors()
    yield from offer_vectors()
    yield from answer_vectors()
