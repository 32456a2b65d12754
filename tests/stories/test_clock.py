"""A clock that says 1970, then 2036, then jumps back: posts travel, and nothing is lost."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from kiosk_ui.home import TO_COME_MAX
from sync.machine.settings import LEDGER_FILE
from tests.patience import until
from tests.stories.clocks import Clock
from tests.stories.machines import FourMachines, Machine, town

YEARS = ("1970-01-01 00:00:10", "2036-02-07 06:28:20", "1970-01-02 00:00:00", "2026-11-22 12:00:00")
EVENT = {"starts_on": "2031-04-05", "place": "上郷公民館"}
OFFERS_A_SECOND_MAX = 3  # one when it is time, one for each post, one for what came back
WATCHED_OFFERS = 5


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[FourMachines]:
    with town(tmp_path) as made:
        yield made


def _offers(hub: Machine) -> int:
    """How many the hub has taken from all."""
    with closing(sqlite3.connect(hub.folder / LEDGER_FILE)) as ledger:
        return int(ledger.execute("SELECT coalesce(sum(seen), 0) FROM known").fetchone()[0])


def _has_offers(hub: Machine, count: int) -> bool:
    return _offers(hub) >= count


def _is_read(machine: Machine, record: str, words: str) -> bool:
    return words in machine.visitor.reads(record)


@pytest.mark.slow
def test_a_clock_that_is_wrong_and_jumps_keeps_no_post_back(
    machines: FourMachines, tmp_path: Path
) -> None:
    hub, here, there = machines.hub, machines.here, machines.there
    clock = Clock(tmp_path / "clock")
    clock.set(YEARS[0])
    hub.start()
    there.start()
    with clock.worn():
        here.start()

    records: dict[str, str] = {}
    for number, year in enumerate(YEARS):
        clock.set(year)
        title = f"{number}回目の{year[:4]}年の会"
        records[title] = here.visitor.post("event", title=title, **EVENT)
        until(partial(_is_read, there, records[title], title))
        for machine in (here, there):
            assert "日時未確認" in machine.visitor.reads(records[title])
            assert machine.visitor.open("/").status == 200
        written = {post["fields"]["title"]: post["written"] for post in here.board("event")}
        assert time.gmtime(written[title]).tm_year == int(year[:4])

        # Work goes on coming round, and does not make up for years.
        first, began = _offers(hub), time.monotonic()
        until(partial(_has_offers, hub, first + WATCHED_OFFERS))
        took = time.monotonic() - began
        assert _offers(hub) - first <= WATCHED_OFFERS + OFFERS_A_SECOND_MAX * (took + 1)
        back = there.visitor.post("event", title=f"{title}への返事", **EVENT)
        until(partial(_is_read, here, back, "返事"))

    for machine in (here, there):
        titles = {post["fields"]["title"] for post in machine.board("event")}
        assert titles == {*records, *(f"{title}への返事" for title in records)}
        assert [peer.problem for peer in machine.status().peers] == [""]
    assert here.status().digests == there.status().digests


def test_a_page_asked_for_after_the_exchange_shows_what_came(machines: FourMachines) -> None:
    """The web process keeps pages by the ledger's version, and the sync process makes that grow."""
    hub, here, there = machines.hub, machines.here, machines.there
    for machine in (hub, here, there):
        machine.start()
    for number in range(TO_COME_MAX):
        title = f"{number}番目に届く会"
        assert title not in there.visitor.reads("/boards/event"), "so it is a page that is kept"
        here.visitor.post("event", title=title, **EVENT)
        until(partial(_has_entries, there, number + 1))
        assert title in there.visitor.reads("/boards/event")
        assert title in there.visitor.reads("/")


def _has_entries(machine: Machine, count: int) -> bool:
    """Whether another process has committed that many, read from the file."""
    with closing(sqlite3.connect(machine.folder / LEDGER_FILE)) as ledger:
        (held,) = ledger.execute("SELECT count(*) FROM entries").fetchone()
        return bool(held == count)
