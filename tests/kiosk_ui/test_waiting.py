"""Residents' posts that wait for a look: what the resident sees, and what the keeper does."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from kiosk_ui.allowances import RECEIPTS
from kiosk_ui.app import create_app
from node.carrying.file import export
from node.moderation.desk import Desk
from node.moderation.elsewhere import Gone
from node.moderation.sources import KIOSK
from node.moderation.waiting import DECLINED_DAYS, POSTS_MAX, WAITS_DAYS, Full, WaitingPost
from node.moderation.wishing import say, wish_of
from node.node import NotAllowed, NotSignedIn, open_node
from node.people import begin, let_in
from node.post import Post
from sync.account import Account, Duty
from sync.entry import Quality, read_header
from sync.machine.clock import Moment
from sync.machine.database import Database
from tests.kiosk_ui.reading import typed, words
from tests.kiosk_ui.test_signing_in import sign_in
from tests.kiosk_ui.town import EVENT, NOW, Town
from tests.raw import files_with

SECRET = "もちつき大会"
PHONE = {"REMOTE_ADDR": "192.168.7.20", "HTTP_HOST": "192.168.7.1"}


@pytest.fixture
def desk_here(town: Town) -> Desk:
    return Desk(town.kamigo)


def wish(town: Town, by: Account, *waits: str, allowance: int = 20) -> None:
    here = town.kamigo
    say(here, here.identity.public, waits=frozenset(waits), allowance=allowance, by=by)


def post(browser: FlaskClient, **other: str) -> str:
    """Sent through the form; where that led."""
    page = "/boards/event/new"
    answer = browser.post(page, data=typed(browser.get(page)) | EVENT | other)
    assert answer.status_code == 303, words(answer)
    return answer.headers["Location"]


def take_in(desk: Desk, source: str = KIOSK, at: Moment | None = None) -> Post | WaitingPost:
    board = desk.node.boards["event"]
    return desk.take_in(board, EVENT, opened=False, by=None, source=source, moment=at)


def titles(town: Town) -> list[str]:
    board = town.kamigo.boards["event"]
    return [each.text("title") for each in town.kamigo.posts(board)]


def test_it_waits_the_keeper_lets_it_in_and_the_receipt_says_so_all_along(
    town: Town, browser: FlaskClient, keeper: Account
) -> None:
    wish(town, keeper, "event")
    receipt = post(browser)
    assert receipt.startswith("/receipts/")
    told = browser.get(receipt)
    assert "確認を待っています" in words(told)
    assert SECRET not in told.text
    code = re.search(r"\d{4} \d{3} \d{3}", words(told))
    assert code is not None
    asked = browser.post("/receipts", data={"code": f" {code[0]} "})
    assert asked.headers["Location"] == receipt
    assert titles(town) == []
    sign_in(browser, keeper)
    assert "確認を待つ投稿 1件" in words(browser.get("/"))
    listed = browser.get("/waiting")
    assert SECRET in words(listed)
    page = re.search(r"/waiting/\d+", listed.text)
    assert page is not None
    opened = browser.get(page[0])  # the first touch; the second:
    answer = browser.post(f"{page[0]}/let-in", data=typed(opened))
    assert answer.headers["Location"] == "/waiting?done=let_in"
    assert titles(town) == [SECRET]
    told = browser.get(receipt)
    assert "のりました" in words(told)
    (made,) = town.kamigo.posts(town.kamigo.boards["event"])
    assert f"/records/{made.address}" in told.text
    (stored,) = town.kamigo.ledger.record(made.id)
    assert read_header(stored.header, stored.lane.id).account == keeper.in_headers
    assert "ありません" in words(browser.get("/waiting"))
    assert browser.get(page[0]).status_code == 404


def test_it_is_declined_with_a_reason_that_the_receipt_shows_and_may_still_be_let_in(
    town: Town, browser: FlaskClient, keeper: Account
) -> None:
    wish(town, keeper, "event")
    receipt = post(browser)
    sign_in(browser, keeper)
    opened = browser.get("/waiting/1")
    browser.post("/waiting/1/decline", data=typed(opened) | {"reason": "advertising"})
    told = words(browser.get(receipt))
    assert "のせませんでした" in told
    assert "宣伝や勧誘のため" in told
    assert "宣伝や勧誘のため" in words(browser.get("/decisions"))
    assert titles(town) == []
    again = browser.get("/waiting/1")
    assert "やはりのせる" in words(again)
    browser.post("/waiting/1/let-in", data=typed(again))
    assert titles(town) == [SECRET]
    assert "のりました" in words(browser.get(receipt))


def test_what_the_keeper_mends_is_marked_on_the_post_and_on_the_receipt(
    town: Town, browser: FlaskClient, keeper: Account
) -> None:
    wish(town, keeper, "event")
    receipts = [post(browser, starts_at="01:00"), post(browser)]
    sign_in(browser, keeper)
    form = typed(browser.get("/waiting/1/mend"))
    browser.post("/waiting/1/mend", data=form | EVENT)
    form = typed(browser.get("/waiting/2/mend"))
    browser.post("/waiting/2/mend", data=form | EVENT)  # nothing was changed
    for receipt, mended in zip(receipts, (True, False), strict=True):
        told = browser.get(receipt)
        assert ("少しなおし" in words(told)) is mended
        page = re.search(r"/records/[\w-]+", told.text)
        assert page is not None
        shown = words(browser.get(page[0]))
        assert ("のせる前に、担当者が言葉を少しなおしました" in shown) is mended
        assert "午前10時" in shown


def test_only_who_keeps_the_place_and_its_boards_looks(
    town: Town, browser: FlaskClient, keeper: Account, desk_here: Desk
) -> None:
    wish(town, keeper, "event")
    waiting = take_in(desk_here)
    assert isinstance(waiting, WaitingPost)
    club = let_in(town.kamigo, "婦人会", Duty.ORGANISATION, frozenset({"event"}), by=keeper)
    jobs = let_in(town.kamigo, "求人係", Duty.KEEPER, frozenset({"job"}), by=keeper)
    for page in ("/waiting", "/waiting/1", "/reports", "/wishes", "/decisions"):
        assert browser.get(page).headers["Location"].startswith("/sign-in")
    for nobody, refused in ((None, NotSignedIn), (club, NotSignedIn), (jobs, NotAllowed)):
        with pytest.raises(refused):
            desk_here.one(waiting.id, by=nobody)
        with pytest.raises(refused):
            desk_here.let_in(waiting.id, by=nobody)
        with pytest.raises(refused):
            desk_here.decline(waiting.id, "other", by=nobody)
    assert desk_here.waiting(jobs) == []
    assert len(desk_here.waiting(keeper)) == 1


def test_two_keepers_at_once_make_one_post(town: Town, keeper: Account, desk_here: Desk) -> None:
    wish(town, keeper, "event")
    waiting = take_in(desk_here)
    assert isinstance(waiting, WaitingPost)
    desk_here.let_in(waiting.id, by=keeper)
    with pytest.raises(Gone):
        desk_here.let_in(waiting.id, by=keeper)
    assert titles(town) == [SECRET]


def test_it_outlives_the_process_and_travels_nowhere(
    town: Town, browser: FlaskClient, keeper: Account
) -> None:
    wish(town, keeper, "event")
    receipt = post(browser, title="かなりあ大会")
    again = open_node(town.kamigo.settings.folder)
    again.rebuild()
    newer = create_app(again, now=lambda: NOW).test_client()
    assert "確認を待っています" in words(newer.get(receipt))
    sign_in(newer, keeper)
    assert "かなりあ大会" in words(newer.get("/waiting"))
    again.database.close()
    town.exchange()
    for node in (town.kamigo, town.office):
        payloads = [
            stored.payload or b""
            for record in node.ledger.records()
            for stored in node.ledger.record(record)
        ]
        assert payloads
        assert not any("かなりあ".encode() in payload for payload in payloads)
    file = town.kamigo.settings.folder / "all.kairan"
    export(town.kamigo, file)
    assert "かなりあ".encode() not in file.read_bytes()


def test_who_is_signed_in_for_a_board_waits_for_nobody(
    town: Town, browser: FlaskClient, keeper: Account
) -> None:
    wish(town, keeper, "event", allowance=0)
    sign_in(browser, keeper)
    assert post(browser).startswith("/records/")


def test_it_is_a_signed_decision_that_the_office_sees_and_may_make_stricter(
    town: Town, keeper: Account
) -> None:
    here, staff = town.kamigo.identity.public, begin(town.office, "佐藤")
    wish(town, keeper, "event", allowance=50)
    town.exchange()
    assert wish_of(town.office, here).waits == {"event"}
    say(town.office, here, waits=frozenset({"job"}), allowance=5, by=staff)
    town.exchange()
    wish(town, keeper, allowance=9_000)
    found = wish_of(town.kamigo, here)
    assert (found.waits, found.allowance) == (frozenset({"job"}), 5)
    town.kamigo.rebuild()
    assert wish_of(town.kamigo, here) == found
    other = town.office.identity.public
    with pytest.raises(NotAllowed):
        say(town.kamigo, other, waits=frozenset(), allowance=1, by=keeper)


def test_the_page_says_what_is_decided_and_takes_numbers_only(
    browser: FlaskClient, town: Town, keeper: Account
) -> None:
    sign_in(browser, keeper)
    form = typed(browser.get("/wishes")) | {"board": "event", "allowance": "7"}
    assert browser.post("/wishes", data=form).status_code == 303
    assert 'value="event" checked' in browser.get("/wishes").text
    assert "1日7件まで" in words(browser.get("/decisions"))
    for wrong in ("", "-1", "七", "99999999", "20000"):
        assert browser.post("/wishes", data=form | {"allowance": wrong}).status_code == 422
    assert browser.post("/wishes", data=form | {"place": "00"}).status_code == 400


# the allowance


def at(day: int, quality: Quality = Quality.TRUSTED) -> Moment:
    return Moment(datetime(2026, 11, 20, 3, tzinfo=UTC) + timedelta(days=day), quality)


def test_what_is_beyond_the_allowance_waits_and_a_new_day_fills_it_up(
    town: Town, keeper: Account, desk_here: Desk
) -> None:
    wish(town, keeper, allowance=2)
    took = [isinstance(take_in(desk_here, at=at(0)), Post) for _ in range(3)]
    assert took == [True, True, False]
    again = Desk(town.kamigo)  # a restart gives nothing for nothing
    assert isinstance(take_in(again, at=at(0)), WaitingPost)
    assert isinstance(take_in(again, at=at(1)), Post)


def test_no_clock_that_was_not_set_or_was_set_back_fills_it_up(
    town: Town, keeper: Account, desk_here: Desk
) -> None:
    wish(town, keeper, allowance=1)
    assert isinstance(take_in(desk_here, at=at(3)), Post)
    for moment in (at(9, Quality.UNKNOWN), at(9, Quality.HINTED), at(1), at(3)):
        assert isinstance(take_in(desk_here, at=moment), WaitingPost)
    wish(town, keeper, allowance=1)  # a decision does
    assert isinstance(take_in(desk_here, at=at(3)), Post)


def test_a_machine_without_a_clock_fills_it_up_after_a_day_of_running(
    town: Town, keeper: Account, desk_here: Desk
) -> None:
    running = [0.0]
    desk_here._allowance._running = lambda: running[0]
    wish(town, keeper, allowance=1)
    unknown = at(0, Quality.UNKNOWN)
    assert isinstance(take_in(desk_here, at=unknown), Post)
    running[0] = 86_000
    assert isinstance(take_in(desk_here, at=unknown), WaitingPost)
    running[0] = 90_000
    assert isinstance(take_in(desk_here, at=unknown), Post)


def test_one_phone_takes_its_share_all_phones_theirs_and_the_kiosk_has_the_rest(
    town: Town, keeper: Account, desk_here: Desk
) -> None:
    wish(town, keeper, allowance=16)
    phone = desk_here.sources.phone

    def direct(source: str, tries: int) -> int:
        return sum(isinstance(take_in(desk_here, source, at(0)), Post) for _ in range(tries))

    assert direct(phone("192.168.7.20"), 5) == 2
    assert direct(phone("fd00::1"), 2) == 2
    assert direct(phone("fd00::beef"), 2) == 0  # the same visitor, with one more address
    assert sum(direct(phone(f"192.168.8.{n}"), 1) for n in range(12)) == 8
    assert direct(KIOSK, 9) == 4


def test_where_nobody_looks_a_flood_ends_too(
    desk_here: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.moderation.desk.ALLOWANCE_WHERE_NOBODY_LOOKS", 8)
    source = desk_here.sources.phone("192.168.7.20")
    took = [isinstance(take_in(desk_here, source, at(0)), Post) for _ in range(3)]
    assert took == [True, False, False]
    assert isinstance(take_in(desk_here, at=at(0)), Post)


def test_one_phone_fills_neither_the_desk_nor_the_kiosks_part_of_it(
    town: Town, keeper: Account, desk_here: Desk
) -> None:
    wish(town, keeper, "event")
    phone = desk_here.sources.phone
    for _ in range(POSTS_MAX // 8):
        take_in(desk_here, phone("192.168.7.20"))
    with pytest.raises(Full):
        take_in(desk_here, phone("192.168.7.20"))
    assert len(desk_here.waiting(keeper)) == POSTS_MAX // 8
    with town.kamigo.database.transaction() as connection:
        (row,) = connection.execute("SELECT max(id) FROM desk_posts")
        for _ in range(POSTS_MAX * 3 // 4 - POSTS_MAX // 8):
            connection.execute(
                "INSERT INTO desk_posts (code, board, fields, opened, source, since, since_quality,"
                " state) SELECT hex(randomblob(9)), board, fields, 0, hex(randomblob(9)), since, 0,"
                " state FROM desk_posts WHERE id = ?",
                row,
            )
    with pytest.raises(Full):
        take_in(desk_here, phone("192.168.9.9"))
    assert isinstance(take_in(desk_here), WaitingPost)


def test_a_full_desk_says_so_and_keeps_what_was_typed(
    town: Town, browser: FlaskClient, keeper: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish(town, keeper, "event")
    monkeypatch.setattr("node.moderation.waiting.POSTS_MAX", 0)
    page = "/boards/event/new"
    answer = browser.post(page, data=typed(browser.get(page)) | EVENT)
    assert answer.status_code == 503
    assert "いっぱいで" in words(answer)
    assert typed(answer)["title"] == SECRET


def test_a_phone_posts_and_looks_its_receipt_up(
    town: Town, browser: FlaskClient, keeper: Account
) -> None:
    wish(town, keeper, "event")
    answer = browser.post("/boards/event/new", data=EVENT, environ_overrides=PHONE)
    receipt = answer.headers["Location"]
    told = browser.get(receipt, environ_overrides=PHONE)
    assert "確認を待っています" in words(told)
    assert "no-store" in told.headers["Cache-Control"]
    for wrong in ("", "1", "0" * 10, "あ" * 40, "٣" * 10):
        assert browser.post("/receipts", data={"code": wrong}).status_code == 404
    assert browser.get("/receipts/0000000000").status_code == 404


def test_when_nobody_looked_for_days_the_keepers_home_says_so(
    town: Town, keeper: Account, desk_here: Desk
) -> None:
    wish(town, keeper, "event")
    desk_here.take_in(
        town.kamigo.boards["event"],
        EVENT,
        opened=False,
        by=None,
        source=KIOSK,
        moment=Moment(NOW, Quality.TRUSTED),
    )
    for days, told in ((1, False), (3, True)):
        later = create_app(town.kamigo, now=lambda days=days: NOW + timedelta(days=days))  # type: ignore[misc]
        browser = later.test_client()
        assert "待っている投稿" not in words(browser.get("/"))
        sign_in(browser, keeper)
        assert ("何日も待っている投稿 1件" in words(browser.get("/"))) is told


def test_the_words_of_what_was_declined_go_after_a_month_and_the_receipt_stays(
    town: Town, browser: FlaskClient, keeper: Account
) -> None:
    desk = Desk(town.kamigo)
    wish(town, keeper, "event")
    receipt = post(browser, title="ことわられたひみつ").partition("?")[0]
    desk.decline(desk.waiting(keeper)[0].id, "personal", by=keeper)

    def after(days: int, quality: Quality = Quality.TRUSTED) -> bool:
        return desk.let_go(Moment(NOW + timedelta(days=days), quality))

    folder = town.kamigo.settings.folder
    assert not after(0)
    assert not after(29)
    assert not after(400, Quality.HINTED), "nothing goes by a clock that nobody vouches for"
    assert [(each.fields or {})["title"] for each in desk.declined(keeper)] == [
        "ことわられたひみつ"
    ]
    assert files_with(folder, "ことわられたひみつ")
    assert after(31)
    assert desk.declined(keeper) == []
    assert files_with(folder, "ことわられたひみつ") == []
    assert "個人のことが書かれているため" in words(browser.get(receipt))
    assert not after(62)


def at_the_desk(desk: Desk, days: int, quality: Quality = Quality.TRUSTED) -> bool:
    return desk.let_go(Moment(NOW + timedelta(days=days), quality))


def test_what_waits_does_not_go_with_what_was_declined(
    town: Town, browser: FlaskClient, keeper: Account, desk_here: Desk
) -> None:
    wish(town, keeper, "event")
    post(browser, title="待っている会")
    for days in (0, DECLINED_DAYS + 1, WAITS_DAYS - 1):
        assert not at_the_desk(desk_here, days)
    assert [(each.fields or {})["title"] for each in desk_here.waiting(keeper)] == ["待っている会"]


def test_what_nobody_looks_at_goes_after_its_time_and_the_receipt_says_both(
    town: Town, browser: FlaskClient, keeper: Account, desk_here: Desk
) -> None:
    wish(town, keeper, "event")
    receipt = post(browser, title="だれも見ないひみつ").partition("?")[0]
    assert f"{WAITS_DAYS}日のあいだ、だれも確かめられなかったとき" in words(browser.get(receipt))
    folder = town.kamigo.settings.folder
    assert not at_the_desk(desk_here, 4_000, Quality.HINTED), "by no clock that nobody vouches for"
    assert not at_the_desk(desk_here, 0)
    assert not at_the_desk(desk_here, 4_000, Quality.UNKNOWN)
    assert not at_the_desk(desk_here, WAITS_DAYS - 1)
    assert files_with(folder, "だれも見ないひみつ")
    assert at_the_desk(desk_here, WAITS_DAYS)
    assert files_with(folder, "だれも見ないひみつ") == []
    assert desk_here.waiting(keeper) == []
    assert desk_here.declined(keeper) == []
    told = words(browser.get(receipt))
    assert "のりませんでした" in told
    assert f"{WAITS_DAYS}日のあいだ、だれも確かめられなかったので、書かれたことは消えました" in told
    assert "取り下げる" not in told
    for late in (lambda: desk_here.let_in(1, by=keeper), lambda: desk_here.one(1, by=keeper)):
        with pytest.raises(Gone):
            late()
    assert not at_the_desk(desk_here, 2 * WAITS_DAYS)


def test_whoever_has_the_receipt_takes_back_what_waits_and_nothing_of_it_is_left(
    town: Town, browser: FlaskClient, keeper: Account, desk_here: Desk
) -> None:
    wish(town, keeper, "event")
    receipt = post(browser, title="やめたひみつ").partition("?")[0]
    other = post(browser, title="待っている会").partition("?")[0]
    asked = browser.get(f"{receipt}/take-back")
    assert "取り下げますか" in words(asked)
    assert "やめたひみつ" not in asked.text, "a receipt tells nothing of what was written"
    assert asked.headers["Cache-Control"] == "no-store"
    assert "確認を待っています" in words(browser.get(receipt)), "asking does nothing"
    done = browser.post(f"{receipt}/take-back", data=typed(asked), follow_redirects=True)
    assert "取り下げました" in words(done)
    assert files_with(town.kamigo.settings.folder, "やめたひみつ") == []
    assert [(each.fields or {})["title"] for each in desk_here.waiting(keeper)] == ["待っている会"]
    assert desk_here.declined(keeper) == []
    again = browser.post(f"{receipt}/take-back", data=typed(asked), follow_redirects=True)
    assert "取り下げました" in words(again)
    assert browser.get(f"{receipt}/take-back").headers["Location"] == receipt
    assert "確認を待っています" in words(browser.get(other))
    sign_in(browser, keeper)
    gone = browser.post("/waiting/1/let-in", data=typed(browser.get("/waiting")))
    assert gone.headers["Location"] == "/waiting?done=gone"
    assert "取り下げました" in words(browser.get("/waiting?done=gone"))
    assert titles(town) == []


def test_its_pictures_go_with_what_is_taken_back(
    town: Town, keeper: Account, desk_here: Desk
) -> None:
    wish(town, keeper, "event")
    jpeg = b"no picture, but bytes that are looked for"
    found = desk_here.take_in(
        town.kamigo.boards["event"], EVENT, opened=False, by=None, source=KIOSK, pictures=[jpeg]
    )
    assert isinstance(found, WaitingPost)
    assert files_with(town.kamigo.settings.folder, jpeg.decode())
    desk_here.take_back(found.code)
    assert files_with(town.kamigo.settings.folder, jpeg.decode()) == []


def test_words_that_somebody_read_while_they_were_taken_back_go_at_the_next_look(
    town: Town, browser: FlaskClient, keeper: Account, desk_here: Desk
) -> None:
    wish(town, keeper, "event")
    receipt = post(browser, title="やめたひみつ").partition("?")[0]
    code = receipt.rpartition("/")[2]
    reader = Database(town.kamigo.settings.ledger_path)
    with reader.snapshot():
        desk_here.take_back(code)
        assert files_with(town.kamigo.settings.folder, "やめたひみつ"), "the log is in use"
    reader.close()
    later = Desk(town.kamigo)  # as another process has it
    assert at_the_desk(later, 0)
    assert files_with(town.kamigo.settings.folder, "やめたひみつ") == []


def test_who_was_faster_has_decided_and_a_receipt_takes_back_no_post(
    town: Town, browser: FlaskClient, keeper: Account, desk_here: Desk
) -> None:
    wish(town, keeper, "event")
    let_in_, declined = (post(browser).partition("?")[0] for _ in range(2))
    page = browser.get(f"{let_in_}/take-back")
    desk_here.let_in(1, by=keeper)
    desk_here.decline(2, "other", by=keeper)
    for receipt, told in ((let_in_, "のりました"), (declined, "のせませんでした")):
        assert "取り下げる" not in words(browser.get(receipt))
        form = typed(page)
        answer = browser.post(f"{receipt}/take-back", data=form, follow_redirects=True)
        assert told in words(answer)
    assert titles(town) == [SECRET]
    assert browser.get("/receipts/0000000000/take-back").status_code == 404
    assert browser.post("/receipts/0000000000/take-back", data=form).status_code == 404


def test_who_tries_numbers_to_take_back_what_others_wrote_has_to_wait(
    town: Town, keeper: Account
) -> None:
    wish(town, keeper, "event")
    phone = create_app(town.kamigo, now=lambda: NOW).test_client()
    seen = [
        phone.get(f"/receipts/{number:010}/take-back", environ_overrides=PHONE).status_code
        for number in range(RECEIPTS.address + 1)
    ]
    assert seen == [404] * RECEIPTS.address + [429]
