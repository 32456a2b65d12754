"""Examples for docs/spec/1-entries.md, Record: what entries add up to."""

from collections.abc import Iterator, Mapping, Sequence

from tests.vectors.kit import (
    OTHER_TOWN,
    Entry,
    H,
    Lane,
    Vector,
    cbor,
    certificate,
    notation,
    public,
)

ORIGIN = Lane(author="kamisato")
OTHER_LIFE = Lane(author="kamisato", ordinal=2, random=bytes(8))
OFFICE = Lane(author="town hall")
STRANGER = Lane(author="shimosato")

GROUPS = {"event": {"title": "title", "begins": "when", "ends": "when", "status": "status"}}

Written = tuple[Lane, int, Entry, bool]  # lane, number, entry, whether its payload is held


def record(
    name: str,
    shows: str,
    written: Sequence[Written],
    *,
    fields: Mapping[str, object] | None,
    versions: Sequence[tuple[Lane, int]] = (),
    counter: int = 0,
    complete: bool = True,
    understood: bool = True,
    more: Sequence[bytes] = (),
    away: Sequence[int] = (),
) -> Vector:
    return Vector(
        name=name,
        shows=shows,
        kind="record",
        bytes=cbor(
            [
                [lane.array, number, head, entry.header, entry.payload if held else None]
                for (lane, number, entry, held), head in zip(written, _heads(written), strict=True)
            ]
        ),
        given={
            "authorities": {
                ORIGIN.town: [public("authority").hex()],
                OTHER_TOWN: [public("other authority").hex()],
            },
            "statements": [
                certificate("kamisato", "node").hex(),
                certificate("shimosato", "node").hex(),
                certificate("town hall", "office").hex(),
                *(statement.hex() for statement in more),
            ],
            "groups": GROUPS,
        }
        | ({"ordered_away": list(away)} if away else {}),
        expect={
            "record": None
            if fields is None
            else {
                "fields": notation(dict(fields)),
                "versions": sorted([lane.id.hex(), number] for lane, number in versions),
                "counter": counter,
                "complete": complete,
                "understood": understood,
            }
        },
    )


def _heads(written: Sequence[Written]) -> list[bytes]:
    """The head of each entry's lane there, as if what is listed were all of the lane."""
    heads = {lane.id: lane.id for lane, _, _, _ in written}
    found: list[bytes] = []
    for lane, _, entry, _ in written:
        heads[lane.id] = H(heads[lane.id], H(entry.header))
        found.append(heads[lane.id])
    return found


def vectors() -> Iterator[Vector]:
    first = Entry(fields={"title": "夏祭り", "begins": "18:00", "ends": "20:00"})
    begun: Written = (ORIGIN, 1, first, True)
    said = dict(first.fields)
    origin_check = _heads([begun])[0][:8]

    def edit(
        fields: Mapping[str, object], parents: Sequence[object] = (1,), **how: object
    ) -> Entry:
        counter = how.get("counter", 2)
        assert isinstance(counter, int)
        kind = str(how.get("kind", "event/write"))
        return Entry(fields=fields, record=1, parents=list(parents), counter=counter, kind=kind)

    def far(fields: Mapping[str, object], **how: object) -> Entry:
        counter = how.get("counter", 2)
        assert isinstance(counter, int)
        check = how.get("check", origin_check)
        origin = [ORIGIN.id, 1, check]
        return Entry(fields=fields, record=origin, parents=[origin], counter=counter)

    yield record(
        "record-of-one-entry",
        "a post as it was written",
        [begun],
        fields=said,
        versions=[(ORIGIN, 1)],
        counter=1,
    )
    yield record(
        "record-edited",
        "an edit replaces its whole group: without `ends`, there is none any more",
        [begun, (ORIGIN, 2, edit({"begins": "19:00"}), True)],
        fields={"title": "夏祭り", "begins": "19:00"},
        versions=[(ORIGIN, 2)],
        counter=2,
    )
    yield record(
        "record-field-null",
        "a field that is null is absent",
        [begun, (ORIGIN, 2, edit({"title": None}), True)],
        fields={"begins": "18:00", "ends": "20:00"},
        versions=[(ORIGIN, 2)],
        counter=2,
    )
    long_way = [
        begun,
        (ORIGIN, 2, edit({"title": "夏祭り二"}), True),
        (ORIGIN, 3, edit({"title": "夏祭り三"}, [2], counter=3), True),
    ]
    yield record(
        "record-rank-over-counter",
        "of two at once, the office's goes over a longer history of the node's",
        [*long_way, (OFFICE, 1, far({"title": "中止"}), True)],
        fields=said | {"title": "中止"},
        versions=[(ORIGIN, 3), (OFFICE, 1)],
        counter=3,
    )
    yield record(
        "record-counter-over-lane",
        "of two by one author at once, the larger counter goes first, whatever the lanes",
        [*long_way, (OTHER_LIFE, 1, far({"title": "別の夏祭り"}), True)],
        fields=said | {"title": "夏祭り三"},
        versions=[(ORIGIN, 3), (OTHER_LIFE, 1)],
        counter=3,
    )
    winner = max([ORIGIN, OTHER_LIFE], key=lambda lane: lane.id)
    yield record(
        "record-largest-lane",
        "rank and counter alike: the largest lane id",
        [
            begun,
            (ORIGIN, 2, edit({"title": "一"}), True),
            (OTHER_LIFE, 1, far({"title": "二"}), True),
        ],
        fields=said | {"title": "一" if winner is ORIGIN else "二"},
        versions=[(ORIGIN, 2), (OTHER_LIFE, 1)],
        counter=2,
    )
    yield record(
        "record-largest-number",
        "all alike in one lane: the largest number",
        [begun, (ORIGIN, 2, edit({"title": "一"}), True), (ORIGIN, 3, edit({"title": "二"}), True)],
        fields=said | {"title": "二"},
        versions=[(ORIGIN, 2), (ORIGIN, 3)],
        counter=2,
    )
    yield record(
        "record-removal-survives",
        "taken down by one while the other changes the title: both hold",
        [
            begun,
            (ORIGIN, 2, edit({"title": "新しい夏祭り"}), True),
            (OFFICE, 1, far({"withdrawn": True}), True),
        ],
        fields=said | {"title": "新しい夏祭り", "withdrawn": True},
        versions=[(ORIGIN, 2), (OFFICE, 1)],
        counter=2,
    )
    why = "同じ投稿がほかにあるため"
    yield record(
        "record-removal-says-why",
        "taken down by both, and by one with a reason, which is a group of its own: it stands",
        [
            begun,
            (ORIGIN, 2, edit({"withdrawn": True}), True),
            (OFFICE, 1, far({"withdrawn": True, "withdrawn_why": why}), True),
        ],
        fields=said | {"withdrawn": True, "withdrawn_why": why},
        versions=[(ORIGIN, 2), (OFFICE, 1)],
        counter=2,
    )
    yield record(
        "record-merged",
        "an edit with both versions as parents makes one of them",
        [
            begun,
            (ORIGIN, 2, edit({"title": "一"}), True),
            (ORIGIN, 3, edit({"title": "二"}), True),
            (ORIGIN, 4, edit({"title": "三"}, [2, 3], counter=3), True),
        ],
        fields=said | {"title": "三"},
        versions=[(ORIGIN, 4)],
        counter=3,
    )
    for name, shows, lane, without in (
        ("stranger", "a node that didn't begin the record", STRANGER, far({"title": "x"})),
        ("huge-counter", "a counter that jumps ahead", OFFICE, far({"title": "x"}, counter=99)),
        ("low-counter", "a counter that isn't one more", OFFICE, far({"title": "x"}, counter=1)),
    ):
        yield record(
            f"record-no-effect-{name}",
            f"no effect: {shows}",
            [begun, (lane, 1, without, True)],
            fields=said,
            versions=[(ORIGIN, 1)],
            counter=1,
        )
    for name, shows, entry in (
        ("missing-parent", "a parent that isn't held", edit({"title": "x"}, [7])),
        ("other-board", "an entry of another board", edit({"title": "x"}, kind="job/write")),
        (
            "unknown-act",
            "an act that this version doesn't know",
            edit({"title": "x"}, kind="event/pin"),
        ),
        ("longer-act", "an act is all that follows the first /", edit({}, kind="event/a/write")),
        ("no-parents", "an edit without parents", edit({"title": "x"}, [], counter=1)),
    ):
        yield record(
            f"record-no-effect-{name}",
            f"no effect: {shows}",
            [begun, (ORIGIN, 2, entry, True)],
            fields=said,
            versions=[(ORIGIN, 1)],
            counter=1,
        )
    other_history = far({"title": "x"}, check=H(b"another history")[:8])
    yield record(
        "record-no-effect-other-history",
        "no effect: the check names an entry of another history of the lane",
        [begun, (OFFICE, 1, other_history, True)],
        fields=said,
        versions=[(ORIGIN, 1)],
        counter=1,
    )
    abroad = Lane(author="kamisato", town=OTHER_TOWN)
    yield record(
        "record-no-effect-other-town",
        "no effect: written in a lane of another town",
        [begun, (abroad, 1, far({"title": "x"}), True)],
        fields=said,
        versions=[(ORIGIN, 1)],
        counter=1,
    )
    alert = Lane(author="town hall", class_=2)
    yield record(
        "record-no-effect-other-class",
        "no effect: written in a lane of another class",
        [begun, (alert, 1, far({"title": "x"}), True)],
        fields=said,
        versions=[(ORIGIN, 1)],
        counter=1,
    )
    for_all = Lane(author="town hall", audience=2)
    yield record(
        "record-no-effect-other-audience",
        "no effect: written in a lane for others than those who see the record",
        [begun, (for_all, 1, far({"title": "x"}), True)],
        fields=said,
        versions=[(ORIGIN, 1)],
        counter=1,
    )
    yield record(
        "record-without-first",
        "without its first entry there is no record",
        [(ORIGIN, 2, edit({"title": "x"}), True)],
        fields=None,
    )
    yield record(
        "record-incomplete",
        "the payload of an edit is a hole: what is missing may be a correction",
        [begun, (ORIGIN, 2, edit({"status": "中止"}), False)],
        fields=said,
        versions=[(ORIGIN, 2)],
        counter=2,
        complete=False,
    )
    yield from _erased_vectors(begun, said)
    yield from _outside_vectors()
    yield record(
        "record-marked-field",
        "a field with a mark that the board doesn't declare: not understood",
        [begun, (ORIGIN, 2, edit({"!seal": 1}), True)],
        fields=said | {"!seal": 1},
        versions=[(ORIGIN, 2)],
        counter=2,
        understood=False,
    )
    must = Entry(fields={}, record=1, parents=[1], counter=2, more={-1: 1})
    yield record(
        "record-must-understand",
        "a header key below 0 that isn't known: not understood",
        [begun, (ORIGIN, 2, must, True)],
        fields=said,
        versions=[(ORIGIN, 2)],
        counter=2,
        understood=False,
    )


def _erased_vectors(begun: Written, said: Mapping[str, object]) -> Iterator[Vector]:
    def after(number: int, fields: Mapping[str, object], held: bool = True) -> Written:
        entry = Entry(fields=fields, record=1, parents=[number - 1], counter=number)
        return ORIGIN, number, entry, held

    gone = after(2, {"status": "中止"}, held=False)
    for name, shows, rest, complete in (
        ("edit", "an edit that was ordered away may have said something else", [], False),
        (
            "edit-half-replaced",
            "what is said anew after it holds; the rest may have been changed by it",
            [after(3, {"title": "夏祭り"})],
            False,
        ),
        (
            "edit-replaced",
            "each group is said anew after it: it decides nothing any more",
            [after(3, {"title": "夏祭り"}), after(4, {"begins": "18:00", "ends": "20:00"})],
            True,
        ),
    ):
        yield record(
            f"record-erased-{name}",
            shows,
            [begun, gone, *rest],
            fields=said,
            versions=[(ORIGIN, 2 + len(rest))],
            counter=2 + len(rest),
            complete=complete,
            away=[1],
        )


def _outside_vectors() -> Iterator[Vector]:
    cancel = {"key": "jma/x", "serial": 2, "cancels": True}
    named = Entry(fields={"title": "解除"}, more={9: cancel})
    for name, shows, held, away, fields in (
        ("outside", "what its issuer calls it stands in the header", True, [], {"title": "解除"}),
        ("outside-hole", "so it is known though the payload is a hole", False, [], {}),
        ("outside-erased", "or was ordered away", False, [0], {}),
    ):
        yield record(
            f"record-{name}",
            shows,
            [(OFFICE, 1, named, held)],
            fields={**fields, "outside": cancel},
            versions=[(OFFICE, 1)],
            counter=1,
            complete=held or bool(away),
            away=away,
        )
    yield record(
        "record-outside-in-payload",
        "a field of that name in a payload is passed over",
        [(OFFICE, 1, Entry(fields={"title": "解除", "outside": cancel}), True)],
        fields={"title": "解除"},
        versions=[(OFFICE, 1)],
        counter=1,
    )
