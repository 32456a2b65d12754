"""A machine says which orders it obeyed; what isn't obeyed, or isn't known, it doesn't say."""

import base64
import gzip
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import zstandard
from hypothesis import given
from hypothesis import strategies as st

from sync import cbor
from sync.entry import Quality, Written
from sync.errors import Malformed
from sync.ingest import Waiting, ingest
from sync.lane import Class
from sync.machine import keys
from sync.machine.clock import Moment
from sync.machine.keys import Identity
from sync.machine.obeying import Obeying
from sync.machine.registering import held_register
from sync.obedience import (
    EXCEPTIONS_MAX,
    OBEYED,
    Obedience,
    Upto,
    has_obeyed,
    obedience_value,
    obeyed,
    read_obedience,
)
from sync.order import ERASE, RETAIN
from sync.register import make_register, open_register
from tests.raw import files_with
from tests.sync.builders import TOWN, WRITTEN, Machine, keep, key, lane, node, posts, run
from tests.sync.conftest import Ledgers
from tests.sync.test_orders import desk_with_posts, ordering

WHEN = datetime(2026, 11, 22, tzinfo=UTC)


def said(machine: Machine) -> Obedience:
    return Obedience(written=WRITTEN, lanes=obeyed(machine.ledger, TOWN.code))


def test_what_was_obeyed_is_said_for_many_orders_at_once(ledgers: Ledgers) -> None:
    desk = desk_with_posts()
    for number in (1, 2, 4):
        ordering(desk, ERASE, number)
    here = Machine("下郷", ledgers())
    here.meet(desk)
    assert said(here).lanes == ()
    keep(here.ledger, TOWN.certify(key("上郷")))
    for bundle in desk.bundles():
        ingest(here.ledger, bundle, source="stick")
    (told,) = said(here).lanes
    assert told.but == ()
    assert all(has_obeyed(said(here), desk.ledger, order.by) for order in desk.ledger.orders())
    ordering(desk, RETAIN, 1, 3)
    newest = max(order.by for order in desk.ledger.orders())
    assert not has_obeyed(said(here), desk.ledger, newest)
    assert has_obeyed(said(desk), desk.ledger, newest)


def test_what_came_only_in_part_isnt_said_to_be_gone(ledgers: Ledgers) -> None:
    desk = desk_with_posts()
    ordering(desk, ERASE, 1)
    ordering(desk, RETAIN, 2, 4)
    here = Machine("下郷", ledgers())
    here.meet(desk)
    keep(here.ledger, TOWN.certify(key("上郷")))
    trust = next(b for b in desk.bundles() if b.lane.class_ is Class.TRUST)
    ingest(here.ledger, trust, source="stick")
    ingest(here.ledger, run(drafts=posts(4), last=3), source="stick")
    first, second = sorted({order.by for order in here.ledger.orders()})
    assert has_obeyed(said(here), desk.ledger, first)
    assert not has_obeyed(said(here), desk.ledger, second), "its range may mean another history"
    ingest(here.ledger, run(drafts=posts(4)), source="stick")
    assert has_obeyed(said(here), desk.ledger, second)


def test_an_order_that_may_be_missing_is_not_passed_over(ledgers: Ledgers) -> None:
    desk = desk_with_posts()
    for number in (1, 2):
        ordering(desk, ERASE, number)
    trust = next(b for b in desk.bundles() if b.lane.class_ is Class.TRUST)
    emptied = [replace(trust.entries[0], payload=None), *trust.entries[1:]]
    here = Machine("下郷", ledgers())
    here.meet(desk)
    ingest(here.ledger, replace(trust, entries=tuple(emptied)), source="stick")
    assert said(here).lanes == ()


def test_more_exceptions_than_fit_end_what_is_said() -> None:
    desk = desk_with_posts()
    for _ in range(EXCEPTIONS_MAX + 2):
        ordering(desk, RETAIN, 1, 4)
    here = node("下郷")
    here.meet(desk)
    keep(here.ledger, TOWN.certify(key("上郷")))
    trust = next(b for b in desk.bundles() if b.lane.class_ is Class.TRUST)
    ingest(here.ledger, trust, source="stick")
    ingest(here.ledger, run(drafts=posts(4), last=3), source="stick")
    (told,) = said(here).lanes
    assert told.number == EXCEPTIONS_MAX
    assert told.but == (1, 2, 3)
    assert not any(has_obeyed(said(here), desk.ledger, o.by) for o in desk.ledger.orders())


def test_a_word_about_another_history_of_the_lane_counts_for_nothing() -> None:
    desk = desk_with_posts()
    ordering(desk, ERASE, 1)
    (order,) = desk.ledger.orders()
    (told,) = said(desk).lanes
    for wrong in (told._replace(check=bytes(8)), told._replace(lane=bytes(8))):
        assert not has_obeyed(Obedience(written=WRITTEN, lanes=(wrong,)), desk.ledger, order.by)


_INTEGERS = st.integers(-(1 << 63), 1 << 63)
_PLACES = st.lists(
    st.lists(st.one_of(_INTEGERS, st.binary(max_size=9), st.just(b"8 bytes!")), max_size=5),
    max_size=3,
)


@given(
    st.dictionaries(
        st.integers(0, 6), st.one_of(_INTEGERS, st.lists(_INTEGERS, max_size=3), _PLACES)
    )
)
def test_any_value_of_such_a_register_is_read_or_says_nothing(value: dict[int, object]) -> None:
    sound = {1: 1, 2: [1, 3], 3: [], 4: 0, 5: 0}
    for said in (value, {**sound, **value}):
        try:
            encoded = make_register(
                town=TOWN.code,
                incarnation=(1, bytes(8)),
                name=OBEYED,
                counter=1,
                value=said,
                key=key("下郷"),
            )
        except Malformed:  # more than fits a register, or no value of ours
            continue
        read_obedience(open_register(encoded))


def test_the_fullest_word_fits_a_register_and_is_read_again() -> None:
    upto = Upto(b"\xff" * 8, (1 << 32) - 1, b"\xff" * 8, tuple(range(1 << 31, (1 << 31) + 3)))
    full = Obedience(
        written=Written((1 << 33), Quality.TRUSTED), lanes=(upto,) * 5, aside=999, sticks=999
    )
    encoded = make_register(
        town=TOWN.code,
        incarnation=(1, bytes(8)),
        name=OBEYED,
        counter=1,
        value=obedience_value(full),
        key=key("下郷"),
    )
    assert read_obedience(open_register(encoded)) == full


def test_what_waits_loses_what_is_ordered_away_whichever_came_first(ledgers: Ledgers) -> None:
    desk = desk_with_posts()
    ordering(desk, ERASE, 3)
    trust = next(b for b in desk.bundles() if b.lane.class_ is Class.TRUST)
    late = run(drafts=posts(4), first=3)
    for order in ((late, trust), (trust, late)):
        here = Machine("下郷", ledgers())
        here.meet(desk)
        keep(here.ledger, TOWN.certify(key("上郷")))
        outcomes = [ingest(here.ledger, bundle, source="stick") for bundle in order]
        assert Waiting() in outcomes
        (waiting,) = here.ledger.waiting(lane().author)
        assert [entry.payload is None for entry in waiting.bundle.entries] == [True, False]
        ingest(here.ledger, run(drafts=posts(4), last=2), source="stick")
        assert here.ledger.waiting_count() == 0
        (held,) = (item.held for item in here.ledger.lanes() if item.id == lane().id)
        assert (held.number, held.holes) == (4, ())


def test_it_is_said_once_and_only_of_a_file_whose_log_was_emptied(
    tmp_path: Path,
) -> None:
    ledger, identity = (desk := desk_with_posts()).ledger, Identity(key("役場"))
    ordering(desk, ERASE, 2)
    obeying = Obeying(ledger, identity, [TOWN.code], tmp_path)
    assert not obeying.say(ledger.version() - 1)
    assert held_register(ledger, identity, TOWN.code, OBEYED) is None
    assert obeying.say(ledger.version())
    first = held_register(ledger, identity, TOWN.code, OBEYED)
    assert first is not None
    assert obeying.say(ledger.version())
    assert held_register(ledger, identity, TOWN.code, OBEYED) == first
    (tmp_path / "kairan-damaged-1.sqlite").touch()
    assert obeying.say(ledger.version())
    told = held_register(ledger, identity, TOWN.code, OBEYED)
    assert told is not None
    read = read_obedience(told)
    assert read is not None
    assert read.aside == 1


def test_who_knows_the_time_says_it_once_a_day_and_who_does_not_never(tmp_path: Path) -> None:
    desk = desk_with_posts()
    identity = Identity(key("役場"))
    obeying = Obeying(desk.ledger, identity, [TOWN.code], tmp_path, is_witness=True)

    def counter(hours: int, quality: Quality) -> int:
        moment = Moment(WHEN + timedelta(hours=hours), quality)
        assert obeying.say(desk.ledger.version(), moment)
        held = held_register(desk.ledger, identity, TOWN.code, OBEYED)
        return held.counter if held else 0

    assert counter(0, Quality.UNKNOWN) == 0
    assert counter(0, Quality.TRUSTED) == 1
    assert counter(23, Quality.TRUSTED) == 1
    assert counter(23, Quality.UNKNOWN) == 1
    assert counter(24, Quality.TRUSTED) == 2


def test_a_text_is_found_however_it_is_written_or_packed(tmp_path: Path) -> None:
    text = "ひみつの会のおしらせ"
    ways = {
        "plain": text.encode(),
        "utf-16": text.encode("utf-16"),
        "base64": b"x" + base64.b64encode(b"ab" + text.encode() + b"z"),
        "json": cbor.encode(text.encode("ascii", "backslashreplace").decode()),
        "zstd": b"..." + zstandard.compress(b"a" + text.encode() * 3) + b"behind",
        "zstd in base64 in gzip": gzip.compress(base64.b64encode(text.encode())),
    }
    for name, content in ways.items():
        (tmp_path / name).write_bytes(content)
    with closing(sqlite3.connect(tmp_path / "rows")) as rows:
        rows.execute("CREATE TABLE packs (wrapped BLOB)")
        long = zstandard.compress(keys.key_salt(9_999) + text.encode())
        rows.execute("INSERT INTO packs VALUES (?)", (long,))
        rows.commit()
    (tmp_path / "other").write_bytes("ひみつの会のお知らせ".encode() * 99)
    assert files_with(tmp_path, text) == sorted([*ways, "rows"])
