"""Anybody may say that something is wrong with a post; the keeper answers; the receipt shows it."""

import re

import pytest
from flask.testing import FlaskClient

from node.erasing import erase
from node.erasure_requests import ask
from node.hiding import hide, lift
from node.moderation.desk import Desk
from node.moderation.reports import RECEIPTS_OPEN_MAX, WORDS_PER_POST_MAX
from node.moderation.sources import KIOSK
from node.moderation.waiting import Full
from node.node import NotAllowed, NotSignedIn
from node.people import begin, let_in
from node.post import Post, PostState
from node.reading import begin_reading, readers_at_the_office
from node.sealed import write_sealed
from sync.about import About
from sync.account import Account, Duty
from sync.report import WORDS_CHARACTERS_MAX, ReportedPost
from sync.sealed_record import REPORT
from tests.kiosk_ui.reading import typed, words
from tests.kiosk_ui.test_signing_in import sign_in
from tests.kiosk_ui.town import EVENT, Town

PHONE = {"REMOTE_ADDR": "192.168.7.20", "HTTP_HOST": "192.168.7.1"}


@pytest.fixture
def post(town: Town) -> Post:
    return town.post("event", **EVENT)


@pytest.fixture
def desk_here(town: Town) -> Desk:
    return Desk(town.kamigo)


def report(browser: FlaskClient, post: Post, reason: str = "false", said: str = "") -> str:
    """Where it led."""
    page = f"/records/{post.address}/report"
    form = typed(browser.get(page)) | {"reason": reason, "words": said}
    answer = browser.post(page, data=form)
    assert answer.status_code == 303
    return answer.headers["Location"]


def act(browser: FlaskClient, page: str, **more: str) -> int:
    mark = {"csrf": typed(browser.get("/people"))["csrf"]}
    return browser.post(page, data=mark | more).status_code


def test_several_reports_of_one_post_are_one_row_and_its_answer_is_on_each_receipt(
    town: Town, browser: FlaskClient, keeper: Account, post: Post
) -> None:
    assert "知らせる" in words(browser.get(f"/records/{post.address}"))
    receipts = [
        report(browser, post, said="日にちがちがいます"),
        report(browser, post),
        report(browser, post, "over"),
    ]
    for receipt in receipts:
        told = browser.get(receipt)
        assert "確認を待っています" in words(told)
        assert EVENT["title"] not in told.text
    assert "日にちがちがいます" not in browser.get(f"/records/{post.address}").text
    sign_in(browser, keeper)
    assert "知らせ 1件" in words(browser.get("/"))
    listed = words(browser.get("/reports"))
    assert "3件" in listed
    assert "事実とちがう（2件）" in listed
    assert "日にちがちがいます" in listed
    assert act(browser, "/reports/1/answer", answer="fine") == 303
    assert "日にちがちがいます" not in browser.get("/reports").text
    for receipt in receipts:
        assert "問題はありませんでした" in words(browser.get(receipt))
    assert act(browser, "/reports/1/answer", answer="fine") == 403
    again = report(browser, post)  # a new one is a new row
    assert "確認を待っています" in words(browser.get(again))
    assert "問題はありませんでした" in words(browser.get(receipts[0]))


def test_of_a_post_that_was_erased_no_receipt_says_that_its_author_withdrew_it(
    town: Town, browser: FlaskClient, post: Post
) -> None:
    receipt = report(browser, post)
    town.exchange()
    staff = begin(town.office, "佐藤")
    found = town.office.post(post.address)
    assert found is not None
    erase(town.office, [found], "asked", by=staff)
    town.exchange()
    told = words(browser.get(receipt))
    assert "この投稿の内容は消されました" in told
    assert "取り下げ" not in told


def test_a_report_that_leads_to_hiding_says_why_and_by_whom(
    town: Town, browser: FlaskClient, keeper: Account, post: Post
) -> None:
    receipt = report(browser, post)
    sign_in(browser, keeper)
    assert act(browser, "/reports/1/hide", reason="false") == 303
    told = words(browser.get(receipt))
    assert "その投稿を隠しました" in told
    assert "事実とちがうおそれがあるため" in told
    assert "上郷公民館" in told
    assert browser.get(f"/records/{post.address}").status_code == 403
    lift(town.kamigo, post.address, by=keeper)
    assert "また出ています" in words(browser.get(receipt))


def test_hidden_by_another_way_it_is_answered_too(
    town: Town, browser: FlaskClient, keeper: Account, post: Post, desk_here: Desk
) -> None:
    receipt = report(browser, post)
    hide(town.kamigo, post, "duplicate", by=keeper)
    assert desk_here.reporting.open(keeper) == []
    assert "同じ投稿がほかにあるため" in words(browser.get(receipt))
    assert browser.get(f"/records/{post.address}/report").status_code == 404


def test_only_who_keeps_the_place_and_its_boards_answers(
    town: Town, keeper: Account, post: Post, desk_here: Desk
) -> None:
    reporting = desk_here.reporting
    reporting.take_in(post, "other", "", source=KIOSK, since=post.written)
    club = let_in(town.kamigo, "婦人会", Duty.ORGANISATION, frozenset({"event"}), by=keeper)
    jobs = let_in(town.kamigo, "求人係", Duty.KEEPER, frozenset({"job"}), by=keeper)
    for nobody, refused in ((None, NotSignedIn), (club, NotSignedIn), (jobs, NotAllowed)):
        with pytest.raises(refused):
            reporting.answer(1, "fine", by=nobody)
        with pytest.raises(refused):
            reporting.hide(1, "false", by=nobody)
    assert reporting.open(jobs) == []


def test_an_official_word_is_reported_and_no_centre_hides_it_for_that(
    town: Town, browser: FlaskClient, keeper: Account
) -> None:
    alert = town.alert()
    receipt = report(browser, alert)
    sign_in(browser, keeper)
    assert "役場の人にお伝えください" in words(browser.get("/reports"))
    assert act(browser, "/reports/1/hide", reason="false") == 403
    assert "確認を待っています" in words(browser.get(receipt))


def test_no_reason_and_too_many_words_are_told_and_nothing_typed_is_lost(
    browser: FlaskClient, post: Post
) -> None:
    page = f"/records/{post.address}/report"
    for form in ({"words": "あ"}, {"reason": "無い", "words": "あ"}):
        answer = browser.post(page, data=form)
        assert answer.status_code == 422
        assert typed(answer)["words"] == "あ"
    long = "あ" * (WORDS_CHARACTERS_MAX + 1)
    answer = browser.post(page, data={"reason": "other", "words": long})
    assert answer.status_code == 422
    assert typed(answer)["words"] == long


def test_two_taps_are_one_report(browser: FlaskClient, post: Post, desk_here: Desk) -> None:
    page = f"/records/{post.address}/report"
    form = typed(browser.get(page)) | {"reason": "false"}
    led = [browser.post(page, data=form).headers["Location"] for _ in range(2)]
    assert led[0] == led[1]
    found = desk_here.reporting.by_code(re.sub(r"\D", "", led[0]))
    assert found is not None
    assert found.count == 1


def test_one_phone_fills_neither_the_list_nor_one_row_of_it(
    browser: FlaskClient, post: Post, desk_here: Desk, keeper: Account
) -> None:
    phone = desk_here.sources.phone("192.168.7.20")

    def one(source: str) -> str:
        take_in = desk_here.reporting.take_in
        return take_in(post, "other", "同じ人", source=source, since=post.written)

    for _ in range(RECEIPTS_OPEN_MAX // 8):
        one(phone)
    with pytest.raises(Full):
        one(phone)
    assert one(KIOSK)
    ((found, _),) = desk_here.reporting.open(keeper)
    assert len(found.words) == WORDS_PER_POST_MAX


def reports_at_the_office(town: Town, staff: Account) -> list[tuple[int, list[str]]]:
    town.exchange()
    found = Desk(town.office).reporting.open(staff)
    return [(each.count, list(each.words)) for each, _ in found]


def test_it_goes_sealed_to_the_office_and_to_where_the_post_was_written(
    town: Town, browser: FlaskClient, keeper: Account, desk_here: Desk
) -> None:
    staff = begin(town.office, "佐藤")
    begin_reading(town.office)
    theirs = town.office.add(town.office.boards["event"], EVENT, by=staff)
    town.exchange()
    report(browser, theirs, said="カナリアが鳴いた")
    assert reports_at_the_office(town, staff) == [(1, ["カナリアが鳴いた"])]
    assert reports_at_the_office(town, staff) == [(1, ["カナリアが鳴いた"])]  # once
    for _ in range(4):
        report(browser, theirs)
    assert reports_at_the_office(town, staff)[0][0] == 4  # the first, the second, the fourth
    for node in (town.kamigo, town.office):
        assert len(node.views.sealed[REPORT].all()) == 3
        for record in node.ledger.records():
            for stored in node.ledger.record(record):
                assert "カナリア".encode() not in (stored.payload or b"")
    Desk(town.office).reporting.hide(1, "false", by=staff)
    town.exchange()
    now = town.kamigo.post(theirs.address)
    assert now is not None
    assert now.state is PostState.HIDDEN
    assert desk_here.reporting.open(keeper) == []


def test_what_is_no_report_or_comes_before_its_post_stops_nothing(
    town: Town, browser: FlaskClient, keeper: Account
) -> None:
    staff = begin(town.office, "佐藤")
    begin_reading(town.office)
    town.exchange()
    readers = [key.key for key in readers_at_the_office(town.kamigo)]
    for plain in (b"", b"\xff", bytes(100)):
        write_sealed(town.kamigo, REPORT, plain, to=readers)
    lost = ReportedPost(
        post=About(lane=bytes(32), number=1, check=bytes(8)), reason="x", words="", count=1
    )
    write_sealed(town.kamigo, REPORT, lost.plain, to=readers)
    post = town.post("event", **EVENT)
    report(browser, post, said="本物")
    assert reports_at_the_office(town, staff) == [(1, ["本物"])]
    assert len(Desk(town.office).reporting._reports.heard()) == 4


def test_the_number_of_a_wish_to_have_something_erased_is_found_on_the_same_page(
    town: Town, browser: FlaskClient, post: Post
) -> None:
    begin(town.office, "佐藤")
    begin_reading(town.office)
    town.exchange()
    code = ask(town.kamigo, post, {"whose": "mine", "why": "mistake"})
    answer = browser.post("/receipts", data={"code": code})
    assert answer.headers["Location"] == f"/erasure/{code}"
