"""Whoever wants something erased asks the office, which decides; then it is nowhere any more."""

import gc
from functools import partial

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kiosk_ui.kept_pages import KeptPages
from node.answered import answered, asked
from node.erasing import LATE, erase, follow_up, orders
from node.erasure_requests import (
    OPEN_MAX,
    NobodyReads,
    Request,
    TooMany,
    ask,
    grant,
    requests,
)
from node.hiding import MANY, TakesTwo, hide
from node.mail.looking import WISH as A_WISH
from node.mail.looking import WISH_REASONS, looked
from node.moderation.desk import Desk
from node.moderation.sources import KIOSK
from node.node import Node, NotAllowed, NotSignedIn, edition
from node.people import begin, let_in
from node.pins import Pins
from node.post import Post, PostState
from node.reading import begin_reading
from node.sealed import sealed_record
from node.status import in_words, status
from sync import cbor
from sync.account import Account, Duty
from sync.entry import Quality
from sync.machine.clock import Moment
from sync.machine.obeying import Obeying
from sync.sealed_record import ERASURE, REPORT
from tests.kiosk_ui.reading import typed, words
from tests.kiosk_ui.test_hiding import state
from tests.kiosk_ui.test_signing_in import sign_in
from tests.kiosk_ui.town import EVENT, NOW, OTHER_PIN, PIN, Town
from tests.raw import files_with

WORD = "zyxqvarplonk"  # which a search would keep whole
NAME = f"ひみつの山田さんの会 {WORD}"
WORDS, WHO, PHONE = "住所がのっています", "山田 花", "0999-00-4242"
WISH = {"whose": "mine", "why": "personal"}


@pytest.fixture
def staff(town: Town, desk: FlaskClient) -> Account:
    """Signed in at the office's desk, to whom people can write since."""
    made = begin(town.office, "佐藤")
    Pins(town.office.settings.folder).choose(made.address, PIN)
    sign_in(desk, made)
    town.exchange()
    return made


@pytest.fixture
def post(town: Town) -> Post:
    made = town.post("event", **EVENT | {"title": NAME})
    town.exchange()
    return made


def tidy(node: Node) -> None:
    """What `kairan sync` does after a change."""
    assert node.database.empty_log()
    obeying = Obeying(node.ledger, node.identity, [node.settings.town], node.settings.folder)
    assert obeying.say(node.ledger.version())


def ask_for(browser: FlaskClient, post: Post, **typed_in: str) -> str:
    """The address of the receipt."""
    page = f"/records/{post.address}/erasure"
    assert "この内容を消してほしい" in words(browser.get(f"/records/{post.address}"))
    sent = browser.post(page, data=typed(browser.get(page)) | WISH | typed_in)
    assert sent.status_code == 303
    return str(sent.headers["Location"]).partition("?")[0]


def opening(desk: FlaskClient, *chosen: Request, reason: str = "decide") -> TestResponse:
    """What the staff see who tick these and open them."""
    form: dict[str, object] = {
        "csrf": typed(desk.get("/erasures"))["csrf"],
        "request": [each.address for each in chosen],
        "reason": reason,
    }
    return desk.post("/erasures/open", data=form)


def test_who_opened_a_request_is_noted_before_and_nothing_of_it_is_shown_unnoted(
    town: Town, browser: FlaskClient, desk: FlaskClient, staff: Account, post: Post
) -> None:
    ask_for(browser, post, words=WORDS, name=WHO, contact=PHONE)
    town.exchange()
    (request,) = requests(town.office)
    for page in (desk.get("/erasures"), desk.get("/kept"), opening(desk, request, reason="?")):
        assert not any(said in page.text for said in (NAME, WORDS, WHO, PHONE))
    assert looked(town.office) == []
    opening(desk, request, reason="check")
    (note,) = looked(town.office)
    said = (note.who, note.conversation, note.why, note.title, note.post)
    assert said == ("佐藤", request.code, WISH_REASONS["check"], A_WISH, "")
    form = {"csrf": typed(desk.get("/erasures"))["csrf"], "request": request.address}
    assert NAME in words(desk.post("/erasures/ask", data=form))
    assert len(looked(town.office)) == 2, "the page that asks again names it too"
    told = words(desk.get("/looked"))
    assert "佐藤" in told
    assert A_WISH in told
    assert NAME not in told, "what is erased lives on in no note"


def test_from_the_kiosk_to_the_office_and_back_to_the_receipt(
    town: Town, browser: FlaskClient, desk: FlaskClient, staff: Account, post: Post
) -> None:
    receipt = ask_for(browser, post, words=WORDS, name=WHO, contact=PHONE)
    assert "役場の返事を待っています" in words(browser.get(receipt))
    town.exchange()
    page = desk.get("/erasures")
    (request,) = requests(town.office)
    opened = words(opening(desk, request))
    for said in (NAME, "わたしのこと", WORDS, WHO, PHONE, "上郷公民館"):
        assert said in opened
    form = {"csrf": typed(page)["csrf"], "request": request.address}
    assert NAME in words(desk.post("/erasures/ask", data=form))
    assert desk.post("/erasures/grant", data=form).status_code == 303
    told = words(desk.get("/erasures"))
    assert "町の機械2台のうち、" in told
    assert "上郷公民館（" in told, "it hasn't answered"
    town.exchange()
    for node in (town.kamigo, town.office):
        assert state(node, post) is PostState.ERASED
        tidy(node)
    for screen in (browser, desk):
        assert screen.get(f"/records/{post.address}").status_code == 410
    town.exchange()
    assert "すべての機械が「消した」と返事をしました" in words(desk.get("/erasures"))
    said = words(browser.get(receipt))
    assert "消すことになりました" in said
    assert "町の機械2台のうち、2台が「消した」" in said
    assert NAME not in said


def test_what_the_person_wrote_is_read_by_the_office_alone(
    town: Town, browser: FlaskClient, staff: Account, post: Post
) -> None:
    receipt = ask_for(browser, post, words=WORDS, name=WHO, contact=PHONE)
    town.exchange()
    for said in (WORDS, WHO, PHONE):
        assert said not in browser.get(receipt).text
        for node in (town.kamigo, town.office):
            assert files_with(node.settings.folder, said) == []
    (sealed,) = town.kamigo.views.sealed[ERASURE].all()
    (stored,) = town.kamigo.ledger.record(sealed)
    assert post.id.lane not in (stored.payload or b""), "nor which post it is about"


def test_what_is_left_is_answered_with_a_reason(
    town: Town, browser: FlaskClient, desk: FlaskClient, staff: Account, post: Post
) -> None:
    receipt = ask_for(browser, post)
    town.exchange()
    (request,) = requests(town.office)
    form = {"csrf": typed(desk.get("/erasures"))["csrf"], "request": request.address}
    assert desk.post("/erasures/decline", data=form | {"reason": "?"}).status_code == 400
    assert desk.post("/erasures/decline", data=form | {"reason": "public"}).status_code == 303
    town.exchange()
    assert "消さないことになりました" in words(browser.get(receipt))
    assert "町のお知らせとして" in words(browser.get(receipt))
    assert state(town.kamigo, post) is PostState.SHOWN
    assert "返事を待っている依頼は、ありません" in words(desk.get("/erasures"))


def test_a_form_that_lacks_something_keeps_what_was_typed(
    browser: FlaskClient, staff: Account, post: Post
) -> None:
    page = f"/records/{post.address}/erasure"
    form = typed(browser.get(page)) | {"words": WORDS, "whose": "family"}
    answer = browser.post(page, data=form)
    assert answer.status_code == 422
    assert WORDS in words(answer)
    assert 'value="family" checked' in answer.text


def test_two_taps_are_one_request(
    town: Town, browser: FlaskClient, staff: Account, post: Post
) -> None:
    page = f"/records/{post.address}/erasure"
    form = typed(browser.get(page)) | WISH
    assert len({browser.post(page, data=form).headers["Location"] for _ in range(2)}) == 1
    assert len(requests(town.kamigo)) == 1


def test_where_nobody_at_the_office_can_read_it_nothing_is_sent(
    town: Town, browser: FlaskClient, post: Post
) -> None:
    page = f"/records/{post.address}/erasure"
    answer = browser.post(page, data=typed(browser.get(page)) | WISH | {"words": WORDS})
    assert answer.status_code == 503
    assert "役場の窓口か電話で" in words(answer)
    assert WORDS in words(answer)
    with pytest.raises(NobodyReads):
        ask(town.kamigo, post, WISH)


def test_a_flood_of_requests_ends(town: Town, staff: Account, post: Post) -> None:
    for _ in range(OPEN_MAX):
        ask(town.kamigo, post, WISH)
    with pytest.raises(TooMany):
        ask(town.kamigo, post, WISH)


@pytest.mark.parametrize("code", ["00000000", "1", "x" * 300, "٣" * 8])
def test_a_number_of_no_receipt_says_so(browser: FlaskClient, code: str) -> None:
    assert browser.get(f"/erasure/{code}").status_code == 404
    assert browser.get("/erasure", query_string={"code": code}).status_code in (200, 303)


def test_only_the_offices_staff_erases(
    town: Town, browser: FlaskClient, desk: FlaskClient, staff: Account, post: Post
) -> None:
    keeper = begin(town.kamigo, "館長")
    Pins(town.kamigo.settings.folder).choose(keeper.address, PIN)
    sign_in(browser, keeper)
    assert "内容を消す" not in words(browser.get(f"/records/{post.address}"))
    for page in ("/erasures", f"/records/{post.address}/erase"):
        assert browser.get(page).status_code == 403
    for by in (None, keeper):
        with pytest.raises((NotAllowed, NotSignedIn)):
            erase(town.kamigo, [post], "asked", by=by)
    club = let_in(town.office, "世話役", Duty.COORDINATOR, frozenset({"event"}), by=staff)
    with pytest.raises((NotAllowed, NotSignedIn)):
        erase(town.office, [post], "asked", by=club)
    assert state(town.office, post) is PostState.SHOWN


def test_the_office_erases_what_it_finds_with_all_versions_and_other_edits(
    town: Town, desk: FlaskClient, staff: Account, post: Post
) -> None:
    town.kamigo.edit(post, {**EVENT, "title": "なおした題"}, seen=edition(post))
    town.exchange()
    there = town.office.post(post.address)
    assert there is not None
    town.office.edit(there, {**EVENT, "title": "役場の題"}, seen=edition(there), by=staff)
    page = f"/records/{post.address}/erase"
    assert "役場の題" in words(desk.get(page))
    form = typed(desk.get(page)) | {"reason": "personal"}
    assert desk.post(page, data=form).status_code == 303
    town.exchange()
    for node in (town.kamigo, town.office):
        tidy(node)
        for title in (NAME, WORD, "なおした題", "役場の題"):
            assert files_with(node.settings.folder, title) == []
    (order,) = orders(town.office)
    assert order.entries == 3


def test_what_was_written_before_hearing_of_it_goes_when_it_comes(
    town: Town, staff: Account, post: Post
) -> None:
    erase(town.office, [post], "asked", by=staff)
    late = "まだ聞いていない人のなおし"
    town.kamigo.edit(post, {**EVENT, "title": late}, seen=edition(post))
    town.exchange()
    for node in (town.kamigo, town.office):
        found = node.post(post.address)
        assert found is not None
        assert (found.state, found.fields) == (PostState.ERASED, {})
        assert files_with(node.settings.folder, late), "until the office orders it away too"
    assert not follow_up(town.kamigo)
    assert follow_up(town.office)
    assert not follow_up(town.office)
    town.exchange()
    for node in (town.kamigo, town.office):
        tidy(node)
        assert files_with(node.settings.folder, late) == []
        before = node.views.late()
        node.rebuild()
        assert node.views.late() == before == []
    assert orders(town.office)[0].reason == LATE


def test_more_than_twenty_at_once_take_a_second_persons_pin(
    town: Town, browser: FlaskClient, desk: FlaskClient, staff: Account
) -> None:
    for number in range(MANY + 1):
        ask(town.kamigo, town.post("event", **EVENT | {"title": f"{number}番の会"}), WISH)
    town.exchange()
    found = requests(town.office)
    with pytest.raises(TakesTwo):
        grant(town.office, found, by=staff)
    with pytest.raises(TakesTwo):
        grant(town.office, found, by=staff, second=staff)
    other = let_in(town.office, "鈴木", Duty.STAFF, None, by=staff)
    Pins(town.office.settings.folder).choose(other.address, OTHER_PIN)
    form: dict[str, object] = {
        "csrf": typed(desk.get("/erasures"))["csrf"],
        "request": [each.address for each in found],
    }
    assert "もう一人の職員" in words(desk.post("/erasures/ask", data=form))
    assert "鈴木" in words(desk.post("/erasures/grant", data=form))
    for wrong in ({"second": other.address, "typed": PIN}, {"second": staff.address, "typed": PIN}):
        answer = desk.post("/erasures/grant", data=form | wrong)
        assert answer.status_code != 303
        assert "鈴木" in words(answer)
    assert not orders(town.office)
    right = form | {"second": other.address, "typed": OTHER_PIN}
    assert desk.post("/erasures/grant", data=right).status_code == 303
    assert town.office.posts(town.office.boards["event"]) == []
    (order,) = orders(town.office)
    (entry,) = town.office.ledger.entries(order.id.lane, order.id.number, order.id.number)
    assert other.in_headers in cbor.encode(entry.payload), "who agreed stands in it"


def test_what_is_hidden_can_be_asked_for_and_erased(
    town: Town, browser: FlaskClient, desk: FlaskClient, staff: Account, post: Post
) -> None:
    hide(town.office, post, "personal", by=staff)
    town.exchange()
    page = browser.get(f"/records/{post.address}/erasure")
    assert NAME not in page.text
    ask(town.kamigo, post, WISH)
    town.exchange()
    assert NAME in words(opening(desk, *requests(town.office))), "who decides sees it"
    grant(town.office, requests(town.office), by=staff)
    assert state(town.office, post) is PostState.ERASED


def test_an_official_word_that_is_erased_stays_the_last_one(town: Town, staff: Account) -> None:
    older = town.alert(key="大雨", serial=1, title="大雨注意報")
    newer = town.alert(key="大雨", serial=2, title=NAME)
    there = town.office.post(newer.address)
    assert there is not None
    erase(town.office, [there], "mistake", by=staff)
    town.exchange()
    assert town.kamigo.posts(town.kamigo.boards["disaster"]) == []
    assert state(town.kamigo, older) is PostState.SUPERSEDED


def test_what_is_gone_and_what_is_only_missing_are_told_apart(
    town: Town, browser: FlaskClient, staff: Account, post: Post
) -> None:
    erase(town.office, [post], "asked", by=staff)
    town.exchange()
    now = status(town.kamigo)
    assert (now.erased, now.holes) == (1, 0)
    labels = {name: board.label for name, board in town.kamigo.boards.items()}
    assert "内容が消えた投稿: 1件" in in_words(now, labels)
    assert "まだ届いていない内容" not in in_words(now, labels)
    assert "役場の決定や期限で内容が消えた投稿" in words(browser.get("/status"))
    assert "この投稿の内容は消されました" in words(browser.get(f"/records/{post.address}"))


def test_pages_drawn_before_are_kept_no_longer_than_anything_is_asked(
    town: Town, browser: FlaskClient, staff: Account, post: Post
) -> None:
    (kept,) = (
        found
        for found in gc.get_objects()
        if type(found) is KeptPages and found._screen.node is town.kamigo
    )
    for page in ("/", "/boards/event", f"/records/{post.address}"):
        assert NAME in browser.get(page).text
    assert NAME.encode() in b"".join(page.plain for page in kept._pages.values())
    erase(town.office, [post], "asked", by=staff)
    town.exchange()
    browser.get("/status")
    assert NAME.encode() not in b"".join(page.plain for page in kept._pages.values())


def test_a_machine_that_has_not_answered_is_named(town: Town, staff: Account, post: Post) -> None:
    (order,) = erase(town.office, [post], "asked", by=staff)
    machines = asked(town.office)
    told = partial(answered, town.office, order)
    assert [machine.name for machine in machines] == ["上郷公民館"]
    assert told(machines) == [False]
    town.exchange()
    assert told(asked(town.office)) == [False], "having it isn't having obeyed"
    tidy(town.kamigo)
    town.exchange()
    assert told(asked(town.office)) == [True]


def test_the_page_of_what_is_kept_names_no_content_and_is_staffs_alone(
    town: Town, browser: FlaskClient, desk: FlaskClient, staff: Account, post: Post
) -> None:
    ask(town.kamigo, post, WISH | {"words": WORDS, "name": WHO})
    town.exchange()
    grant(town.office, requests(town.office), by=staff)
    assert browser.get("/kept").headers["Location"].startswith("/sign-in")
    page = desk.get("/kept")
    for said in ("終わってから1年で消えます", "職業安定法", "消すことにしました", "上郷公民館"):
        assert said in words(page)
    for said in (NAME, WORDS, WHO, "わたしのこと"):
        assert said not in words(page)
    assert "いまは何も消えません" in words(page), "no clock is known to be right"


def test_staff_keep_a_post_and_let_it_go_again(
    town: Town, desk: FlaskClient, staff: Account, post: Post
) -> None:
    form = {"csrf": typed(desk.get("/kept"))["csrf"]}
    page = f"/records/{post.address}"
    assert desk.post(f"{page}/keep", data=form | {"reason": "?"}).status_code == 400
    assert desk.post(f"{page}/keep", data=form | {"reason": "record"}).status_code == 303
    assert NAME in words(desk.get("/kept"))
    assert "町の記録として残すため" in words(desk.get("/kept"))
    assert desk.post(f"{page}/release", data=form).status_code == 303
    assert NAME not in words(desk.get("/kept"))


def test_every_board_says_to_those_who_read_it_how_long_it_keeps(browser: FlaskClient) -> None:
    assert "このお知らせは、終わってから1年で消えます。" in words(browser.get("/boards/event"))
    assert "10年で消えます" in words(browser.get("/boards/guide"))
    assert "終わってから1年で消えます" in words(browser.get("/erasure"))


def test_what_a_report_quotes_of_an_erased_post_goes_with_it(
    town: Town, browser: FlaskClient, keeper: Account, staff: Account, post: Post
) -> None:
    begin_reading(town.kamigo)
    town.exchange()
    quoted = "その人の番号は〇九九九のひみつ"
    here, there = Desk(town.kamigo), Desk(town.office)
    for desk in (here, there):  # at both it also goes, sealed, to the other
        reported = desk.node.post(post.address)
        assert reported is not None
        since = reported.written
        desk.reporting.take_in(reported, "personal", quoted, source=KIOSK, since=since)
        town.exchange()
    assert [len(desk.reporting.open(by)) for desk, by in ((here, keeper), (there, staff))] == [1, 1]
    folders = [desk.node.settings.folder for desk in (here, there)]
    assert all(files_with(folder, quoted) for folder in folders)
    sealed = len(town.office.views.sealed[REPORT].all())
    assert sealed == 2
    found = town.office.post(post.address)
    assert found is not None
    erase(town.office, [found], "asked", by=staff)
    town.exchange()
    for desk in (here, there):
        assert desk.let_go(Moment(NOW, Quality.UNKNOWN))
        assert not desk.let_go(Moment(NOW, Quality.UNKNOWN))
        tidy(desk.node)
        # What the office itself told the centre is closed to the centre alone, and goes in a year.
        (left,) = desk.node.views.sealed[REPORT].all()
        told = sealed_record(desk.node, left)
        assert told is not None
        assert told.author == town.office.identity.public
    assert [files_with(folder, quoted) for folder in folders] == [[], []]
