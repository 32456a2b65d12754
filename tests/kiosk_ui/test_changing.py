import pytest
from flask.testing import FlaskClient

from tests.kiosk_ui.reading import typed, words
from tests.kiosk_ui.town import EVENT, Town


@pytest.fixture
def page(town: Town) -> str:
    return f"/records/{town.post('event', **EVENT).address}"


def test_an_edit_is_shown_and_the_rest_stays(browser: FlaskClient, page: str) -> None:
    form = typed(browser.get(f"{page}/edit"))
    assert form.items() >= EVENT.items()
    answer = browser.post(f"{page}/edit", data=form | {"state": "cancelled"})
    assert answer.headers["Location"] == f"{page}?done=changed"
    shown = words(browser.get(answer.headers["Location"]))
    assert "なおしました。" in shown
    assert "中止" in shown
    assert "上郷公民館 前庭" in shown


def test_an_edit_sent_twice_is_made_once(browser: FlaskClient, page: str) -> None:
    form = typed(browser.get(f"{page}/edit")) | {"place": "体育館"}
    for _ in range(2):
        answer = browser.post(f"{page}/edit", data=form)
        assert answer.headers["Location"] == f"{page}?done=changed"


def test_who_was_overtaken_sees_both_and_may_send_again(browser: FlaskClient, page: str) -> None:
    mine, theirs = typed(browser.get(f"{page}/edit")), typed(browser.get(f"{page}/edit"))
    browser.post(f"{page}/edit", data=theirs | {"place": "体育館"})
    answer = browser.post(f"{page}/edit", data=mine | {"place": "調理室"})
    assert answer.status_code == 409
    assert "いまの内容：体育館" in words(answer)
    assert typed(answer)["place"] == "調理室"
    browser.post(f"{page}/edit", data=typed(answer))
    assert "調理室" in words(browser.get(page))


def test_a_wrong_edit_comes_back_with_what_was_typed(browser: FlaskClient, page: str) -> None:
    form = typed(browser.get(f"{page}/edit")) | {"title": "", "place": "体育館"}
    answer = browser.post(f"{page}/edit", data=form)
    assert answer.status_code == 422
    assert typed(answer)["place"] == "体育館"
    assert typed(answer)["seen"] == form["seen"]


def test_a_removed_post_is_gone_and_its_page_says_so(browser: FlaskClient, page: str) -> None:
    asked = browser.get(f"{page}/remove")
    assert "この投稿を取り下げますか" in words(asked)
    assert "もちつき大会" in words(asked)
    for _ in range(2):
        answer = browser.post(f"{page}/remove", data=typed(asked))
        assert answer.headers["Location"] == "/boards/event?done=removed"
    listed = words(browser.get(answer.headers["Location"]))
    assert "取り下げました。" in listed
    assert "もちつき大会" not in listed
    gone = browser.get(page)
    assert gone.status_code == 410
    assert "取り下げられました" in words(gone)
    assert "もちつき" not in gone.text
    assert browser.get(f"{page}/edit").headers["Location"] == page


def test_nobody_removes_what_they_have_not_read(browser: FlaskClient, page: str) -> None:
    asked, edit = browser.get(f"{page}/remove"), typed(browser.get(f"{page}/edit"))
    browser.post(f"{page}/edit", data=edit | {"title": "もちつき大会（時間変更）"})
    answer = browser.post(f"{page}/remove", data=typed(asked))
    assert answer.status_code == 409
    assert "時間変更" in words(answer)
    assert browser.get(page).status_code == 200


def test_elsewhere_a_post_can_only_be_asked_about(town: Town, browser: FlaskClient) -> None:
    fields = {"title": "断水", "issuer": "水道係", "issued": "2026-11-22T09:05:00+09:00"}
    post = town.office.add(town.office.boards["disaster"], fields)
    town.exchange()
    page = f"/records/{post.address}"
    assert f"{page}/edit" not in browser.get(page).text
    for act in ("edit", "remove"):
        for answer in (browser.get(f"{page}/{act}"), browser.post(f"{page}/{act}")):
            assert answer.status_code == 403
            assert "「霧沢町役場」か、役場にお話しください" in words(answer)


def test_the_office_may_edit_what_a_centre_posted(
    town: Town, desk: FlaskClient, page: str, browser: FlaskClient
) -> None:
    town.exchange()
    form = typed(desk.get(f"{page}/edit")) | {"place": "町民ホール"}
    assert desk.post(f"{page}/edit", data=form).status_code == 303
    town.exchange()
    assert "町民ホール" in words(browser.get(page))
