"""Somebody applies, whoever is behind the post reads and answers, and nobody else reads a word."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from urllib.parse import urlsplit

import pytest
import zxingcpp
from flask.testing import FlaskClient
from PIL import Image
from playwright.sync_api import Browser
from werkzeug.test import TestResponse

from kiosk_ui.app import create_app
from node.mail.ending import LETTERS_DAYS, let_go
from node.mail.letters import by_receipt, open_for_letters, received_here
from node.mail.looking import looked
from node.mail.receipt_key import derive
from node.mail.six_words import as_letters, plain, read_slip
from node.node import edition
from node.people import begin, let_in
from node.pins import Pins
from node.post import Post
from node.reading import begin_reading, own_keys
from node.reading_files import secrets_of
from node.sealed import all_sealed
from sync import sealing
from sync.account import Account, Duty
from sync.entry import Quality
from sync.machine.clock import Moment
from sync.sealed_record import LETTER
from tests.kiosk_ui.browsing import ON_THE_WIFI, on_the_wifi, served
from tests.kiosk_ui.browsing import opened as opened_in
from tests.kiosk_ui.reading import elements, typed, words
from tests.kiosk_ui.test_signing_in import sign_in
from tests.kiosk_ui.town import EVENT, JOB, NOW, PIN, Town
from tests.raw import files_with

MESSAGE = "週に三日、午前だけ働けますか。"
ANSWER = "はい、どうぞお越しください。"


@pytest.fixture
def keeper(town: Town, browser: FlaskClient) -> Account:
    made = begin(town.kamigo, "山田 花")
    Pins(town.kamigo.settings.folder).choose(made.address, PIN)
    sign_in(browser, made)
    return made


@pytest.fixture
def staff(town: Town) -> Account:
    made = begin(town.office, "佐藤")
    begin_reading(town.office)
    return made


@pytest.fixture
def job(town: Town, keeper: Account, staff: Account) -> Post:
    made = town.post("job", **JOB)
    open_for_letters(town.kamigo, made)
    town.exchange()
    return made


def write(visitor: FlaskClient, post: Post, **fields: str) -> TestResponse:
    page = f"/records/{post.address}/write"
    return visitor.post(page, data=typed(visitor.get(page)) | {"message": MESSAGE} | fields)


def six_words(slip: TestResponse) -> str:
    return " ".join(re.findall(r"<li><b>(\w+)</b></li>", slip.text))


def read(visitor: FlaskClient, receipt: str) -> TestResponse:
    return visitor.post("/receipt", data=typed(visitor.get("/receipt")) | {"typed": receipt})


def opened(browser: FlaskClient, post: Post, reason: str = "answer") -> TestResponse:
    page = f"/letters/{post.address}"
    listed = browser.get(page)
    (one, *_) = [
        form["action"]
        for form in elements(listed, "form")
        if form.get("action", "").startswith(f"{page}/")
    ]
    return browser.post(one, data=typed(listed) | {"reason": reason})


def test_one_applies_at_another_machine_and_the_two_talk_on_by_the_receipt(
    town: Town, browser: FlaskClient, desk: FlaskClient, keeper: Account, job: Post
) -> None:
    assert "応募する・質問する" in words(desk.get(f"/records/{job.address}"))
    asked = desk.get(f"/records/{job.address}/write")
    assert "読めるのは、上郷公民館・公民館の管理人だけです" in words(asked)
    slip = write(desk, job, name="鈴木 一郎", contact="0999-00-1234")
    receipt = six_words(slip)
    assert len(receipt.split()) == 6
    town.exchange()
    # the employer
    assert "返事まち 1" in words(browser.get("/letters"))
    assert MESSAGE not in browser.get(f"/letters/{job.address}").text
    page = opened(browser, job)
    assert all(said in words(page) for said in (MESSAGE, "鈴木 一郎", "0999-00-1234"))
    (answer_at,) = [
        form["action"] for form in elements(page, "form") if "answer" in form.get("action", "")
    ]
    done = browser.post(answer_at, data=typed(page) | {"message": ANSWER}, follow_redirects=True)
    assert "返事を送りました" in words(done)
    assert "返事まち" not in words(browser.get("/letters"))
    town.exchange()
    # the resident
    page = read(desk, receipt)
    assert MESSAGE in page.text
    assert ANSWER in page.text
    desk.post("/receipt", data=typed(page) | {"message": "では土曜に伺います。"})
    town.exchange()
    page = opened(browser, job)
    assert [text in words(page) for text in (MESSAGE, ANSWER, "では土曜に伺います。")] == [True] * 3
    assert "返事まち 1" in words(browser.get("/letters"))


def test_a_phone_that_reads_the_receipts_code_opens_the_answer_at_another_machine(
    town: Town, browser: FlaskClient, job: Post, chromium: Browser
) -> None:
    """Written at the office in a real browser, answered at the centre, read at the centre's."""
    office = create_app(on_the_wifi(town.office), now=lambda: NOW)
    centre = create_app(on_the_wifi(town.kamigo), now=lambda: NOW)
    phone = opened_in(chromium, 390, 844, javascript=True)
    with served(office) as port:
        phone.goto(f"http://{ON_THE_WIFI}:{port}/records/{job.address}/write")
        phone.get_by_label("伝えたいこと").fill(MESSAGE)
        phone.locator(".send .button").click()
        code = phone.locator(".slip .qr")
        (found,) = zxingcpp.read_barcodes(Image.open(BytesIO(code.screenshot())))
    town.exchange()
    page = opened(browser, job)
    (answer_at,) = [
        form["action"] for form in elements(page, "form") if "answer" in form.get("action", "")
    ]
    browser.post(answer_at, data=typed(page) | {"message": ANSWER})
    letters = urlsplit(found.text)
    assert letters.path == "/receipt"
    with served(centre) as port:
        phone.goto(f"http://{ON_THE_WIFI}:{port}{letters.path}#{letters.fragment}")
        assert letters.fragment not in phone.url, "it stands in no history"
        phone.get_by_role("button", name="返事を読む").click()
        phone.get_by_text(ANSWER).wait_for()
        assert phone.get_by_text(MESSAGE).is_visible()
    phone.context.close()


def test_a_second_tap_makes_no_second_letter_and_no_other_receipt(
    town: Town, desk: FlaskClient, job: Post
) -> None:
    page = f"/records/{job.address}/write"
    form = typed(desk.get(page)) | {"message": MESSAGE}
    first, second = desk.post(page, data=form), desk.post(page, data=form)
    assert six_words(first) == six_words(second)
    assert len(all_sealed(town.office, LETTER)) == 1


def test_words_can_be_chosen_by_touch(desk: FlaskClient, job: Post) -> None:
    receipt = six_words(write(desk, job))
    page = desk.get("/receipt")
    for word in receipt.split():
        words_so_far = typed(page)["words"]
        kana = plain(word)[0]
        assert kana in [each["value"] for each in elements(page, "button") if "value" in each]
        page = desk.post("/receipt", data={"words": words_so_far, "kana": kana})
        assert word in [each["value"] for each in elements(page, "button") if "value" in each]
        page = desk.post("/receipt", data={"words": typed(page)["words"], "word": word})
    assert MESSAGE in page.text


def test_what_was_wrong_is_said_and_what_was_typed_stays(desk: FlaskClient, job: Post) -> None:
    refused = write(desk, job, message="", name="鈴木")
    assert refused.status_code == 422
    assert typed(refused)["name"] == "鈴木"
    kept = typed(refused)["slip"]
    slip = desk.post(f"/records/{job.address}/write", data=typed(refused) | {"message": MESSAGE})
    assert as_letters(read_slip(six_words(slip))) == kept


def test_words_of_nobody_open_nothing(desk: FlaskClient, job: Post) -> None:
    write(desk, job)
    for receipt in ("", "あいさつ", "あいさつ " * 6, "!", "A" * 15, "é"):
        page = desk.post("/receipt", data={"typed": receipt})
        assert page.status_code in (404, 422)
        assert MESSAGE not in page.text


def test_no_page_with_a_receipt_is_kept_by_a_browser_nor_has_it_in_an_address(
    desk: FlaskClient, job: Post
) -> None:
    slip = write(desk, job)
    receipt = six_words(slip)
    page = read(desk, receipt)
    for each in (slip, page, desk.get("/receipt")):
        assert each.headers["Cache-Control"] == "no-store"
        assert each.headers["Refresh"].endswith("url=/")
    letters = as_letters(read_slip(receipt))
    for each in (slip, page):
        for tag in ("a", "form", "img", "script", "link"):
            for attributes in elements(each, tag):
                said = " ".join(attributes.values())
                assert letters not in said
                assert receipt.split()[0] not in said


def test_whatever_one_takes_home_is_one_page_with_the_same_words_and_looked_up_at_one_place(
    desk: FlaskClient, job: Post
) -> None:
    about = f"/records/{job.address}"

    def sent(path: str, **fields: str) -> TestResponse:
        page = desk.get(f"{about}/{path}")
        return desk.post(f"{about}/{path}", data=typed(page) | fields, follow_redirects=True)

    reported = sent("report", reason="other")
    asked = sent("erasure", whose="mine", why="personal")
    for each in (write(desk, job), reported, asked):
        assert each.headers["Cache-Control"] == "no-store"
        assert each.headers["Refresh"].endswith("url=/")
        said = words(each)
        places = [
            said.index(part) for part in ("控え 受付", "紙に書きうつすか", "「控えで調べる」")
        ]
        assert places == sorted(places)
        assert elements(each, "svg")
    assert "/receipts" in [link["href"] for link in elements(desk.get("/boards/job"), "a")]
    there = desk.get("/receipts")
    assert "/receipt" in [link["href"] for link in elements(there, "a")]
    code = re.search(r"[0-9]{4} [0-9]{4}(?! [0-9])", words(asked))
    assert code is not None
    found = desk.post("/receipts", data=typed(there) | {"code": code[0]}, follow_redirects=True)
    assert "役場の返事を待っています" in words(found)


def test_the_one_who_may_not_read_gets_no_list_and_no_letter(
    town: Town, browser: FlaskClient, desk: FlaskClient, keeper: Account, job: Post
) -> None:
    other = let_in(town.kamigo, "工務店", Duty.ORGANISATION, frozenset({"job"}), by=keeper)
    Pins(town.kamigo.settings.folder).choose(other.address, "975310")
    write(desk, job)
    town.exchange()
    (told,) = received_here(town.kamigo, keeper)
    browser.post("/sign-out", data=typed(browser.get("/")))
    assert browser.get("/letters").status_code == 303
    sign_in(browser, other, "975310")
    assert "手紙は、届いていません" in words(browser.get("/letters"))
    form = typed(browser.get("/letters")) | {"reason": "answer", "message": "x"}
    for page in ("", "/answer"):
        answer = browser.post(f"/letters/{job.address}/{told.name}{page}", data=form)
        assert answer.status_code == 404
    assert browser.get("/looked").status_code == 403


def test_an_organisation_reads_what_came_to_its_own_posting_and_the_keeper_does_not(
    town: Town, browser: FlaskClient, keeper: Account, staff: Account
) -> None:
    ours = let_in(town.kamigo, "果樹園", Duty.ORGANISATION, frozenset({"job"}), by=keeper)
    post = town.kamigo.add(town.kamigo.boards["job"], JOB, by=ours)
    open_for_letters(town.kamigo, post)
    browser.post("/sign-out", data=typed(browser.get("/")))
    asked = browser.get(f"/records/{post.address}/write")
    assert "果樹園（上郷公民館で受け取ります）だけ" in words(asked)
    write(browser, post)
    assert len(received_here(town.kamigo, ours)) == 1
    assert received_here(town.kamigo, keeper) == []
    assert received_here(town.office, staff) == []


def test_opening_is_noted_first_and_the_office_sees_who_and_why(
    town: Town, browser: FlaskClient, desk: FlaskClient, staff: Account, job: Post
) -> None:
    write(desk, job)
    town.exchange()
    assert opened(browser, job, reason="nothing of ours").status_code == 400
    assert looked(town.kamigo) == []
    opened(browser, job, reason="rules")
    for told in (looked(town.kamigo), None):
        if told is None:
            town.exchange()
            told = looked(town.office)
        (note,) = told
        assert (note.who, note.title) == ("山田 花", JOB["title"])
        assert note.why == "きまりに反していないか確かめるため"
        assert note.place == town.kamigo.identity.public
    Pins(town.office.settings.folder).choose(staff.address, PIN)
    sign_in(desk, staff)
    page = words(desk.get("/looked"))
    assert "山田 花" in page
    assert "上郷公民館" in page
    assert MESSAGE not in page


def test_a_changed_key_reads_what_came_before_and_what_comes_and_both_go_with_the_posting(
    town: Town, browser: FlaskClient, desk: FlaskClient, keeper: Account, job: Post
) -> None:
    write(desk, job)
    town.exchange()
    before = own_keys(town.kamigo)
    assert {key.for_the_place for key in before} == {True, False}, "the posting has its own"
    page = browser.get("/reading-keys")
    assert "上郷公民館（この機械）" in words(page)
    assert browser.post("/reading-keys").status_code == 403, "not without the mark of its page"
    assert browser.post("/reading-keys", data=typed(page)).status_code == 303
    after = [key for key in own_keys(town.kamigo) if key.stands]
    assert len(after) == len(before)
    assert not {key.key for key in after} & {key.key for key in before}
    town.exchange()
    write(desk, job)
    town.exchange()
    first, second = all_sealed(town.kamigo, LETTER)
    assert not {*first.sealed.parts} & {*second.sealed.parts}
    assert "2人、返事まち 2" in words(browser.get("/letters"))
    secrets = [secrets_of(town.kamigo).of(sealing.tag(key.key)) for key in (*before, *after)]
    town.kamigo.remove(job, seen=edition(job), by=keeper)
    town.exchange()
    form = typed(browser.get(f"/letters/{job.address}"))
    assert browser.post(f"/letters/{job.address}/end", data=form).status_code == 303
    kept = {key.key for key in (*before, *after) if key.for_the_place}
    for key, secret in zip((*before, *after), secrets, strict=True):
        assert secret is not None
        assert bool(files_with(town.kamigo.settings.folder, secret.hex())) is (key.key in kept)


def test_an_answer_that_is_none_shows_no_letter_that_nobody_noted(
    town: Town, browser: FlaskClient, desk: FlaskClient, keeper: Account, job: Post
) -> None:
    write(desk, job)
    town.exchange()
    (told,) = received_here(town.kamigo, keeper)
    form = typed(browser.get("/letters")) | {"message": " "}
    page = browser.post(f"/letters/{job.address}/{told.name}/answer", data=form)
    assert page.status_code == 422
    assert MESSAGE not in page.text


def test_a_forged_answer_of_another_machine_is_shown_as_no_answer(
    town: Town, keeper: Account, desk: FlaskClient, job: Post
) -> None:
    from node.mail.letter import Letter
    from node.sealed import about, write_sealed
    from sync import sealing

    slip = read_slip(six_words(write(desk, job)))
    secret = derive(slip, town=town.office.settings.town)
    letter = Letter(receipt=sealing.public(secret), turn=2, message="採用です")
    write_sealed(
        town.office,
        LETTER,
        letter.encoded,
        to=[letter.receipt],
        about=about(town.office, job),
        answers=True,
    )
    told = by_receipt(town.office, secret)
    assert told is not None
    assert [each.answers for each in told.letters] == [False, False]


@pytest.mark.parametrize("board", ["disaster", "guide"])
def test_official_boards_take_no_letters(town: Town, browser: FlaskClient, board: str) -> None:
    begin(town.kamigo, "山田")
    begin_reading(town.kamigo)
    post = town.alert() if board == "disaster" else town.feed("guide", [{"title": "診療所"}])[0]
    page = f"/records/{post.address}"
    assert "/write" not in browser.get(page).text
    assert browser.get(f"{page}/write").status_code == 403


def test_where_nobody_was_let_in_nobody_can_write(town: Town, browser: FlaskClient) -> None:
    post = town.post("event", **EVENT)
    page = f"/records/{post.address}"
    assert "問い合わせる" not in words(browser.get(page))
    assert browser.get(f"{page}/write").status_code == 403
    form = {"slip": "0" * 15, "message": MESSAGE}
    refused = browser.post(f"{page}/write", data=form)
    assert refused.status_code == 403
    assert MESSAGE in refused.text  # nothing that was typed is lost


# the end


def later(days: int, quality: Quality = Quality.TRUSTED) -> Moment:
    return Moment(datetime.now(UTC) + timedelta(days=days), quality)


def closed(town: Town, job: Post, keeper: Account) -> None:
    now = town.kamigo.post(job.address)
    assert now is not None
    town.kamigo.edit(now, {**now.fields, "state": "closed"}, seen=edition(now), by=keeper)


@pytest.fixture(autouse=True)
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine's clock is one that NTP has set."""
    from sync.machine import clock

    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: Moment(real().at, Quality.TRUSTED))


def test_after_a_posting_closed_its_letters_go_on_time_and_not_before(
    town: Town, desk: FlaskClient, keeper: Account, job: Post
) -> None:
    receipt = six_words(write(desk, job))
    town.exchange()
    closed(town, job, keeper)
    town.exchange()
    assert desk.get(f"/records/{job.address}/write").status_code == 403
    for moment in (later(LETTERS_DAYS - 1), later(400, Quality.UNKNOWN)):
        let_go(town.kamigo, moment)
        let_go(town.office, moment)
    assert MESSAGE in read(desk, receipt).text
    let_go(town.kamigo, later(LETTERS_DAYS + 1))
    assert received_here(town.kamigo, keeper) == []
    town.exchange()
    let_go(town.office, later(0))  # its own machine has let go
    assert read(desk, receipt).status_code == 404
    town.exchange()
    assert all_sealed(town.kamigo, LETTER) == []
    let_go(town.office, later(LETTERS_DAYS + 1))  # nothing twice


def test_whoever_reads_them_can_let_go_of_a_withdrawn_postings_letters_at_once(
    town: Town, browser: FlaskClient, desk: FlaskClient, keeper: Account, job: Post
) -> None:
    write(desk, job)
    town.exchange()
    page = f"/letters/{job.address}"
    assert browser.post(f"{page}/end", data=typed(browser.get(page))).status_code == 403
    now = town.kamigo.post(job.address)
    assert now is not None
    town.kamigo.remove(now, seen=edition(now), by=keeper)
    assert "いますぐ消す" in words(browser.get(page))
    done = browser.post(f"{page}/end", data=typed(browser.get(page)), follow_redirects=True)
    assert "手紙を消しました" in words(done)
    assert "手紙は、届いていません" in words(browser.get("/letters"))
