"""Examples for docs/spec/3-trust.md, Accounts: who may sign in where."""

from collections.abc import Iterator, Mapping, Sequence

from tests.vectors.kit import Entry, H, Lane, Vector, cbor, certificate, public

KAMISATO, HALL = public("kamisato"), public("town hall")
AT_NODE = Lane(author="kamisato", class_=1)
AT_OFFICE = Lane(author="town hall", class_=1)
ELSEWHERE = Lane(author="shimosato", class_=1)

Written = tuple[Lane, int, Entry]


def who(duty: str = "keeper", place: bytes = KAMISATO, **more: object) -> dict[str, object]:
    return {"name": "山田 花", "duty": duty, "place": place, **more}


def said(fields: Mapping[str, object], kind: str = "account/write") -> Entry:
    return Entry(kind=kind, fields=fields)


def _account(
    name: str, shows: str, written: Sequence[Written], told: Mapping[str, object] | None
) -> Vector:
    heads = {lane.id: lane.id for lane, _, _ in written}
    entries = []
    for lane, number, entry in written:
        heads[lane.id] = H(heads[lane.id], H(entry.header))
        entries.append([lane.array, number, heads[lane.id], entry.header, entry.payload])
    lane = written[0][0]
    expect = None
    if told is not None:
        place = told["place"]
        assert isinstance(place, bytes)
        expect = {"stands": True, "boards": None, **told, "place": place.hex()}
        expect["header"] = lane.id.hex() + f"{1:016x}"
    return Vector(
        name=f"account-{name}",
        shows=shows,
        kind="account",
        bytes=cbor(entries),
        given={
            "authorities": {lane.town: [public("authority").hex()]},
            "statements": [
                certificate("kamisato", "node").hex(),
                certificate("shimosato", "node").hex(),
                certificate("town hall", "office").hex(),
            ],
        },
        expect={"account": expect},
    )


def vectors() -> Iterator[Vector]:
    keeper, staff = who(), who("staff", HALL)
    club = who("organisation", boards=["event"])
    first = said(keeper)
    check = H(AT_NODE.id, H(first.header))[:8]
    origin = [AT_NODE.id, 1, check]

    def by_the_office(fields: Mapping[str, object]) -> Entry:
        return Entry(
            kind="account/write", fields=fields, record=origin, parents=[origin], counter=2
        )

    def once(
        lane: Lane, fields: Mapping[str, object], kind: str = "account/write"
    ) -> list[Written]:
        return [(lane, 1, said(fields, kind))]

    yield _account("of-a-centre", "a node lets in its own keeper", once(AT_NODE, keeper), keeper)
    yield _account("of-the-office", "an office lets in staff", once(AT_OFFICE, staff), staff)
    yield _account("of-some-boards", "an organisation, on one board", once(AT_NODE, club), club)
    yield _account(
        "of-no-board",
        "who is neither keeper nor staff has the boards that are named: here none",
        once(AT_OFFICE, who("coordinator", HALL)),
        who("coordinator", HALL) | {"boards": []},
    )
    yield _account(
        "ended-by-the-office",
        "the office withdraws what a node made",
        [(AT_NODE, 1, first), (AT_OFFICE, 1, by_the_office({"withdrawn": True}))],
        keeper | {"stands": False},
    )
    yield _account(
        "given-fewer-boards",
        "duty, place and boards change together, and the office outranks",
        [
            (AT_NODE, 1, first),
            (
                AT_NODE,
                2,
                Entry(
                    kind="account/write",
                    fields=dict(list(who(boards=["job"]).items())[1:]),
                    record=1,
                    parents=[1],
                    counter=2,
                ),
            ),
            (AT_OFFICE, 1, by_the_office(dict(list(who(boards=["event"]).items())[1:]))),
        ],
        keeper | {"boards": ["event"]},
    )
    yield _account(
        "ended-elsewhere",
        "another node changes nothing",
        [(AT_NODE, 1, first), (ELSEWHERE, 1, by_the_office({"withdrawn": True}))],
        keeper,
    )
    for name, shows, lane, fields in (
        ("staff-of-a-node", "a node makes no staff", AT_NODE, who("staff")),
        ("coordinator-of-a-node", "nor a coordinator", AT_NODE, who("coordinator", boards=["job"])),
        ("of-another-place", "nor a keeper for another place", ELSEWHERE, keeper),
        ("on-a-board", "it is of class trust", Lane(author="kamisato"), keeper),
        ("opened", "and for the town", Lane(author="town hall", class_=1, audience=2), staff),
        ("of-no-duty", "a duty that isn't one", AT_OFFICE, who("mayor")),
        ("of-no-name", "a name of no letters", AT_OFFICE, keeper | {"name": ""}),
        ("of-a-short-key", "a place that is no key", AT_OFFICE, who(place=bytes(31))),
        ("of-odd-boards", "boards that are no names", AT_OFFICE, who(boards=["event", 1])),
        ("of-no-list", "boards that are no list", AT_OFFICE, who(boards="event")),
        (
            "of-many-boards",
            "more boards than 64",
            AT_OFFICE,
            who(boards=[str(n) for n in range(65)]),
        ),
    ):
        yield _account(name, shows, once(lane, fields), None)
    yield _account(
        "of-another-kind", "is a post", [(AT_NODE, 1, said(keeper, "event/write"))], None
    )
