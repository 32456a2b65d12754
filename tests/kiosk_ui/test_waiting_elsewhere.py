"""Where nobody looks, residents' posts wait for the office's look: sealed there, decided there."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from kiosk_ui.app import create_app
from node import retaining
from node.known_by import KnownBy
from node.moderation.desk import REASONS, Desk
from node.moderation.elsewhere import SENT_MAX, Gone, elsewhere, let_in_elsewhere
from node.moderation.sources import KIOSK
from node.moderation.waiting import WAITS_DAYS, WaitingPost
from node.moderation.wishing import say
from node.node import NotAllowed, NotSignedIn
from node.people import begin, let_in
from node.pins import Pins
from node.reading import begin_reading
from node.retaining import WAITING_DAYS
from sync.account import Account, Duty
from sync.entry import Quality, RecordId
from sync.machine.clock import Moment
from sync.sealed_record import WAITING
from tests.kiosk_ui.reading import typed, words
from tests.kiosk_ui.test_signing_in import sign_in
from tests.kiosk_ui.test_waiting import SECRET, post, titles
from tests.kiosk_ui.town import EVENT, NOW, PIN, Town
from tests.raw import files_with

WORD = "zyxqvarplonk"


@pytest.fixture
def staff(town: Town, desk: FlaskClient) -> Account:
    """Signed in at the office, which wishes that events wait at the centre; nobody is there."""
    made = begin(town.office, "佐藤")
    Pins(town.office.settings.folder).choose(made.address, PIN)
    sign_in(desk, made)
    there = town.kamigo.identity.public
    say(town.office, there, waits=frozenset({"event"}), allowance=20, by=made)
    town.exchange()
    return made


def there(desk: FlaskClient) -> str:
    """The page of the one that waits elsewhere."""
    found = re.search(r"/waiting/elsewhere/[\w-]+", desk.get("/waiting").text)
    assert found is not None
    return found[0]


def test_the_office_lets_it_in_and_it_is_posted_where_it_waited(
    town: Town, browser: FlaskClient, desk: FlaskClient, staff: Account
) -> None:
    receipt = post(browser, place=WORD)
    assert "役場の人が内容を確かめて" in words(browser.get(receipt))
    town.exchange()
    for node in (town.office, town.kamigo):
        waits_here = node is town.kamigo
        found = files_with(node.settings.folder, WORD)
        assert bool(found) is waits_here, "elsewhere it lies sealed"
    assert "確認を待つ投稿 1件" in words(desk.get("/"))
    page = there(desk)
    opened = desk.get(page)
    for said in (SECRET, WORD, "上郷公民館"):
        assert said in words(opened)
    assert desk.post(f"{page}/let-in", data=typed(opened)).status_code == 303
    assert "ありません" in words(desk.get("/waiting"))
    assert titles(town) == []
    town.exchange()
    Desk(town.kamigo).keep_asking()
    Desk(town.kamigo).keep_asking()
    assert titles(town) == [SECRET]
    assert "のりました" in words(browser.get(receipt))
    (made,) = town.kamigo.posts(town.kamigo.boards["event"])
    assert made.author == town.kamigo.identity.public
    town.exchange()
    assert [each.id for each in town.office.posts(town.office.boards["event"])] == [made.id]


def test_what_the_office_declines_says_why_on_the_receipt(
    town: Town, browser: FlaskClient, desk: FlaskClient, staff: Account
) -> None:
    receipt = post(browser)
    town.exchange()
    page = there(desk)
    form = typed(desk.get(page))
    assert desk.post(f"{page}/decline", data=form | {"reason": "?"}).status_code == 400
    assert desk.post(f"{page}/decline", data=form | {"reason": "advertising"}).status_code == 303
    again = desk.post(f"{page}/let-in", data=form)
    assert again.headers["Location"] == "/waiting?done=gone", "who was first has decided"
    town.exchange()
    Desk(town.kamigo).keep_asking()
    told = words(browser.get(receipt))
    assert "のせませんでした" in told
    assert REASONS["advertising"] in told
    assert titles(town) == []


def test_who_was_let_in_there_meanwhile_decides_and_the_office_comes_late(
    town: Town, browser: FlaskClient, desk: FlaskClient, staff: Account
) -> None:
    post(browser)
    town.exchange()
    keeper = begin(town.kamigo, "山田 花")
    here = Desk(town.kamigo)
    (waiting,) = here.waiting(keeper)
    here.decline(waiting.id, "other", by=keeper)
    (found,) = elsewhere(town.office, staff)
    let_in_elsewhere(town.office, found.address, by=staff)
    town.exchange()
    here.keep_asking()
    assert titles(town) == []
    post(browser)
    assert len(town.kamigo.views.sealed[WAITING].all()) == 1, "now somebody looks there"


def test_only_the_offices_staff_decides_and_each_on_its_boards(
    town: Town, browser: FlaskClient, staff: Account
) -> None:
    post(browser)
    town.exchange()
    jobs = let_in(town.office, "鈴木", Duty.STAFF, frozenset({"job"}), by=staff)
    assert elsewhere(town.office, jobs) == []
    (found,) = elsewhere(town.office, staff)
    with pytest.raises(NotAllowed):
        let_in_elsewhere(town.office, found.address, by=jobs)
    with pytest.raises(NotSignedIn):
        let_in_elsewhere(town.office, found.address, by=None)
    keeper = begin(town.kamigo, "山田 花")
    begin_reading(town.kamigo)
    with pytest.raises(NotAllowed):
        let_in_elsewhere(town.kamigo, found.address, by=keeper)
    let_in_elsewhere(town.office, found.address, by=staff)
    with pytest.raises(Gone):
        let_in_elsewhere(town.office, found.address, by=staff)


def test_what_came_before_the_office_could_read_is_asked_about_later_and_a_flood_ends(
    town: Town,
) -> None:
    made = begin(town.office, "佐藤")
    say(town.office, town.kamigo.identity.public, waits=frozenset({"event"}), allowance=20, by=made)
    town.exchange()
    here, board = Desk(town.kamigo), town.kamigo.boards["event"]
    for _ in range(SENT_MAX + 1):
        assert isinstance(
            here.take_in(board, EVENT, opened=False, by=None, source=KIOSK), WaitingPost
        )
    assert town.kamigo.views.sealed[WAITING].all() == []
    begin_reading(town.office)
    town.exchange()
    here.keep_asking()
    town.exchange()
    waiting = elsewhere(town.office, made)
    assert len(waiting) == SENT_MAX
    let_in_elsewhere(town.office, waiting[0].address, by=made)
    town.exchange()
    here.keep_asking()
    here.keep_asking()
    assert titles(town) == [SECRET]
    assert len(town.kamigo.views.sealed[WAITING].all()) == SENT_MAX + 1


def test_what_is_taken_back_where_it_waits_the_office_sees_no_more_and_orders_away(
    town: Town, browser: FlaskClient, desk: FlaskClient, staff: Account
) -> None:
    receipt = post(browser, place=WORD).partition("?")[0]
    town.exchange()
    page = there(desk)
    opened = desk.get(page)
    form = typed(browser.get(f"{receipt}/take-back"))
    assert browser.post(f"{receipt}/take-back", data=form).status_code == 303
    town.exchange()
    assert "確認を待っている投稿は、ありません" in words(desk.get("/waiting"))
    late = desk.post(f"{page}/let-in", data=typed(opened))
    assert late.headers["Location"] == "/waiting?done=gone"
    (record,) = town.office.views.sealed[WAITING].taken_back()
    town.office.rebuild()
    assert town.office.views.sealed[WAITING].taken_back() == [record], "made anew they are equal"
    assert any(each.payload for each in town.office.ledger.record(record))
    assert looked_at(town) == [record]
    town.exchange()
    for node in (town.office, town.kamigo):
        assert not any(each.payload for each in node.ledger.record(record))
    assert looked_at(town) == [], "nothing twice"
    assert titles(town) == []


def test_what_was_let_in_at_the_office_while_it_was_taken_back_does_not_come(
    town: Town, browser: FlaskClient, staff: Account
) -> None:
    receipt = post(browser).partition("?")[0]
    town.exchange()
    (found,) = elsewhere(town.office, staff)
    here = Desk(town.kamigo)
    here.take_back(receipt.rpartition("/")[2])
    let_in_elsewhere(town.office, found.address, by=staff)  # the line is cut
    town.exchange()
    here.keep_asking()
    assert titles(town) == []
    assert "取り下げました" in words(browser.get(receipt))


def test_nobody_asks_the_office_longer_than_its_answer_has_time_to_come(
    town: Town, browser: FlaskClient, staff: Account
) -> None:
    assert WAITING_DAYS + 30 <= WAITS_DAYS
    post(browser)
    here = Desk(town.kamigo)
    for days in (0, WAITS_DAYS):
        here.let_go(Moment(NOW + timedelta(days=days), Quality.TRUSTED))
    town.exchange()
    assert elsewhere(town.office, staff) == []
    here.keep_asking()
    assert len(town.kamigo.views.sealed[WAITING].all()) == 0, "nor anew"


def looked_at(town: Town) -> list[RecordId]:
    """Order away at the office what need not be kept for its look; which that was."""
    day = NOW.date()
    found = retaining._looked_at(town.office, KnownBy(town.office.database), day)
    with town.office.ledger.transaction():
        retaining._order(town.office, found)
    return found


def test_tables_made_anew_know_what_was_decided(
    town: Town, browser: FlaskClient, staff: Account
) -> None:
    receipt = post(browser)
    town.exchange()
    (found,) = elsewhere(town.office, staff)
    let_in_elsewhere(town.office, found.address, by=staff)
    town.exchange()
    town.kamigo.rebuild()
    Desk(town.kamigo).keep_asking()
    later = create_app(town.kamigo, now=lambda: NOW + timedelta(days=1)).test_client()
    assert "のりました" in words(later.get(receipt))
