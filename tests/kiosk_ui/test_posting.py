from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.kiosk_ui.reading import elements, typed, words
from tests.kiosk_ui.town import EVENT, JOB, Town

BLANK = "/boards/event/new"


@pytest.mark.parametrize(("board", "fields"), [("event", EVENT), ("job", JOB)])
def test_a_post_can_be_opened_as_soon_as_it_was_sent(
    browser: FlaskClient, board: str, fields: dict[str, str]
) -> None:
    form = typed(browser.get(f"/boards/{board}/new"))
    answer = browser.post(f"/boards/{board}/new", data=form | fields)
    assert answer.status_code == 303
    page = browser.get(answer.headers["Location"])
    assert page.status_code == 200
    assert "のせました。" in words(page)
    assert fields["title"] in words(page)
    assert fields["title"] in words(browser.get(f"/boards/{board}"))
    assert fields["title"] in words(browser.get("/"))


def test_problems_stand_at_their_fields_and_nothing_typed_is_lost(browser: FlaskClient) -> None:
    odd = {
        "title": " ＜もち＞ & 'つき' ",
        "starts_on": "あした",
        "starts_at": "お昼",
        "phone": "でんわ",
        "description": "\n一行目\n\n三行目\n",
        "state": "postponed",
    }
    page = browser.post(BLANK, data=typed(browser.get(BLANK)) | odd)
    assert page.status_code == 422
    assert typed(page).items() >= odd.items()
    for name in ("starts_on", "starts_at", "phone", "place"):
        (field,) = [e for e in elements(page, "input") if e.get("id") == f"f-{name}"]
        assert field["aria-invalid"] == "true"
        assert f"f-{name}-problem" in field["aria-describedby"].split()
        assert f'id="f-{name}-problem"' in page.text
        assert f'href="#f-{name}"' in page.text
    assert "直していただくところが4か所あります" in words(page)
    assert "のっていません" in words(browser.get("/boards/event"))


def test_a_date_that_is_none_is_not_left_to_the_browsers_date_box(browser: FlaskClient) -> None:
    page = browser.post(BLANK, data={"starts_on": "らいしゅう"})
    (field,) = [e for e in elements(page, "input") if e.get("name") == "starts_on"]
    assert (field["type"], field["value"]) == ("text", "らいしゅう")


def test_a_form_sent_twice_makes_one_post(browser: FlaskClient, town: Town) -> None:
    form = typed(browser.get(BLANK)) | EVENT
    first, second = browser.post(BLANK, data=form), browser.post(BLANK, data=form)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(town.kamigo.posts(town.kamigo.boards["event"])) == 1


def test_two_taps_at_once_make_one_post(app: Flask, browser: FlaskClient, town: Town) -> None:
    form = typed(browser.get(BLANK)) | EVENT

    def tap(_: int) -> str:
        return app.test_client().post(BLANK, data=form).headers["Location"]

    with ThreadPoolExecutor(4) as fingers:
        assert len(set(fingers.map(tap, range(8)))) == 1
    assert len(town.kamigo.posts(town.kamigo.boards["event"])) == 1


def test_two_forms_alike_make_two_posts(browser: FlaskClient, town: Town) -> None:
    for _ in range(2):
        browser.post(BLANK, data=typed(browser.get(BLANK)) | EVENT)
    assert len(town.kamigo.posts(town.kamigo.boards["event"])) == 2


def test_larger_letters_keep_what_was_typed_and_post_nothing(
    browser: FlaskClient, town: Town
) -> None:
    form = typed(browser.get(BLANK)) | {"title": "書きかけ"}
    page = browser.post(BLANK, data=form | {"size": "larger"})
    assert page.status_code == 200
    assert typed(page)["title"] == "書きかけ"
    assert 'class="size-larger' in page.text
    assert 'class="size-larger' in browser.get("/").text
    assert not town.kamigo.posts(town.kamigo.boards["event"])


@pytest.mark.parametrize("board", ["disaster", "guide"])
def test_a_visitor_is_told_who_may_post_there(browser: FlaskClient, board: str) -> None:
    assert f"/boards/{board}/new" not in browser.get(f"/boards/{board}").text
    for answer in (browser.get(f"/boards/{board}/new"), browser.post(f"/boards/{board}/new")):
        assert answer.status_code == 403
        assert "役場の人にお話しください" in words(answer)


def test_the_office_writes_moments_without_an_offset(desk: FlaskClient, town: Town) -> None:
    form = typed(desk.get("/boards/disaster/new"))
    form |= {"title": "断水", "issuer": "水道係", "issued": "2026-11-22T09:05"}
    page = desk.get(desk.post("/boards/disaster/new", data=form).headers["Location"])
    assert "11月22日（日）午前9時5分（1時間前）" in words(page)
    (post,) = town.office.posts(town.office.boards["disaster"])
    assert post.text("issued") == "2026-11-22T09:05:00+09:00"
    edit = desk.get(f"/records/{post.address}/edit")
    (field,) = [e for e in elements(edit, "input") if e.get("name") == "issued"]
    assert field["value"] == "2026-11-22T09:05"
    assert "11月22日（日）午前9時5分" in words(edit)


def test_fields_too_long_together_come_back(desk: FlaskClient) -> None:
    form = {"title": "長い", "issuer": "役場", "issued": "2026-11-22T09:05", "text": "あ" * 25_000}
    page = desk.post("/boards/disaster/new", data=form)
    assert page.status_code == 422
    assert "全部あわせると長すぎて" in words(page)
    assert typed(page)["text"] == "あ" * 25_000


def test_more_than_a_quarter_megabyte_is_refused_in_plain_words(browser: FlaskClient) -> None:
    page = browser.post(BLANK, data={"title": "あ" * 100_000})
    assert page.status_code == 413
    assert "長すぎて" in words(page)


def test_a_post_is_for_the_town_alone_unless_its_author_says_otherwise(
    browser: FlaskClient, town: Town
) -> None:
    page = browser.get(BLANK)
    assert "だれに見せますか" in words(page)
    form = typed(page) | EVENT
    assert form["readers"] == "town"
    for readers, opened in (("town", False), ("open", True), ("?", False), ("", False)):
        sent = {
            **typed(browser.get(BLANK)),
            **EVENT,
            "title": f"見せ方{readers}",
            "readers": readers,
        }
        where = browser.post(BLANK, data=sent).headers["Location"]
        post = town.kamigo.post(where.split("/")[-1].partition("?")[0])
        assert post is not None
        assert post.opened is opened
        assert ("ほかの町にも見せています" in words(browser.get(where))) is opened


def test_what_was_chosen_stays_chosen_when_a_form_comes_back(browser: FlaskClient) -> None:
    page = browser.post(BLANK, data={**typed(browser.get(BLANK)), "readers": "open"})
    assert page.status_code == 422
    assert typed(page)["readers"] == "open"


def test_whom_a_post_is_for_is_not_asked_where_it_is_changed(
    browser: FlaskClient, town: Town
) -> None:
    post = town.kamigo.add(town.kamigo.boards["event"], EVENT, opened=True)
    page = browser.get(f"/records/{post.address}/edit")
    assert "だれに見せますか" not in words(page)
    browser.post(f"/records/{post.address}/edit", data={**typed(page), "title": "なおした会"})
    found = town.kamigo.post(post.address)
    assert found is not None
    assert (found.text("title"), found.opened) == ("なおした会", True)
