"""A town in which everything has happened that a page can show, and who is signed in at it.

Posts wait, were declined, hidden, reported and asked to be erased; somebody wrote to an employer;
people were let in and suspended.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from kiosk_ui.app import create_app
from node.calling import write_down
from node.carrying.file import export
from node.erasure_requests import ask, grant, requests
from node.hiding import hide
from node.mail.letters import open_for_letters
from node.moderation.desk import Desk
from node.moderation.sources import KIOSK
from node.moderation.waiting import WaitingPost
from node.moderation.wishing import say
from node.node import Node, edition, open_node
from node.people import begin, let_in
from node.pins import FIRST, Pins
from node.post import Post
from node.reading import begin_reading
from node.suspending import suspend
from node.taking_down import take_down
from provisioning.page_certificates import give_pages_certificate
from provisioning.town import open_town
from sync.account import Account, Duty
from sync.machine.settings import SETTINGS_FILE
from tests.kiosk_ui.browsing import ON_THE_WIFI, on_the_wifi
from tests.kiosk_ui.snapshots import photo
from tests.kiosk_ui.test_letters import six_words, write
from tests.kiosk_ui.test_pictures import posted
from tests.kiosk_ui.test_signing_in import sign_in
from tests.kiosk_ui.town import EVENT, JOB, NOW, PIN, Town, fill, make_town

KEEPER, STAFF, FIRST_ONE, NEW_ONE = "keeper", "staff", "first", "new"
"""Who is signed in: at the centre, at the office; and who is on the way to a PIN of their own."""
AT_THE_OFFICE = frozenset({STAFF})


@dataclass(slots=True)
class LivedIn:
    """The town, its screens, and what stands in addresses."""

    town: Town
    centre: Flask
    office: Flask
    cookies: dict[str, Mapping[str, str]] = field(default_factory=dict)
    post: dict[str, Post] = field(default_factory=dict)
    code: dict[str, str] = field(default_factory=dict)
    waits: int = 0
    account: str = ""
    words: str = ""
    thanks: str = ""


def lived_in(folder: Path) -> LivedIn:
    """Made in that folder."""
    town = make_town(folder)
    fill(town)
    _give_certificate(folder, town.kamigo)
    here = on_the_wifi(open_node(folder / "kamigo"))
    town.kamigo.database.close()
    town = Town(kamigo=here, office=town.office)
    made = LivedIn(
        town=town,
        centre=create_app(here, now=lambda: NOW, development=True),
        office=create_app(town.office, now=lambda: NOW, development=True),
    )
    keeper, staff = _people(made)
    _posts(made, keeper)
    _wishes_and_reports(made, keeper)
    _erasures(made, staff)
    _letters(made)
    _carried(made, folder)
    return made


def _give_certificate(folder: Path, node: Node) -> None:
    daily = open_town(folder / "authority", code="990019", name="霧沢町").authority
    own = node.settings.folder
    give_pages_certificate(own, names=["192.168.1.10"], daily=daily, town="霧沢町")
    settings = own / SETTINGS_FILE
    settings.write_text("https = 8443\n" + settings.read_text())


def _people(made: LivedIn) -> tuple[Account, Account]:
    town = made.town
    keeper, staff = begin(town.kamigo, "山田 花"), begin(town.office, "佐藤 茂")
    club = let_in(town.kamigo, "上郷婦人会", Duty.ORGANISATION, frozenset({"event"}), by=keeper)
    other = let_in(town.kamigo, "田中 実", Duty.KEEPER, None, by=keeper)
    away = let_in(town.kamigo, "鈴木 一郎", Duty.KEEPER, None, by=keeper)
    new = let_in(town.kamigo, "小林 春", Duty.KEEPER, None, by=keeper)
    pins = Pins(town.kamigo.settings.folder)
    for each in (keeper, club, other):
        pins.choose(each.address, PIN)
    Pins(town.office.settings.folder).choose(staff.address, PIN)
    for node, whom in ((town.kamigo, "館長の山田"), (town.office, "総務係")):
        write_down(node.settings.folder, whom, "0265-12-3456")
    suspend(town.kamigo, away.address, "away", by=keeper)
    begin_reading(town.kamigo)
    begin_reading(town.office)
    town.exchange()
    made.account = keeper.address
    made.cookies[KEEPER] = _signed_in(made.centre, keeper)
    made.cookies[STAFF] = _signed_in(made.office, staff)
    made.cookies[NEW_ONE] = _signed_in(made.centre, new, pins.make_code(new.address))
    made.cookies[FIRST_ONE] = _first(made.centre, pins.make_code())
    return keeper, staff


def _signed_in(app: Flask, who: Account, pin: str = PIN) -> Mapping[str, str]:
    browser = app.test_client()
    assert sign_in(browser, who, pin).status_code == 303
    return _brought(browser, app)


def _first(app: Flask, code: str) -> Mapping[str, str]:
    browser = app.test_client()
    assert browser.post(f"/sign-in/{FIRST}", data={"typed": code, "next": "/"}).status_code == 303
    return _brought(browser, app)


def _brought(browser: FlaskClient, app: Flask) -> Mapping[str, str]:
    name = app.extensions["screen"].sessions.cookie
    found = browser.get_cookie(name)
    return {name: found.value} if found else {}


def _posts(made: LivedIn, keeper: Account) -> None:
    town, node = made.town, made.town.kamigo
    of = {name: node.posts(board, limit=50) for name, board in node.boards.items()}
    made.post["event"], made.post["guide"] = of["event"][0], of["guide"][0]
    made.post["cancelled"] = next(p for p in of["event"] if p.text("state") == "cancelled")
    made.post["drill"] = next(p for p in of["disaster"] if p.text("operation") == "drill")
    made.post["alert"] = next(
        p for p in of["disaster"] if (p.text("operation"), p.text("level")) == ("live", "3")
    )
    made.post["job"] = of["job"][0]
    told = {"title": "紅葉の写真展", "picture-1-words": "神社の前の紅葉"}
    address = posted(made.centre.test_client(), photo(), **told)
    pictured = node.post(address.rpartition("/")[2])
    assert pictured is not None
    made.post["with picture"] = pictured
    made.post["official"] = town.feed("event", [{**EVENT, "title": "町民文化祭"}])[0]
    hidden = [town.post("event", **EVENT | {"title": f"ひみつの会{n}"}) for n in (1, 2)]
    for post in hidden:
        hide(node, post, "personal", by=keeper)
    made.post["hidden"] = hidden[0]
    gone = town.post("event", **EVENT | {"title": "とりやめの会"})
    made.post["withdrawn"] = node.remove(gone, seen=edition(gone), by=keeper)
    gone = town.post("event", **EVENT | {"title": "二度のった会"})
    made.post["taken down"] = take_down(
        node, gone, seen=edition(gone), by=keeper, reason="duplicate"
    )
    made.post["of the keeper"] = node.add(node.boards["event"], EVENT, by=keeper)


def _wishes_and_reports(made: LivedIn, keeper: Account) -> None:
    node = made.town.kamigo
    desk, board = Desk(node), node.boards["event"]
    say(node, node.identity.public, waits=frozenset({"event"}), allowance=20, by=keeper)
    waiting = []
    for title in ("花見の会", "もうかる話", "やめた会"):
        taken = desk.take_in(board, EVENT | {"title": title}, opened=False, by=None, source=KIOSK)
        assert isinstance(taken, WaitingPost)
        waiting.append(taken)
    desk.decline(waiting[1].id, "advertising", by=keeper)
    made.waits = waiting[0].id
    desk.take_back(waiting[2].code)
    made.code["waiting"], made.code["declined"], made.code["taken back"] = (
        each.code for each in waiting
    )
    reported = made.post["event"]
    made.code["report"] = desk.reporting.take_in(
        reported, "other", "電話番号がちがいます。", source=KIOSK, since=reported.written
    )


def _erasures(made: LivedIn, staff: Account) -> None:
    town = made.town
    wish = {
        "whose": "mine",
        "why": "personal",
        "words": "住所がのっています",
        "name": "",
        "contact": "",
    }
    made.code["asked"] = ask(town.kamigo, made.post["job"], wish)
    about = town.post("event", **EVENT | {"title": "消えた会"})
    made.code["granted"] = ask(town.kamigo, about, wish)
    town.exchange()
    granted = [each for each in requests(town.office) if each.code == made.code["granted"]]
    grant(town.office, granted, by=staff)
    town.exchange()
    made.post["erased"] = about


def _letters(made: LivedIn) -> None:
    job = made.town.post("job", **JOB | {"title": "りんごの箱詰め"})
    open_for_letters(made.town.kamigo, job)
    made.post["written to"] = job
    slip = write(made.centre.test_client(), job, name="鈴木 一郎")
    made.words = six_words(slip)
    assert len(made.words.split()) == 6


def _carried(made: LivedIn, folder: Path) -> None:
    """A phone brought a file from elsewhere."""
    file = folder / "brought.kairan"
    export(made.town.office, file)
    phone = made.centre.test_client()
    base = f"http://{ON_THE_WIFI}"
    token = re.search(r'name="token" value="([^"]+)"', phone.get("/carry", base_url=base).text)
    assert token is not None
    with file.open("rb") as content:
        answer = phone.post(
            "/carry", data={"token": token[1], "file": (content, file.name)}, base_url=base
        )
    assert answer.status_code == 303, answer.text
    made.thanks = answer.headers["Location"]
