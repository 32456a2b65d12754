"""At the kiosk a post is written a few questions at a time; nothing typed is lost on the way."""

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kiosk_ui.steps import ROOM, steps
from node.boards import BOARDS
from node.boards.declaration import Board, FieldType
from tests.kiosk_ui.reading import elements, typed, words
from tests.kiosk_ui.town import EVENT, Town

STEPS = "/boards/event/steps"


def press(browser: FlaskClient, page: TestResponse, go: str, **also: str) -> TestResponse:
    """Send the page's form by that button."""
    return browser.post(STEPS, data={**typed(page), **also, "go": go})


@pytest.mark.parametrize("board", BOARDS.values(), ids=lambda board: board.name)
def test_every_field_is_asked_once_and_no_screen_asks_much(board: Board) -> None:
    fields = list(board.form_fields())
    cut = steps(fields)
    assert [field for asked in cut for field in asked] == fields
    for asked in cut:
        assert len({field.group for field in asked}) == 1
        assert len(asked) == 1 or 2 * len(asked) <= ROOM + sum(
            field.type is FieldType.FLAG for field in asked
        )


def test_a_visitor_posts_step_by_step_and_reads_it_over(browser: FlaskClient, town: Town) -> None:
    page = browser.get(STEPS)
    for _ in range(30):
        asked = {e["name"] for e in elements(page, "input") if e.get("type") != "hidden"}
        answers = {name: value for name, value in EVENT.items() if name in asked}
        for key in ("starts_on:day:2026-11-28", "starts_at:hour:10"):
            if f'value="{key}"' in page.text:
                page = press(browser, page, "next", pick=key)
        page = press(browser, page, "next", **answers)
        if "このとおりでよければ" in words(page):
            break
    assert "もちつき大会" in words(page)
    assert "11月28日（土）" in words(page)
    sent = press(browser, page, "send")
    assert sent.status_code == 303
    (post,) = town.kamigo.posts(town.kamigo.boards["event"], limit=5)
    assert {name: post.fields.get(name) for name in EVENT} == EVENT
    assert "先ほどの書きかけ" not in words(browser.get(STEPS))


def test_who_said_what_must_be_said_may_leave_out_the_rest(browser: FlaskClient) -> None:
    page = browser.get(STEPS)
    offered = []
    for _ in range(30):
        offered += [e["value"] for e in elements(page, "button") if e.get("value") == "enough"]
        asked = {e["name"] for e in elements(page, "input") if e.get("type") != "hidden"}
        if offered:
            break
        if 'value="starts_on:day:2026-11-28"' in page.text:
            page = press(browser, page, "next", pick="starts_on:day:2026-11-28")
        page = press(browser, page, "next", **{n: EVENT[n] for n in asked & set(EVENT)})
    wrong = press(browser, page, "enough", **dict.fromkeys(asked & {"place"}, ""))
    assert (wrong.status_code, "「場所」を書いてください" in words(wrong)) == (422, True)
    read_over = press(browser, wrong, "enough", place=EVENT["place"])
    assert "このとおりでよければ" in words(read_over)
    assert "もちつき大会" in words(read_over)
    assert "書いていないところ" in words(read_over)


def test_a_list_leads_to_steps_at_the_kiosk_and_to_one_page_on_a_phone(
    browser: FlaskClient,
) -> None:
    at_kiosk = browser.get("/boards/event", base_url="http://127.0.0.1:8702")
    on_phone = browser.get("/boards/event", base_url="http://192.0.2.7")
    assert STEPS in {link.get("href") for link in elements(at_kiosk, "a")}
    assert "/boards/event/new" in {link.get("href") for link in elements(on_phone, "a")}


def test_what_is_wrong_is_said_on_its_own_screen(browser: FlaskClient) -> None:
    page = press(browser, browser.get(STEPS), "next", title="")
    assert page.status_code == 422
    assert "直していただくところが1か所あります" in words(page)
    page = press(browser, page, "next", title="もちつき")
    assert (page.status_code, "1か所" in words(page)) == (200, False)


def test_going_back_loses_nothing(browser: FlaskClient) -> None:
    page = press(browser, browser.get(STEPS), "next", title="もちつき")
    page = press(browser, page, "back", starts_on="2026-12-01")
    assert typed(page)["title"] == "もちつき"
    page = press(browser, page, "next")
    assert typed(page)["starts_on"] == "2026-12-01"


def test_larger_letters_lose_nothing(browser: FlaskClient) -> None:
    page = press(browser, browser.get(STEPS), "next", title="もちつき")
    page = browser.post(STEPS, data={**typed(page), "starts_on": "2026-12-01", "size": "larger"})
    assert "size-larger " in page.text
    assert typed(page)["starts_on"] == "2026-12-01"
    assert typed(page)["title"] == "もちつき"


@pytest.mark.parametrize(("go", "leads_to"), [("home", "/"), ("back", "/boards/event")])
def test_who_leaves_in_the_middle_goes_on_later(
    browser: FlaskClient, go: str, leads_to: str
) -> None:
    left = press(browser, browser.get(STEPS), go, title="もちつき")
    assert (left.status_code, left.headers["Location"]) == (303, leads_to)
    again = browser.get(STEPS)
    assert "先ほどの書きかけ" in words(again)
    assert typed(again)["title"] == "もちつき"
    assert press(browser, again, "anew").headers["Location"] == STEPS
    assert typed(browser.get(STEPS))["title"] == ""


def test_another_visitor_finds_nothing_of_it(browser: FlaskClient) -> None:
    press(browser, browser.get(STEPS), "home", title="もちつき")
    stranger = browser.application.test_client()
    assert typed(stranger.get(STEPS))["title"] == ""
    from_a_phone = browser.get(STEPS, base_url="http://192.0.2.7")
    assert "もちつき" not in from_a_phone.text


@pytest.mark.parametrize("step", ["-1", "x", "999", "²", ""])
def test_a_screen_that_there_is_not_is_another_one(browser: FlaskClient, step: str) -> None:
    for go in ("next", "back", "99", "x", "send"):
        data = {"step": step, "go": go, "title": "もちつき"}
        assert browser.post(STEPS, data=data).status_code in (200, 303, 422)
        assert browser.get(STEPS).status_code == 200
