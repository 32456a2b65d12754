"""What is old is packed once and handed on as it is; whatever changes a byte of it undoes it."""

import os
import signal
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from sync import cose
from sync.bundle import Bundle
from sync.certificate import Role
from sync.entry import CHECK_BYTES
from sync.errors import TooLarge
from sync.frontier import Range, Summary
from sync.ingest import Kept, ingest
from sync.lacking import lacking
from sync.lane import Audience, Class
from sync.ledger import Ledger
from sync.machine.database import Database
from sync.machine.packing import Packing, pack_next, thoroughly_apart
from sync.machine.sqlite import SqliteLedger
from sync.order import ERASE
from sync.revocation import Cut, revoke
from sync.wrapping import unwrap, wrap_thoroughly
from sync.writing import Draft
from tests.patience import until
from tests.sync.builders import (
    NOTHING,
    TOWN,
    Machine,
    authorities,
    keep,
    key,
    lane,
    posts,
    run,
    sqlite,
    to,
)
from tests.sync.conftest import Ledgers
from tests.sync.subscribing import TwoTowns, in_memory, subscribe, unsubscribe

FEW = 10


@pytest.fixture(autouse=True)
def packed_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten entries are worth a pack, and few are less than that."""
    monkeypatch.setattr("sync.packs.PACK_ENTRIES_MIN", FEW)
    monkeypatch.setattr("sync.lacking.FEW_ENTRIES", FEW - 1)


def packed(ledger: Ledger) -> list[list[tuple[int, int]]]:
    """The numbers that each pack has."""
    while pack_next(ledger):
        pass
    return numbers(ledger)


def numbers(ledger: Ledger) -> list[list[tuple[int, int]]]:
    return [[(first, last) for _, first, last in pack.runs] for pack in ledger.packs()]


def village(ledger: Ledger, *authors: str, count: int = 20) -> Machine:
    """A machine that holds so many posts of each author."""
    machine = Machine("上郷", ledger)
    for author in authors or ("上郷",):
        keep_of(machine, author, count)
    return machine


def keep_of(machine: Machine, author: str, count: int, first: int = 1) -> None:
    if author != machine.name:
        machine.meet(Machine(author, machine.ledger))
    every = posts(count)
    for start in range(first, count + 1, 10):
        last = min(start + 9, count)
        some = run(author, every, first=start, last=last)
        assert isinstance(ingest(machine.ledger, some, source="stick"), Kept)


def carried(ledger: Ledger, there: Summary = NOTHING) -> Sequence[bytes]:
    """The packs that serve a machine which holds that."""
    send = lacking(ledger, there, towns=[TOWN.code], bytes_max=1 << 20, packs=True)
    return [part for part in send.parts if isinstance(part, bytes)]


def test_what_is_packed_is_what_is_held(ledger: Ledger) -> None:
    village(ledger, "上郷", "下郷", count=20)
    assert packed(ledger) == [[(1, 20), (1, 20)]]
    (pack,) = ledger.packs()
    wrapped = ledger.packed(pack)
    assert wrapped is not None
    assert pack.wrapped_size == len(wrapped)
    bundles = unwrap(wrapped).bundles
    assert {bundle.lane.id for bundle in bundles} == {lane("上郷").id, lane("下郷").id}
    for bundle in bundles:
        assert bundle == ledger.run(bundle.lane.id, bundle.first, bundle.last)


def test_few_entries_are_not_packed(ledger: Ledger) -> None:
    village(ledger, count=FEW - 1)
    assert packed(ledger) == []


def test_a_machine_that_has_nothing_gets_the_bytes_that_were_packed(ledgers: Ledgers) -> None:
    here, there = village(ledgers(), "上郷", "下郷"), Machine("中郷", ledgers())
    packed(here.ledger)
    (pack,) = here.ledger.packs()
    wrapped = here.ledger.packed(pack)
    assert wrapped is not None
    answers: list[bytes] = []

    def road(message: bytes) -> bytes:
        answers.append(to(here)(message))
        return answers[-1]

    done = there.exchange(here, road)
    assert done.synced
    assert there.boards() == here.boards()
    assert any(wrapped in answer for answer in answers)
    assert done.rounds == 1


def test_a_machine_is_offered_them_too(ledgers: Ledgers) -> None:
    here, there = village(ledgers(), "上郷", "下郷"), Machine("中郷", ledgers())
    packed(here.ledger)
    assert here.exchange(there).synced
    assert there.boards() == here.boards()


def test_who_lacks_little_is_sent_just_that(ledger: Ledger) -> None:
    machine = village(ledger)
    packed(ledger)
    before = machine.summary()
    keep_of(machine, "上郷", 24, first=21)
    assert carried(ledger, before) == []
    keep_of(machine, "上郷", 40, first=25)
    assert packed(ledger) == [[(1, 40)]]
    assert carried(ledger, before) == []
    send = lacking(ledger, before, towns=[TOWN.code], bytes_max=1 << 20, packs=True)
    assert [(bundle.first, bundle.last) for bundle in send.parcel.bundles] == [(21, 40)]


def test_packs_grow_and_stay_few(ledger: Ledger) -> None:
    machine = village(ledger, count=10)
    most = 0
    for count in range(20, 410, 10):
        keep_of(machine, "上郷", count, first=count - 9)
        most = max(most, len(packed(ledger)))
        covered = sorted(span for pack in numbers(ledger) for span in pack)
        assert [first for first, _ in covered] == [1, *(last + 1 for _, last in covered[:-1])]
        assert covered[-1][1] == count
    assert most <= 6
    assert len(carried(ledger)) == len(ledger.packs())


def test_what_is_more_than_a_pack_holds_makes_several(
    ledgers: Ledgers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.packs.PACK_BYTES_MAX", 4_500)
    monkeypatch.setattr("sync.packs._FULL_BYTES", 2_000)
    monkeypatch.setattr("sync.histories.RUN_BYTES_MAX", 2_500)
    here, there = village(ledgers(), "上郷", "下郷", count=60), Machine("中郷", ledgers())
    assert len(packed(here.ledger)) == 3
    assert all(pack.size <= 4_500 for pack in here.ledger.packs())
    assert there.exchange(here).synced
    assert there.boards() == here.boards()


def test_what_is_packed_once_is_sent_within_the_budget(ledgers: Ledgers) -> None:
    here, there = village(ledgers(), count=20), Machine("中郷", ledgers())
    packed(here.ledger)
    keep_of(here, "上郷", 40, first=21)
    assert len(packed(here.ledger)) == 1
    keep_of(here, "上郷", 54, first=41)
    assert len(packed(here.ledger)) == 2
    done = there.exchange(here, to(here, budget_bytes=100))
    assert done.synced
    assert done.rounds == 3, "its certificate, a pack, a pack"


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_what_was_taken_of_another_town_and_is_let_go_of_is_in_no_pack(
    tmp_path: Path, kind: str
) -> None:
    towns = TwoTowns(
        in_memory
        if kind == "memory"
        else lambda name, towns: sqlite(tmp_path / f"{name}.sqlite", towns)
    )
    towns.a_node.write(*posts(20), audience=Audience.OPEN)
    subscribe(towns.b_office)
    towns.exchange()
    ledger = towns.b_node.ledger
    assert packed(ledger) == [[(1, 20)]]
    unsubscribe(towns.b_office)
    towns.exchange()
    assert ledger.packs() == []


def test_another_town_gets_only_packs_of_what_is_open(ledgers: Ledgers) -> None:
    towns = TwoTowns()
    towns.a_node.write(*posts(20, about="隣にも"), audience=Audience.OPEN)
    towns.a_node.write(*posts(20, about="ここだけ"))
    towns.exchange()
    assert len(packed(towns.hub.ledger)) == 2
    subscribe(towns.b_office)
    towns.exchange()
    titles = {
        read.fields.get("title") for read in towns.b_node.boards().values() if read and read.fields
    }
    assert "隣にも7" in titles
    assert "ここだけ7" not in titles


@pytest.mark.parametrize("packs", [False, True])
def test_who_is_pushed_to_gets_no_packs(ledger: Ledger, packs: bool) -> None:
    village(ledger)
    packed(ledger)
    send = lacking(ledger, NOTHING, towns=[TOWN.code], bytes_max=1 << 20, packs=packs)
    assert any(isinstance(part, bytes) for part in send.parts) == packs


def test_a_pack_is_of_one_town_class_and_audience(ledger: Ledger) -> None:
    machine = village(ledger)
    for class_, audience in ((Class.BOARD, Audience.OPEN), (Class.MESSAGE, Audience.TOWN)):
        machine.write(*posts(12), class_=class_, audience=audience)
    assert sorted(packed(ledger)) == [[(1, 12)], [(1, 12)], [(1, 20)]]


# what undoes one


def erase(machine: Machine, number: int) -> None:
    desk = Machine("役場", machine.ledger)
    keep(machine.ledger, TOWN.certify(key("役場"), Role.OFFICE, counter=2))
    head = machine.ledger.head_at(lane().id, number)
    assert head is not None
    fields: dict[str, object] = {"entries": [[lane().id, number, head[:CHECK_BYTES]]]}
    desk.write(Draft(kind=ERASE, fields=fields), class_=Class.TRUST)


def test_an_erased_entry_is_in_no_pack_any_more(ledgers: Ledgers) -> None:
    here, there = village(ledgers(), "上郷", "下郷"), Machine("中郷", ledgers())
    packed(here.ledger)
    erase(here, 7)
    assert here.ledger.packs() == []
    assert packed(here.ledger) == [[(1, 20), (1, 20)]]
    bundles = [b for wrapped in carried(here.ledger) for b in unwrap(wrapped).bundles]
    payloads = {entry.payload for bundle in bundles for entry in bundle.entries}
    assert run(drafts=posts(20)).entries[6].payload not in payloads
    assert there.exchange(here).synced
    assert there.boards() == here.boards()


def test_only_what_held_it_is_packed_anew_and_all_comes_in_order(ledgers: Ledgers) -> None:
    here, there = village(ledgers(), count=40), Machine("中郷", ledgers())
    packed(here.ledger)
    keep_of(here, "上郷", 54, first=41)
    assert packed(here.ledger) == [[(1, 40)], [(41, 54)]]
    erase(here, 7)
    assert numbers(here.ledger) == [[(41, 54)]]
    assert there.exchange(here).synced
    assert there.boards() == here.boards()
    assert sorted(packed(here.ledger)) == [[(1, 40)], [(41, 54)]]
    late = Machine("奥郷", ledgers())
    assert late.exchange(here).synced
    assert late.boards() == here.boards()


def test_a_hole_that_is_filled_is_packed_anew(ledger: Ledger) -> None:
    machine = Machine("上郷", ledger)
    every = posts(20)
    ingest(machine.ledger, run(drafts=every, empty=[3]), source="stick")
    assert packed(ledger) == [[(1, 20)]]
    assert isinstance(ingest(ledger, run(drafts=every, last=10), source="stick"), Kept)
    assert ledger.packs() == []


def test_what_forks_is_packed_no_more(ledgers: Ledgers) -> None:
    here, there = village(ledgers()), Machine("中郷", ledgers())
    packed(here.ledger)
    other = [*posts(12), *posts(8, about="別の")]
    assert isinstance(ingest(here.ledger, run(drafts=other), source="stick"), Kept)
    assert packed(here.ledger) == []
    assert there.exchange(here).synced
    assert there.boards() == here.boards()


def test_what_forks_behind_its_packs_is_packed_no_more(ledgers: Ledgers) -> None:
    here, there = village(ledgers()), Machine("中郷", ledgers())
    packed(here.ledger)
    for about in ("右の", "左の"):
        other = [*posts(20), *posts(2, about=about)]
        assert isinstance(ingest(here.ledger, run(drafts=other), source="stick"), Kept)
    assert packed(here.ledger) == []
    assert there.exchange(here).synced
    assert there.boards() == here.boards()


def test_what_a_revocation_cuts_is_sent_and_packed_no_more(ledger: Ledger) -> None:
    village(ledger, "上郷", "下郷")
    packed(ledger)
    head = ledger.head_at(lane("下郷").id, 10)
    assert head is not None
    cuts = {lane("下郷"): Cut(10, head)}
    keep(ledger, revoke(cose.public(key("下郷")), 1, cuts, TOWN.authority))
    assert carried(ledger) == []
    assert sorted(packed(ledger)[0]) == [(1, 10), (1, 20)]


def test_what_is_erased_while_it_is_packed_is_not_kept(ledger: Ledger) -> None:
    machine = village(ledger)

    def wrap_slowly(bundles: Iterable[Bundle]) -> bytes:
        wrapped = wrap_thoroughly(bundles)
        erase(machine, 7)
        return wrapped

    assert pack_next(ledger, wrap_slowly)
    assert ledger.packs() == []


def test_what_is_written_while_it_is_packed_undoes_nothing(ledger: Ledger) -> None:
    machine = village(ledger)

    def wrap_slowly(bundles: Iterable[Bundle]) -> bytes:
        wrapped = wrap_thoroughly(bundles)
        keep_of(machine, "上郷", 21)
        return wrapped

    assert pack_next(ledger, wrap_slowly)
    assert numbers(ledger) == [[(1, 20)]]


def test_what_is_cut_off_before_it_is_read_leaves_no_empty_pack(ledger: Ledger) -> None:
    village(ledger)

    def cut_off(bundles: Iterable[Bundle]) -> bytes:
        keep(ledger, revoke(cose.public(key("上郷")), 1, {}, TOWN.authority))
        return wrap_thoroughly(bundles)

    kept: list[object] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(ledger), "keep_packed", lambda *told, **_: kept.append(told))
        assert pack_next(ledger, cut_off)
    assert not kept
    assert not pack_next(ledger)


def test_more_than_a_table_holds_is_packed_in_rows(ledger: Ledger) -> None:
    village(ledger, "上郷", "下郷", count=20)

    def wrap_nothing(bundles: Iterable[Bundle]) -> bytes:
        assert [*bundles]
        raise TooLarge("more than a table holds")

    assert pack_next(ledger, wrap_nothing)
    assert numbers(ledger) == [[(1, 20), (1, 20)]]
    (pack,) = ledger.packs()
    for bundle in unwrap(ledger.packed(pack) or b"").bundles:
        assert ledger.run(bundle.lane.id, bundle.first, bundle.last) == bundle


def test_what_wraps_to_more_than_a_message_takes_is_packed_in_smaller_packs(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.histories.RUN_BYTES_MAX", 2_500)
    monkeypatch.setattr("sync.machine.packing.PACK_WRAPPED_BYTES_MAX", 1)
    monkeypatch.setattr("sync.packs._FULL_BYTES", 1_000)
    village(ledger, count=60)
    covered = sorted(span for pack in packed(ledger) for span in pack)
    assert len(covered) > 1
    assert [first for first, _ in covered] == [1, *(last + 1 for _, last in covered[:-1])]
    assert covered[-1][1] == 60


def test_a_pack_lives_and_dies_with_its_transaction(ledger: Ledger) -> None:
    village(ledger)
    packed(ledger)
    before = ledger.packs()
    with suppress(ZeroDivisionError), ledger.transaction():
        ledger.unpack(before[0])
        assert ledger.packs() == []
        raise ZeroDivisionError
    assert ledger.packs() == before
    gone = replace(before[0], key=99)
    assert ledger.packed(gone) is None


def test_nothing_of_a_pack_stays_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = sqlite(path)
    machine = village(ledger)
    packed(ledger)
    (pack,) = ledger.packs()
    wrapped = ledger.packed(pack)
    assert wrapped is not None
    database = Database(path)
    database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert wrapped[100:200] in path.read_bytes()
    erase(machine, 7)
    database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert wrapped[100:200] not in path.read_bytes()


def test_packing_is_no_change(ledger: Ledger) -> None:
    village(ledger)
    version = ledger.version()
    packed(ledger)
    assert ledger.version() == version


def test_packs_are_made_once_nothing_changes_any_more(tmp_path: Path) -> None:
    database = Database(tmp_path / "ledger.sqlite")
    ledger = SqliteLedger(database, authorities())
    village(ledger)
    maker = Packing(ledger, close=database.close, quiet_seconds=0.05)
    maker.look()
    maker.look()
    maker.join()
    assert numbers(ledger) == [[(1, 20)]]


def test_what_is_wrapped_apart_is_what_is_wrapped_here() -> None:
    bundles = [run("上郷", posts(300)), run("下郷", posts(20))]
    assert thoroughly_apart(bundles) == wrap_thoroughly(bundles)


def test_who_wraps_apart_says_what_is_too_much() -> None:
    names = [f"{number:03d}{'x' * 900}" for number in range(300)]
    drafts = [Draft(kind="event/write", fields={name: "とても長い名前"}) for name in names]
    with pytest.raises(TooLarge):
        thoroughly_apart([run("上郷", drafts)])


def test_who_packs_holds_up_nobody_though_it_gets_no_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the process that packs stands still others write, and all is packed in the end."""
    database = Database(tmp_path / "ledger.sqlite")
    ledger = SqliteLedger(database, authorities())
    machine = village(ledger)
    stopped = tmp_path / "stopped"
    python = tmp_path / "python"
    python.write_text(
        f'#!/bin/sh\necho $$ > {stopped}\nkill -STOP $$\nexec {sys.executable} "$@"\n'
    )
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    maker = Packing(ledger, close=database.close, quiet_seconds=0.05)
    maker.look()
    pid = int(until(lambda: stopped.exists() and stopped.read_text().strip()))
    until(lambda: Path(f"/proc/{pid}/stat").read_text().split()[2] == "T")
    keep_of(machine, "上郷", 21)
    assert not ledger.packs()
    os.kill(pid, signal.SIGCONT)
    maker.join()
    assert numbers(ledger) == [[(1, 20)]]


def test_a_range_of_a_pack_is_looked_for_by_its_numbers(ledger: Ledger) -> None:
    """Of two packs of one lane only the one is undone that holds the number."""
    machine = village(ledger, count=40)
    packed(ledger)
    keep_of(machine, "上郷", 54, first=41)
    packed(ledger)
    with ledger.transaction():
        ledger._withdraw(lane().id, Range(50, 50))  # type: ignore[attr-defined]
    assert numbers(ledger) == [[(1, 40)]]


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_packs_say_what_is_held(
    ledgers: Ledgers, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Written, erased, forked, filled and packed in any order."""
    monkeypatch.setattr("sync.packs.PACK_BYTES_MAX", 6_000)
    monkeypatch.setattr("sync.packs._FULL_BYTES", 3_000)
    monkeypatch.setattr("sync.histories.RUN_BYTES_MAX", 1_500)
    random, here, there = Random(seed), Machine("上郷", ledgers()), Machine("中郷", ledgers())
    ledger, counts = here.ledger, {"上郷": 0, "下郷": 0}
    here.meet(Machine("下郷", ledger))
    for _ in range(20):
        author = random.choice([*counts])
        count, number = counts[author], random.randint(1, 1 + counts["上郷"])
        match random.choice(["write", "write", "erase", "fill", "fork", "pack", "meet"]):
            case "write":
                counts[author] += random.randint(1, 12)
                every = posts(counts[author])
                empty = [n for n in range(count, len(every)) if random.random() < 0.1]
                ingest(ledger, run(author, every, first=count + 1, empty=empty), source="stick")
            case "erase" if ledger.head_at(lane().id, number):
                erase(here, number)
            case "fill" if count:
                ingest(ledger, run(author, posts(count)), source="stick")
            case "fork" if count > 1 and random.random() < 0.3:
                at = random.randint(1, count - 1)
                other = [*posts(at), *posts(count - at, about="別の")]
                ingest(ledger, run(author, other), source="stick")
            case "pack":
                pack_next(ledger)
            case "meet":
                there.exchange(here)
    packed(ledger)
    for pack in ledger.packs():
        for bundle in unwrap(ledger.packed(pack) or b"").bundles:
            assert ledger.run(bundle.lane.id, bundle.first, bundle.last) == bundle
    for machine in (there, Machine("奥郷", ledgers())):
        assert machine.exchange(here).synced
        assert machine.boards() == here.boards()
