"""Examples for docs/spec/3-trust.md, Hiding: whose decision hides what where."""

from collections.abc import Iterator, Sequence

from tests.vectors.kit import Entry, H, Lane, Vector, cbor, certificate, public

HERE, THERE, HALL = "kamisato", "shimosato", "town hall"
POST = [Lane(author=HERE).id, 7, bytes(range(8))]

Written = tuple[Lane, int, Entry]


def said(**fields: object) -> Entry:
    return Entry(kind="hide/write", fields={"post": POST, "reason": "事実とちがう"} | fields)


def of(author: str, **more: int) -> Lane:
    return Lane(author=author, class_=more.get("class_", 1), audience=more.get("audience", 1))


def _hiding(
    name: str,
    shows: str,
    written: Sequence[Written],
    *,
    author: str = HERE,
    screen: str = THERE,
    hides: bool | None,
) -> Vector:
    """`hides`: a post of that author on that machine's screens; None: no decision stands."""
    entries, given = stand(written)
    return Vector(
        name=f"hiding-{name}",
        shows=shows,
        kind="hiding",
        bytes=cbor(entries),
        given=given | {"author": public(author).hex(), "here": public(screen).hex()},
        expect={"hides": hides},
    )


def stand(written: Sequence[Written]) -> tuple[list[object], dict[str, object]]:
    """The entries of one record as an example has them, and who is who in their town."""
    heads = {lane.id: lane.id for lane, _, _ in written}
    entries: list[object] = []
    for lane, number, entry in written:
        heads[lane.id] = H(heads[lane.id], H(entry.header))
        entries.append([lane.array, number, heads[lane.id], entry.header, entry.payload])
    return entries, {
        "authorities": {written[0][0].town: [public("authority").hex()]},
        "statements": [
            certificate(HERE, "node").hex(),
            certificate(THERE, "node").hex(),
            certificate(HALL, "office").hex(),
            certificate("hub", "hub").hex(),
        ],
    }


def vectors() -> Iterator[Vector]:
    def once(author: str, entry: Entry | None = None, **more: int) -> list[Written]:
        return [(of(author, **more), 1, entry or said())]

    yield _hiding("by-an-office", "everywhere in its town", once(HALL), hides=True)
    yield _hiding("opened", "said to who subscribes, too", once(HALL, audience=2), hides=True)
    yield _hiding("by-two", "with a second", once(HALL, said(second=bytes(40))), hides=True)
    yield _hiding("of-its-own", "a node's own post, everywhere", once(HERE), hides=True)
    yield _hiding("of-anothers", "another's post isn't", once(HERE), author=THERE, hides=False)
    yield _hiding(
        "at-home", "but on its own screens", once(HERE), author=THERE, screen=HERE, hides=True
    )
    origin = [of(HERE).id, 1, H(of(HERE).id, H(said().header))[:8]]
    lifted = Entry(
        kind="hide/write", fields={"withdrawn": True}, record=origin, parents=[origin], counter=2
    )
    yield _hiding("lifted", "the office lifts it", [*once(HERE), (of(HALL), 1, lifted)], hides=None)
    yield _hiding(
        "not-lifted", "another node doesn't", [*once(HERE), (of(THERE), 1, lifted)], hides=True
    )
    for name, shows, written in (
        ("on-a-board", "it is of class trust", once(HALL, class_=4)),
        ("by-a-hub", "and an office's or a node's", once("hub")),
        ("of-nothing", "a post it names", once(HALL, said(post=None))),
        ("of-a-number", "in full", once(HALL, said(post=POST[:2]))),
        ("of-number-0", "by a number that there is", once(HALL, said(post=[POST[0], 0, POST[2]]))),
        ("without-a-reason", "and says why", once(HALL, said(reason=None))),
        ("with-half-a-second", "a second is an account", once(HALL, said(second=bytes(39)))),
        ("with-a-long-reason", "in 200 characters", once(HALL, said(reason="あ" * 201))),
    ):
        yield _hiding(name, shows, written, hides=None)
