"""Examples for docs/spec/3-trust.md, Switched off: what a town does without."""

from collections.abc import Iterator, Sequence

from tests.vectors.hiding import HALL, HERE, Written, of, stand
from tests.vectors.kit import TOWN, Entry, H, Vector, cbor


def said(**fields: object) -> Entry:
    told = {"what": "letters/job", "reason": "労働局に確かめた"}
    return Entry(kind="switch-off/write", fields=told | fields)


def _switched_off(
    name: str,
    shows: str,
    records: Sequence[Sequence[Written]],
    off: Sequence[str] = (),
    town: str = TOWN,
) -> Vector:
    stood = [stand(written) for written in records]
    return Vector(
        name=f"switched-off-{name}",
        shows=shows,
        kind="switched off",
        bytes=cbor([entries for entries, _ in stood]),
        given=stood[0][1] | {"town": town},
        expect={"off": list(off)},
    )


def vectors() -> Iterator[Vector]:
    def once(author: str, entry: Entry | None = None, **more: int) -> list[Written]:
        return [(of(author, **more), 1, entry or said())]

    off = ["letters/job"]
    yield _switched_off("by-an-office", "an office says so", [once(HALL)], off)
    yield _switched_off("by-a-node", "and no node", [once(HERE)])
    yield _switched_off("elsewhere", "for its own town alone", [once(HALL)], town="011002")
    yield _switched_off("for-others", "in a lane for that town", [once(HALL, audience=2)])
    yield _switched_off("on-a-board", "of class trust", [once(HALL, class_=4)])
    back = Entry(
        kind="switch-off/write", fields={"withdrawn": True}, record=1, parents=[1], counter=2
    )
    yield _switched_off("taken-back", "withdrawn, it is on", [[*once(HALL), (of(HALL), 2, back)]])
    twice = [(of(HALL), 1, said()), (of(HALL), 3, back)]
    again = [(of(HALL), 2, said(reason="もう一度"))]
    yield _switched_off("said-twice", "and off while another says so", [twice, again], off)
    origin = [of(HALL).id, 1, H(of(HALL).id, H(said().header))[:8]]
    nodes = Entry(
        kind="switch-off/write",
        fields={"withdrawn": True},
        record=origin,
        parents=[origin],
        counter=2,
    )
    yield _switched_off(
        "not-taken-back", "no node takes it back", [[*once(HALL), (of(HERE), 1, nodes)]], off
    )
    other = said(what="rosters/shelter")
    yield _switched_off(
        "of-more",
        "names may be of what newer software has",
        [once(HALL), [(of(HALL), 2, other)]],
        ["letters/job", "rosters/shelter"],
    )
    for name, shows, entry in (
        ("of-nothing", "it names what is off", said(what="")),
        ("of-a-number", "in text", said(what=1)),
        ("of-a-long-name", "of 64 characters at most", said(what="あ" * 65)),
        ("without-a-reason", "it says why", said(reason=None)),
        ("of-a-long-reason", "in 200 characters at most", said(reason="あ" * 201)),
    ):
        yield _switched_off(name, shows, [once(HALL, entry)])
