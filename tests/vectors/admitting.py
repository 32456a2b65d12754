"""Examples for docs/spec/3-trust.md, What waits for a look: what several say of one place."""

from collections.abc import Iterator, Sequence

from tests.vectors.hiding import HALL, HERE, THERE, Written, of, stand
from tests.vectors.kit import Entry, Vector, cbor, public


def said(**fields: object) -> Entry:
    wish = {"place": public(HERE), "waits": ["event"], "allowance": 30}
    return Entry(kind="admit/write", fields=wish | fields)


def _admission(
    name: str,
    shows: str,
    records: Sequence[Sequence[Written]],
    waits: Sequence[str] = (),
    allowance: int | None = None,
) -> Vector:
    stood = [stand(written) for written in records]
    return Vector(
        name=f"admission-{name}",
        shows=shows,
        kind="admission",
        bytes=cbor([entries for entries, _ in stood]),
        given=stood[0][1] | {"place": public(HERE).hex()},
        expect={"waits": list(waits), "allowance": allowance},
    )


def vectors() -> Iterator[Vector]:
    def once(author: str, entry: Entry | None = None, **more: int) -> list[Written]:
        return [(of(author, **more), 1, entry or said())]

    yield _admission("of-itself", "a node of itself", [once(HERE)], ["event"], 30)
    yield _admission("by-another", "not of another", [once(THERE)])
    yield _admission("by-an-office", "an office of any", [once(HALL)], ["event"], 30)
    more = said(waits=["job"], allowance=50)
    yield _admission(
        "of-both",
        "boards add up, and the office's number counts, though it is larger",
        [once(HERE), once(HALL, more)],
        ["event", "job"],
        50,
    )
    less = (of(HALL), 2, said(waits=[], allowance=0))
    yield _admission(
        "of-an-office-twice",
        "of two the smaller number",
        [once(HALL, more), [less]],
        ["job"],
        0,
    )
    changed = Entry(
        kind="admit/write",
        fields={"place": public(HERE), "waits": [], "allowance": 7},
        record=1,
        parents=[1],
        counter=2,
    )
    yield _admission(
        "changed", "it is changed as a whole", [[*once(HERE), (of(HERE), 2, changed)]], [], 7
    )
    for name, shows, entry in (
        ("of-no-place", "it names a place", said(place=None)),
        ("of-a-text", "boards in a list", said(waits="event")),
        ("of-65", "of 64 at most", said(waits=[f"b{n}" for n in range(65)])),
        ("of-a-long-board", "each of 64 characters at most", said(waits=["あ" * 65])),
        ("of-less-than-none", "and a number that is none below 0", said(allowance=-1)),
        ("of-too-many", "nor above 10,000", said(allowance=10_001)),
        ("of-a-truth", "nor true", said(allowance=True)),
    ):
        yield _admission(name, shows, [once(HERE, entry)])
    yield _admission("on-a-board", "it is of class trust", [once(HERE, class_=4)])
