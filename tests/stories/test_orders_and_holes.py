"""What an office orders away is gone from every disk; what is only missing is fetched."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from sync.bundle import Entry
from sync.machine.database import Database
from sync.machine.opening import open_identity
from sync.machine.settings import LEDGER_FILE, read_settings
from sync.machine.sqlite import SqliteLedger
from sync.obedience import OBEYED, has_obeyed, read_obedience
from sync.order import ERASE, RETAIN
from sync.register import open_register
from tests.patience import until
from tests.raw import files_with
from tests.stories.desk import Desk
from tests.stories.ledger_file import check_ledger
from tests.stories.machines import FourMachines, Machine, titles, wait_until_all_hold_the_same

EVENT = {"starts_on": "2031-04-05", "place": "上郷公民館"}
SECRET = "わたしの番号は〇九九九のひみつ"
SECOND_SECRET = "やっぱり二つめのひみつ"


def _shows(machine: Machine, page: str, words: str) -> bool:
    return words in machine.visitor.reads(page)


def _is_on_no_disk(machine: Machine, text: str) -> bool:
    return not files_with(machine.folder, text)


def test_an_erased_post_is_gone_from_every_page_and_every_disk_and_stays_away(
    machines: FourMachines, desk: Desk, tmp_path: Path
) -> None:
    _, office, here, there = machines
    page = here.visitor.post("event", title="書きすぎた会", description=SECRET, **EVENT)
    here.visitor.edit(page, description=SECOND_SECRET)
    kept = here.visitor.post("event", title="となりの会", **EVENT)
    for machine in (office, there):
        until(partial(_shows, machine, page, SECOND_SECRET))
        until(partial(_shows, machine, kept, "となりの会"))
    before = tmp_path / "before.kairan"
    here.kairan("export", before)
    office.stop()
    for machine in machines:
        assert files_with(machine.folder, SECRET), "else nothing would be shown by its absence"

    desk.look_at(here)
    entries = desk.entries_of(desk.record(page))
    assert len(entries) == 2
    order = desk.order(ERASE, [[*entry, desk.check(entry)] for entry in entries])
    there.kairan("import", desk.stick(order))
    office.start()
    wait_until_all_hold_the_same(machines)
    for machine in (office, here, there):
        assert machine.visitor.open(page).status == 410
        assert "書きすぎた会" not in machine.visitor.reads("/boards/event")
        assert "書きすぎた会" not in titles(machine)
        assert "となりの会" in machine.visitor.reads("/boards/event")
        assert machine.status().not_shown["erased"] >= 1

    # A stick from before brings nothing back, and nobody sends it again.
    assert "を0件、" in there.kairan("import", before)
    here.visitor.edit(kept, place="べつの部屋")
    until(partial(_shows, there, kept, "べつの部屋"))
    wait_until_all_hold_the_same(machines)
    for machine in machines:
        for text in (SECRET, SECOND_SECRET, "書きすぎた会"):
            until(partial(_is_on_no_disk, machine, text))
        check_ledger(machine.folder)
        until(partial(_is_told_by_all, machine, machines))


def _is_told_by_all(machine: Machine, machines: FourMachines) -> bool:
    """Whether it holds the word of each, itself among them, that all orders were obeyed there."""
    database = Database(machine.folder / LEDGER_FILE)
    try:
        ledger = SqliteLedger(database, read_settings(machine.folder).authorities)
        said = {r.author: read_obedience(r) for r in ledger.registers() if r.name == OBEYED}
        return all(
            (word := said.get(open_identity(read_settings(each.folder)).public)) is not None
            and has_obeyed(word, ledger, order.by)
            for each in machines
            for order in ledger.orders()
        )
    finally:
        database.close()


def test_what_retention_orders_away_goes_and_the_headers_stay(
    machines: FourMachines, desk: Desk
) -> None:
    _, office, here, there = machines
    pages = [there.visitor.post("event", title=f"むかしの会{n}", **EVENT) for n in range(3)]
    for machine in (office, here):
        until(partial(_shows, machine, pages[-1], "むかしの会2"))
    wait_until_all_hold_the_same(machines)
    desk.look_at(there)
    first, last = desk.record(pages[0]), desk.record(pages[1])
    order = desk.order(RETAIN, [[first.lane, first.number, last.number, desk.check(last)]])
    entries = here.status().entries
    here.kairan("import", desk.stick(order))
    wait_until_all_hold_the_same(machines)
    for machine in (office, here, there):
        assert [machine.visitor.open(page).status for page in pages] == [410, 410, 200]
        assert machine.status().entries == entries + len(order.entries)
        assert "むかしの会2" in titles(machine)
        before = machine.tables()
        machine.kairan("rebuild")
        assert machine.tables() == before


def test_a_payload_that_somebody_left_out_is_told_as_missing_and_fetched(
    machines: FourMachines, desk: Desk
) -> None:
    hub, office, here, there = machines
    hub.stop()
    page = here.visitor.post("event", title="とちゅうで抜かれた会", **EVENT)
    desk.look_at(here)
    record = desk.record(page)
    (run,) = (
        run
        for run in desk.runs()
        if run.lane == desk.lane_of(record) and run.first <= record.number <= run.last
    )
    emptied = list(run.entries)
    emptied[record.number - run.first] = Entry(emptied[record.number - run.first].header, None)
    there.kairan("import", desk.stick(replace(run, entries=tuple(emptied))))

    assert "まだ全部は届いていません" in there.visitor.reads(page)
    assert "とちゅうで抜かれた会" not in there.visitor.reads("/boards/event")
    assert "まだ届いていない内容が1件あります" in there.kairan("status")
    assert office.visitor.open(page).status == 404
    hub.start()
    wait_until_all_hold_the_same(machines)
    for machine in (office, there):
        assert _shows(machine, page, "とちゅうで抜かれた会")
        assert machine.status().holes == 0


def test_of_a_register_every_machine_ends_with_the_newest_value(
    machines: FourMachines, desk: Desk
) -> None:
    _, office, here, there = machines
    for machine, counter in ((there, 3), (here, 2), (office, 1)):
        value = f"{counter}回目の様子"
        machine.kairan("import", desk.stick(desk.register("weather", counter, value)))
    for machine in machines:
        until(partial(_holds_register, machine, 3))
    there.kairan("import", desk.stick(desk.register("weather", 1, "1回目の様子")))
    there.visitor.post("event", title="様子のあとの会", **EVENT)
    wait_until_all_hold_the_same(machines)
    assert [_holds_register(machine, 3) for machine in machines] == [True] * 4


def _holds_register(machine: Machine, counter: int) -> bool:
    """Read from the file: nothing shows a register of that name."""
    with closing(sqlite3.connect(machine.folder / LEDGER_FILE)) as ledger:
        rows = ledger.execute("SELECT register FROM registers WHERE name = 'weather'").fetchall()
    return [open_register(row[0]).counter for row in rows] == [counter]
