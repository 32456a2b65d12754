"""What somebody types for few to read is in clear nowhere but before those few.

Real machines, what they say (their journal), sticks, carrier files and backups, byte by byte; a
backup also opened with the town's reserve key.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from node.backup import local
from node.backup.making import back_up
from node.backup.restoring import find, opened
from node.erasure_requests import requests
from node.mail.letters import open_for_letters, received_here
from node.mail.looking import looked
from node.moderation.wishing import say
from node.node import Node, open_node
from node.people import begin
from node.pins import Pins
from node.reading import begin_reading
from provisioning.authority import read_key
from provisioning.page_certificates import give_pages_certificate
from provisioning.sealed_key import COST_MIN, Place
from provisioning.town import NO_SECRET, open_town
from sync.account import Account
from sync.machine.keys import secret
from sync.machine.settings import SETTINGS_FILE
from sync.sealed_record import REPORT
from tests.kiosk_ui.snapshots import MAKER, PLACE, photo
from tests.kiosk_ui.town import JOB
from tests.patience import until
from tests.raw import files_with
from tests.stories.machines import (
    TOWN,
    FourMachines,
    Machine,
    free_ports,
    is_well,
    town,
    wait_until_all_hold_the_same,
)
from tests.stories.private_words import CONTROLS, PASSPHRASE, PIN, Becomes, of, there_are, was_sent
from tests.stories.visitor import Page, Visitor

SHOWN = "きいろい旗の店番"
EVENT = {"starts_on": "2031-04-05", "place": "上郷公民館"}
BACKUP_PASSPHRASE = "カナリヤ控えの合言葉"


def words(file: str, control: str) -> tuple[str, ...]:
    return CONTROLS[file, control].words


def test_of_every_control_it_is_said_what_becomes_of_the_words() -> None:
    assert set(there_are()) == CONTROLS.keys()


@pytest.fixture(scope="module")
def https() -> int:
    return free_ports(1)


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory, https: int) -> Iterator[FourMachines]:
    """The centre here has pages over TLS, too."""
    with town(tmp_path_factory.mktemp("town")) as made:
        folder = made.here.folder
        daily = open_town(folder.parent / "authority", code=TOWN, name="霧沢町").authority
        give_pages_certificate(folder, names=["127.0.0.1"], daily=daily, town="霧沢町")
        settings = folder / SETTINGS_FILE
        settings.write_text(f"https = {https}\n" + settings.read_text())
        for machine in made:
            machine.start()
        yield made


@pytest.fixture
def keeper(machines: FourMachines) -> Account:
    """Whoever was let in at the centre; and somebody at the office, who keeps the log too.

    Posts wait for the one here, and those of the centre there, where nobody is, for the office.
    """
    there = at(machines.there)
    for machine in (machines.office, machines.here):
        node = at(machine)
        made = begin(node, "当番")
        begin_reading(node)
        place = node if machine is machines.here else there
        say(node, place.identity.public, waits=frozenset({"event"}), allowance=20, by=made)
        node.database.close()
    there.database.close()
    return made


def at(machine: Machine) -> Node:
    return open_node(machine.folder)


def offers_letters(machine: Machine, page: str) -> bool:
    return "応募する・質問する" in machine.visitor.reads(page)


def has_come(machine: Machine, keeper: Account, said: str) -> bool:
    node = at(machine)
    try:
        return any(
            said in each.letter.message
            for told in received_here(node, keeper)
            for each in told.letters
        )
    finally:
        node.database.close()


def press(who: Visitor, page: str, digits: str) -> Page:
    """Digits on the keys of that page."""
    return who.send(who.open(page).form(ending=page.partition("?")[0]).filled(typed=digits))


def sign_in(who: Visitor, keeper: Account, code: str) -> None:
    """With the code that was handed over; a PIN is chosen, and a passphrase for elsewhere."""
    assert press(who, f"/sign-in/{keeper.address}", code).status == 303
    assert press(who, "/sign-in-pin", PIN).status == 200
    assert press(who, "/sign-in-pin", PIN).status == 303
    form = who.open("/passphrase").form(ending="/passphrase")
    assert who.send(form.filled(passphrase=PASSPHRASE, again=PASSPHRASE)).status == 303


def sign_in_elsewhere(who: Visitor, keeper: Account) -> None:
    page = "/sign-in-elsewhere"
    (name,) = words("sign_in_elsewhere.html", "name")
    wrong = words("sign_in_elsewhere.html", "passphrase")[1]
    for tried, status in (((name, wrong), 403), ((keeper.name, PASSPHRASE), 303)):
        form = who.open(page).form(ending=page)
        assert who.send(form.filled(name=tried[0], passphrase=tried[1])).status == status


def post_with_picture(who: Visitor, title: str, described: str) -> str:
    """The address of its receipt."""
    page = "/boards/event/new"
    form = who.open(page).form(ending="/new").filled(title=title, **EVENT)
    picture = FileStorage(BytesIO(photo(800, 600)), filename="写真.jpg")
    parts = {**form.values, "picture-1-words": described, "picture-1": picture}
    boundary, body = encode_multipart(parts)
    answer = who.ask("POST", page, body, kind=f"multipart/form-data; boundary={boundary}")
    assert answer.status == 303, answer.text
    return answer.location


def leave_in_the_middle(who: Visitor, title: str, place: str) -> None:
    """At the kiosk, a post in steps: what is typed is carried from screen to screen."""
    typed, page = {**EVENT, "title": title, "place": place}, who.open("/boards/event/steps")
    for _ in range(30):  # screens are cut as what they ask has room
        if place in page.content:
            break
        form = page.form(ending="/steps")
        now = {name: typed[name] for name in typed.keys() & form.names}
        page = who.send(replace(form, values={**form.values, **now, "go": "next"}))
    assert title in page.content
    assert place in page.content


def apply(who: Visitor, page: str) -> Page:
    typed = {name: words("writing.py", name)[0] for name in ("message", "name", "contact")}
    return who.send(who.open(f"{page}/write").form(ending="/write").filled(**typed))


def conversation(who: Visitor, receipt: str) -> Page:
    form = next(form for form in who.open("/receipt").forms if "typed" in form.names)
    return who.send(form.filled(typed=receipt))


def link(page: Page, to: str) -> str:
    found = re.search(f'href="({to})"', page.content)
    assert found is not None, page.text
    return found[1]


def opened_backup(machine: Machine, stick: Path, to: Path) -> None:
    """A backup on that stick, and what the reserve key finds in it, as files in a folder."""
    node = at(machine)
    back_up(node, stick, typed=BACKUP_PASSPHRASE, cost=COST_MIN, same_disk=True)
    node.database.close()
    found = find(stick)
    desk = open_town(machine.folder.parent / "authority", code=TOWN, name="霧沢町").desk
    reserve = read_key(desk.key_file(Place.RESERVE)).open(NO_SECRET[Place.RESERVE])
    content = opened(found, found.closed.by_reserve(secret(reserve)))
    to.mkdir(parents=True)
    (to / "ledger").write_bytes(content.ledger)
    (to / "local").write_bytes(local.encode(content.local))


def test_a_canary_is_found_on_no_disk_in_no_log_in_no_backup_and_on_no_page_but_its_readers(
    machines: FourMachines, keeper: Account, https: int, tmp_path: Path
) -> None:
    hub, office, here, there = machines
    wait_until_all_hold_the_same(machines)
    visitor = Visitor(there.url)
    # whoever keeps the place signs in, at the screen and from elsewhere
    node = at(here)
    code = Pins(here.folder).make_code(keeper.address)
    guard = Visitor(here.url, remembers=True)
    sign_in(guard, keeper, code)
    until(partial(is_well, f"https://127.0.0.1:{https}"))
    elsewhere = Visitor(f"https://127.0.0.1:{https}", remembers=True)
    sign_in_elsewhere(elsewhere, keeper)
    # posts that wait, one declined, one for the office; what is searched; what is left half done
    waits, declined, for_the_office = words("_control.html", "")
    (described,) = words("_pictures.html", "{{ slot.name }}-words")
    phone = Visitor(elsewhere.url, remembers=True)
    assert post_with_picture(phone, waits, described).startswith("/receipts/")
    passer_by = Visitor(here.url, remembers=True)
    assert passer_by.post("event", title=declined, **EVENT).startswith("/receipts/")
    form = guard.open(link(guard.open("/waiting"), r"/waiting/2")).form(ending="/decline")
    assert guard.send(replace(form, values={**form.values, "reason": "other"})).status == 303
    assert visitor.post("event", title=for_the_office, **EVENT).startswith("/receipts/")
    (searched,) = words("search.html", "q")
    form = next(form for form in passer_by.open("/search").forms if "q" in form.names)
    assert passer_by.open(f"{form.action}?{urlencode({'q': searched})}").status == 200
    leave_in_the_middle(passer_by, *words("step.html", "{{ control.field.name }}"))
    # somebody writes at another centre, and talks on
    job = here.visitor.post("job", **{**JOB, "title": SHOWN})
    post = node.post(job.rsplit("/", 1)[1])
    assert post is not None
    open_for_letters(node, post)
    until(partial(offers_letters, there, job))
    slip = apply(visitor, job)
    receipt = " ".join(re.findall(r"<li><b>(\w+)</b></li>", slip.content))
    assert len(receipt.split()) == 6
    goes_on, answer = words("_letters.html", "message")
    page = conversation(visitor, receipt)
    form = next(form for form in page.forms if "message" in form.names)
    assert goes_on in visitor.send(form.filled(message=goes_on)).text
    # whoever is behind the posting opens it and answers
    until(partial(has_come, here, keeper, goes_on))
    about_it = guard.open(link(guard.open("/letters"), r"/letters/[\w-]+"))
    read = guard.send(next(form for form in about_it.forms if "/letters/" in form.action))
    letter = [*(words("writing.py", name)[0] for name in ("message", "name", "contact")), goes_on]
    assert all(said in read.text for said in letter), "else nothing is shown by its absence"
    assert guard.send(read.form(ending="/answer").filled(message=answer)).status == 303
    # somebody wants the posting erased, somebody says that it is false
    form = visitor.open(f"{job}/erasure").form(ending="/erasure")
    asked = {name: words("erasure_ask.html", name)[0] for name in ("words", "name", "contact")}
    visitor.send(form.filled(**asked, whose="mine", why="personal"))
    (reported,) = words("report.html", "words")
    form = visitor.open(f"{job}/report").form(ending="/report")
    visitor.send(form.filled(words=reported, reason="false"))
    wait_until_all_hold_the_same(machines)
    assert answer in conversation(visitor, receipt).text
    node.database.close()
    desk = at(office)
    assert [each.title for each in looked(desk)] == [SHOWN]
    (wish,) = (each.wish for each in requests(desk))
    assert wish is not None
    assert {name: getattr(wish, name) for name in asked} == asked
    assert len(desk.views.sealed[REPORT].all()) == 1
    desk.database.close()
    # all of them were typed
    people = (guard, elsewhere, phone, passer_by, visitor)
    sent = b"\n".join(each for who in people for each in who.sent)
    private = of(Becomes.SEALED, Becomes.HASHED, Becomes.FORGOTTEN, Becomes.WAITS)
    assert [each for each in private if not was_sent(each, sent)] == []
    # all that leaves a machine
    with_boards, out = (office, here, there), tmp_path / "out"
    for machine in with_boards:
        name = machine.folder.name
        stick = out / f"stick-{name}"
        stick.mkdir(parents=True)
        machine.kairan("export", out / f"{name}.kairan")
        machine.kairan("carrier", stick)
        opened_backup(machine, stick, tmp_path / "opened" / name)
    town_of_all = hub.folder.parent
    assert {each.name for each in town_of_all.glob("*.log")} >= {
        machine.folder.with_suffix(".log").name for machine in machines
    }, "what goes to the journal is looked through with the rest"
    assert len(files_with(town_of_all, SHOWN)) >= 4, "else this looks at the wrong place"
    assert len(files_with(out, SHOWN)) >= 6
    backups = {each.folder.name: tmp_path / "opened" / each.folder.name for each in with_boards}
    assert all("ledger" in files_with(folder, SHOWN) for folder in backups.values())
    two_words = " ".join(receipt.split()[:2])
    nowhere = [
        *of(Becomes.SEALED, Becomes.HASHED, Becomes.FORGOTTEN),
        *(receipt, two_words, code, BACKUP_PASSPHRASE, PLACE, MAKER),
    ]
    for folder in (town_of_all, tmp_path):
        assert files_with(folder, *nowhere) == []
    # What waits is in clear where it waits, and in that machine's backup for who may open that.
    waits_at = {
        **dict.fromkeys((waits, described, declined), here.folder.name),
        **dict.fromkeys((for_the_office, reported), there.folder.name),
    }
    assert waits_at.keys() == set(of(Becomes.WAITS))
    assert files_with(out, *waits_at) == []
    for machine in machines:
        name = machine.folder.name
        elsewhere_only = [word for word, at_ in waits_at.items() if at_ != name]
        assert files_with(machine.folder, *elsewhere_only) == [], name
        for word in waits_at.keys() - elsewhere_only:
            assert files_with(machine.folder, word), word
    for name, folder in backups.items():
        kept = {word for word in waits_at if files_with(folder, word)}
        assert kept == {word for word, at_ in waits_at.items() if at_ == name} - {declined}, name
    for machine in with_boards:
        for shown_at in ("/", "/boards/job", "/boards/event", job, f"{job}/write", "/receipt"):
            shown = machine.visitor.open(shown_at).content
            assert [word for word in (*nowhere, *waits_at) if word in shown] == []
        for asked_at in ("/letters", "/looked", "/waiting", "/reports", "/erasures"):
            shown = machine.visitor.open(asked_at).content
            assert [word for word in (*nowhere, *waits_at) if word in shown] == []
