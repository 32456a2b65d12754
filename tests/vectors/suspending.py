"""Examples for docs/spec/3-trust.md, Suspension: whose decision suspends whom."""

from collections.abc import Iterator, Sequence

from tests.vectors.hiding import HALL, HERE, THERE, Written, of, stand
from tests.vectors.kit import Entry, H, Lane, Vector, cbor, public

ACCOUNT = [Lane(author=HERE, class_=1).id, 3, bytes(range(8))]


def said(**fields: object) -> Entry:
    return Entry(kind="suspend/write", fields={"account": ACCOUNT, "reason": "休み"} | fields)


def _suspension(
    name: str, shows: str, written: Sequence[Written], *, place: str = HERE, suspends: bool | None
) -> Vector:
    """`suspends`: an account of that place; None: no decision stands."""
    entries, given = stand(written)
    return Vector(
        name=f"suspension-{name}",
        shows=shows,
        kind="suspension",
        bytes=cbor(entries),
        given=given | {"place": public(place).hex()},
        expect={"suspends": suspends},
    )


def vectors() -> Iterator[Vector]:
    def once(author: str, entry: Entry | None = None, **more: int) -> list[Written]:
        return [(of(author, **more), 1, entry or said())]

    yield _suspension("by-an-office", "anybody in its town", once(HALL), suspends=True)
    yield _suspension("of-its-own", "a node: who signs in there", once(HERE), suspends=True)
    yield _suspension("of-anothers", "and nobody else", once(THERE), suspends=False)
    origin = [of(HALL).id, 1, H(of(HALL).id, H(said().header))[:8]]
    lifted = Entry(
        kind="suspend/write", fields={"withdrawn": True}, record=origin, parents=[origin], counter=2
    )
    itself = Entry(
        kind="suspend/write", fields={"withdrawn": True}, record=1, parents=[1], counter=2
    )
    yield _suspension(
        "not-lifted",
        "what an office decided no node lifts",
        [*once(HALL), (of(HERE), 1, lifted)],
        suspends=True,
    )
    yield _suspension(
        "lifted", "it does itself", [*once(HALL), (of(HALL), 2, itself)], suspends=None
    )
    for name, shows, written in (
        ("on-a-board", "it is of class trust", once(HALL, class_=4)),
        ("by-a-hub", "and an office's or a node's", once("hub")),
        ("of-a-post", "about an account", once(HALL, said(account=None, post=ACCOUNT))),
        ("without-a-reason", "and says why", once(HALL, said(reason=None))),
    ):
        yield _suspension(name, shows, written, suspends=None)
