"""What every ledger promises, whatever it is kept in."""

from dataclasses import replace

import pytest

from sync.bundle import pack_bundle
from sync.certificate import Role
from sync.chain import fold
from sync.cose import public
from sync.entry import EntryId
from sync.frontier import Held, Range, Summary
from sync.ingest import Kept, Waiting, ingest, ingest_statement
from sync.lane import Class
from sync.ledger import Changes, Known, Ledger, Link, Signature
from sync.limits import BUNDLE_BYTES_MAX, BUNDLE_ENTRIES_MAX, PAYLOAD_BYTES_MAX
from sync.writing import Draft
from tests.sync.builders import (
    TOWN,
    Machine,
    entries,
    keep,
    key,
    lane,
    posts,
    run,
)
from tests.sync.conftest import Ledgers

LANE = lane("上郷")


def links(count: int, *, first: int = 1, empty: frozenset[int] = frozenset()) -> list[Link]:
    """Entries `first` to `count` of the lane, ready to be appended."""
    made, head = [], LANE.id
    for number, entry in enumerate(entries(LANE, posts(count)), 1):
        head = fold(head, [entry.header])
        payload = None if number in empty else entry.payload
        made.append(Link(entry.header, payload, head, None))
    return made[first - 1 :]


def signed(*numbers: int) -> list[Signature]:
    return [Signature(number, bytes([number]) * 64) for number in numbers]


def extend(ledger: Ledger, some: list[Link], signatures: list[Signature]) -> None:
    ledger.append(LANE, LANE.id, some)
    for signature in signatures:
        ledger.sign(LANE.id, signature)


def append(ledger: Ledger, some: list[Link], *numbers: int) -> None:
    with ledger.transaction():
        extend(ledger, some, signed(*numbers))


def test_nothing_is_held_at_first(ledger: Ledger) -> None:
    assert ledger.lanes() == []
    assert ledger.lane(LANE.id) is None
    assert list(ledger.records()) == []
    assert ledger.head_at(LANE.id, 1) is None
    assert ledger.incarnations(LANE.author) == frozenset()
    assert ledger.version() == 0


def test_a_lane_continues_where_it_ended(ledger: Ledger) -> None:
    every = links(5)
    keep(ledger, TOWN.certify(key("上郷")))
    append(ledger, every[:2], 2)
    append(ledger, every[2:], 5)
    found = ledger.lane(LANE.id)
    assert found is not None
    assert found.lane == LANE
    assert found.held == Held(5, every[-1].head)
    assert ledger.lanes() == [found]
    assert [ledger.head_at(LANE.id, n) for n in range(1, 7)] == [*(x.head for x in every), None]
    assert ledger.incarnations(LANE.author) == {LANE.incarnation}


def test_a_run_reaches_to_the_last_signature_and_begins_anywhere(ledger: Ledger) -> None:
    append(ledger, links(5), 2, 4)
    for first, last in ((1, 4), (2, 4), (3, 4), (4, 4)):
        found = ledger.run(LANE.id, first)
        assert found is not None
        assert (found.first, found.last) == (first, last)
        assert found.before == ledger.head_at(LANE.id, first - 1)
        assert found.signature == bytes([4]) * 64
        assert [(e.header, e.payload) for e in found.entries] == [
            (x.header, x.payload) for x in links(last, first=first)
        ]
    assert ledger.run(LANE.id, 5) is None, "nobody signed there"
    assert ledger.run(LANE.id, 6) is None, "nothing is held there"


def test_a_signature_that_comes_later_lets_runs_be_cut_there(ledger: Ledger) -> None:
    append(ledger, links(3), 2)
    with ledger.transaction():
        ledger.sign(LANE.id, Signature(3, b"3" * 64))
        ledger.sign(LANE.id, Signature(3, b"3" * 64))
    found = ledger.run(LANE.id, 1)
    assert found is not None
    assert found.last == 3


def test_a_run_holds_no_more_entries_than_a_bundle_may(ledger: Ledger) -> None:
    every = links(BUNDLE_ENTRIES_MAX + 10)
    with ledger.transaction():
        extend(ledger, every, [Signature(n, bytes(64)) for n in (7, 2_000, 2_010)])
    first = ledger.run(LANE.id, 1)
    assert first is not None
    assert first.last == 2_000
    second = ledger.run(LANE.id, 2_001)
    assert second is not None
    assert second.last == 2_010


def test_runs_of_long_posts_fit_a_bundle_and_leave_nothing_out(ledger: Ledger) -> None:
    writer = Machine("上郷", ledger)
    long = "長" * (PAYLOAD_BYTES_MAX // 3 - 20)
    writer.write(*(Draft(kind="event/write", fields={"text": f"{long}{n}"}) for n in range(30)))
    numbers: list[int] = []
    for bundle in writer.bundles():
        assert len(pack_bundle(bundle)) <= BUNDLE_BYTES_MAX
        numbers += range(bundle.first, bundle.last + 1)
    assert numbers == list(range(1, 31))


def test_missing_payloads_are_holes_until_they_are_filled(ledger: Ledger) -> None:
    whole = links(6)
    append(ledger, links(6, empty=frozenset({1, 3, 4, 6})), 6)
    found = ledger.lane(LANE.id)
    assert found is not None
    assert found.held.holes == (Range(1, 1), Range(3, 4), Range(6, 6))
    with ledger.transaction():
        for number in (1, 4, 6):
            payload = whole[number - 1].payload
            assert payload is not None
            ledger.fill(LANE.id, number, payload)
    found = ledger.lane(LANE.id)
    assert found is not None
    assert found.held == Held(6, whole[-1].head, (Range(3, 3),))
    filled = ledger.run(LANE.id, 1)
    assert filled is not None
    assert [e.payload is None for e in filled.entries] == [False, False, True, False, False, False]


def test_a_records_entries_are_found_in_every_lane(ledgers: Ledgers) -> None:
    ledger = ledgers()
    node, office = Machine("上郷", ledger), Machine("役場", ledger, Role.OFFICE)
    post = node.post(title="夏祭り")
    node.post(title="別の話")
    edit = office.edit(post, title="中止")
    found = {stored.id: stored for stored in ledger.record(post)}
    assert found.keys() == {post, edit}
    assert found[edit].lane == lane("役場")
    assert found[post].payload is not None
    assert set(ledger.records()) == {post, EntryId(post.lane, 2)}
    assert ledger.record(EntryId(b"?" * 32, 1)) == []


def test_an_edit_may_come_before_the_post_it_changes(ledgers: Ledgers) -> None:
    there = Machine("役場", ledgers(), Role.OFFICE)
    author = Machine("上郷", there.ledger)
    post = author.post(title="夏祭り")
    edit = there.edit(post, title="中止")
    (of_edit,) = (b for b in there.bundles() if b.lane.id == edit.lane)
    (of_post,) = (b for b in there.bundles() if b.lane.id == post.lane)
    here = Machine("下郷", ledgers())
    here.meet(author, there)
    assert ingest(here.ledger, of_edit, source="stick") == Kept(entries=1)
    assert [stored.id for stored in here.ledger.record(post)] == [edit]
    assert list(here.ledger.records()) == [post]
    assert here.read(post) is None, "without its first entry it isn't a record yet"
    assert here.ledger.lane(post.lane) is None, "and its lane is only known by name"
    assert ingest(here.ledger, of_post, source="stick") == Kept(entries=1)
    assert here.read(post) == there.read(post)


def test_what_is_known_of_other_machines_is_remembered(ledger: Ledger) -> None:
    machine = public(key("中継"))
    agreed = Summary(
        statements=frozenset({b"s" * 32, b"t" * 32}),
        lanes={LANE.id: Held(9, b"h" * 32, (Range(1, 2), Range(4, 4)))},
    )
    assert ledger.known(machine) == Known()
    known = Known(offers_seen=3, offers_sent=1 << 62, agreed_digest=b"d" * 32, agreed=agreed)
    with ledger.transaction():
        ledger.remember(machine, known)
    assert ledger.known(machine) == known
    with ledger.transaction():
        ledger.remember(machine, replace(known, agreed_digest=b"", agreed=None))
    assert ledger.known(machine) == replace(known, agreed_digest=b"", agreed=None)
    assert ledger.known(public(key("上郷"))) == Known()


def test_the_life_an_author_writes_in_is_begun_once(ledger: Ledger) -> None:
    mine, other = public(key("上郷")), public(key("配信"))
    begun = ledger.own_incarnation(mine)
    ordinal, random = begun
    assert ordinal == 1
    assert len(random) == 8
    assert ledger.own_incarnation(mine) == begun
    assert ledger.own_incarnation(other) != begun


def test_statements_are_held_and_decide_who_may_write(ledger: Ledger) -> None:
    assert ledger.trust().statements == frozenset()
    keep(ledger, TOWN.certify(key("上郷")))
    assert ledger.trust().refusal(LANE) is None
    assert {s.encoded for s in ledger.trust().statements} == {TOWN.certify(key("上郷"))}


def test_the_version_grows_with_what_is_taken_in_and_with_nothing_else(ledger: Ledger) -> None:
    versions = [ledger.version()]
    keep(ledger, TOWN.certify(key("上郷")))
    versions.append(ledger.version())
    ingest(ledger, run("上郷", empty=[2]), source="stick")
    versions.append(ledger.version())
    ingest(ledger, run("上郷"), source="stick")
    versions.append(ledger.version())
    assert versions == sorted(set(versions))
    ingest(ledger, run("上郷"), source="stick")
    ingest(ledger, run("下郷"), source="stick")
    ingest_statement(ledger, TOWN.certify(key("上郷")))
    with ledger.transaction():
        ledger.remember(LANE.author, Known(offers_seen=1))
    ledger.own_incarnation(LANE.author)
    assert ledger.version() == versions[-1]


class Undone(Exception):
    """Something went wrong in a transaction."""


def everything(ledger: Ledger) -> list[object]:
    """All that a ledger can be asked for."""
    return [
        ledger.lanes(),
        set(ledger.records()),
        [ledger.record(record) for record in sorted(ledger.records())],
        ledger.trust().statements,
        ledger.waiting(public(key("下郷"))),
        ledger.waiting_count(),
        ledger.known(LANE.author),
        ledger.version(),
        ledger.run(LANE.id, 1) if ledger.lanes() else None,
    ]


def change_everything(ledger: Ledger) -> None:
    keep(ledger, TOWN.certify(key("役場"), Role.OFFICE))
    assert isinstance(ingest(ledger, run("上郷"), source="stick"), Kept)
    assert isinstance(ingest(ledger, run("役場"), source="stick"), Kept)
    assert isinstance(ingest(ledger, run("下郷"), source="stick"), Waiting)
    with ledger.transaction():
        ledger.remember(LANE.author, Known(offers_seen=1))


@pytest.fixture
def begun(ledger: Ledger) -> Ledger:
    """One with a lane that has a hole."""
    keep(ledger, TOWN.certify(key("上郷")))
    ingest(ledger, run("上郷", posts(3)[:2], empty=[1]), source="stick")
    return ledger


def test_of_a_transaction_that_fails_nothing_is_kept(begun: Ledger) -> None:
    before = everything(begun)
    with pytest.raises(Undone), begun.transaction():  # noqa: PT012 - what a transaction does
        change_everything(begun)
        assert everything(begun) != before
        raise Undone
    assert everything(begun) == before
    change_everything(begun)
    assert everything(begun) != before, "and it can be done again"


def test_a_transaction_in_a_transaction_is_part_of_it(begun: Ledger) -> None:
    before = everything(begun)
    with pytest.raises(Undone), begun.transaction():  # noqa: PT012 - what a transaction does
        with begun.transaction():
            change_everything(begun)
        raise Undone
    assert everything(begun) == before


def test_views_are_told_once_and_inside_the_transaction(ledgers: Ledgers) -> None:
    told: list[tuple[Changes, int]] = []

    def project(changes: Changes) -> None:
        told.append((changes, len(ledger.lanes())))

    ledger = ledgers(project=project)
    with ledger.transaction():
        keep(ledger, TOWN.certify(key("上郷")), TOWN.certify(key("下郷")))
        ingest(ledger, run("上郷", empty=[2]), source="stick")
        ingest(ledger, run("下郷"), source="stick")
        assert told == [], "not before the end"
    ((changes, lanes),) = told
    assert lanes == 2, "views see what is being kept"
    assert changes.trust
    assert changes.records == {
        EntryId(lane(name).id, number) for name in ("上郷", "下郷") for number in (1, 2, 3)
    }
    ingest(ledger, run("上郷"), source="stick")
    assert told[1][0].records == {EntryId(LANE.id, 2)}, "a hole that was filled"
    assert not told[1][0].trust
    ingest(ledger, run("上郷"), source="stick")
    ledger.own_incarnation(LANE.author)
    assert len(told) == 2, "nothing new is not told"


def test_a_view_that_fails_undoes_all(ledgers: Ledgers) -> None:
    failing = False

    def project(changes: Changes) -> None:
        if failing:
            raise Undone

    ledger = ledgers(project=project)
    keep(ledger, TOWN.certify(key("上郷")))
    before = everything(ledger)
    failing = True
    with pytest.raises(Undone):
        change_everything(ledger)
    assert everything(ledger) == before
    failing = False
    change_everything(ledger)
    assert everything(ledger) != before


def test_lanes_of_several_classes_and_lives_are_kept_apart(ledgers: Ledgers) -> None:
    machine = Machine("役場", ledgers(), Role.OFFICE)
    for class_ in Class:
        machine.write(Draft(kind="event/write", fields={}), class_=class_)
    machine.write(Draft(kind="event/write", fields={}), life=2)
    assert len(machine.ledger.lanes()) == 7
    assert all(item.held.number == 1 for item in machine.ledger.lanes())
    assert machine.ledger.incarnations(machine.identity.public) == {
        (1, (1).to_bytes(8, "big")),
        (1, (2).to_bytes(8, "big")),
    }
