"""Looking for something, with JavaScript off."""

import re

from flask.testing import FlaskClient

from kiosk_ui.app import create_app
from kiosk_ui.search import PAGE_POSTS
from node.hiding import hide
from node.node import edition
from node.short_code import in_groups, short_code
from sync.account import Account
from tests.kiosk_ui.reading import elements, words
from tests.kiosk_ui.town import EVENT, JOB, NOW, Town


def test_it_is_one_touch_away_from_the_first_screen(browser: FlaskClient) -> None:
    assert "/search" in [link["href"] for link in elements(browser.get("/"), "a")]
    assert "さがす言葉" in words(browser.get("/search"))


def test_what_is_found_is_said_with_board_day_and_the_words_that_matched(
    browser: FlaskClient, town: Town
) -> None:
    event = town.post("event", **EVENT, description="ひざ掛けをお持ちください。")
    answer = browser.get("/search?q=ひざ掛け")
    assert "「ひざ掛け」は、1件見つかりました" in words(answer)
    assert "イベント" in words(answer)
    assert "<mark>ひざ掛け</mark>をお持ちください。" in answer.text
    (card,) = [a for a in elements(answer, "a") if "card" in a.get("class", "")]
    assert card["href"].startswith(f"/records/{event.address}?")
    back = browser.get(card["href"])
    led_back = next(a["href"] for a in elements(back, "a") if a.get("class") == "way")
    assert words(browser.get(led_back)) == words(answer)


def test_a_search_is_narrowed_by_board_and_by_day(browser: FlaskClient, town: Town) -> None:
    town.post("event", **EVENT | {"title": "公民館の会", "starts_on": "2099-01-01"})
    town.post("job", **JOB | {"title": "公民館の掃除"})
    every = browser.get("/search?q=公民館の")
    assert "2件" in words(every)
    assert "公民館の会" not in words(browser.get("/search?q=公民館の&board=job"))
    assert "公民館の会" not in words(browser.get("/search?q=公民館の&when=today"))
    assert "見つかりませんでした" in words(browser.get("/search?q=公民館の&board=disaster"))


def test_many_are_shown_page_by_page(browser: FlaskClient, town: Town) -> None:
    for number in range(PAGE_POSTS + 1):
        town.post("event", **EVENT | {"title": f"{number}番の会"})
    first, last = browser.get("/search?q=番の会"), browser.get("/search?q=番の会&page=2")
    assert first.text.count("card-title") == PAGE_POSTS
    assert last.text.count("card-title") == 1
    beyond = browser.get("/search?q=番の会&page=99999999999")
    assert (beyond.status_code, beyond.text.count("card-title")) == (200, 0)


def test_what_helps_now_comes_first_and_what_is_over_last(browser: FlaskClient, town: Town) -> None:
    """However many say it, and whatever was posted last."""
    town.alert(title="避難指示", headline="上郷公民館を開けました。")
    town.feed("guide", [{"title": "上郷公民館", "category": "facility"}])
    town.post("event", **EVENT | {"title": "上郷公民館の餅", "starts_on": "2026-12-20"})
    town.post("event", **EVENT | {"title": "上郷公民館の茶会", "starts_on": "2026-12-01"})
    town.post("event", **EVENT | {"title": "体操", "place": "上郷公民館"})
    town.post("job", **JOB | {"title": "上郷公民館の掃除"})
    town.post("job", **JOB | {"title": "上郷公民館の番", "state": "closed"})
    town.post("event", **EVENT | {"title": "上郷公民館の祭", "starts_on": "2026-11-01"})
    town.alert(title="上郷公民館の訓練", operation="drill")
    answer = browser.get("/search?q=上郷公民館")
    titles = re.findall(r'card-title"[^>]*>([^<]+)<', answer.text)
    assert titles[:6] == [
        *(
            "避難指示",
            "上郷公民館",
            "上郷公民館の茶会",
            "上郷公民館の餅",
            "上郷公民館の掃除",
            "体操",
        )
    ]
    assert titles[6] == "上郷公民館の訓練"
    assert sorted(titles[7:]) == ["上郷公民館の番", "上郷公民館の祭"]
    assert words(answer).count("終わりました") == 1


def test_a_drill_that_is_found_is_marked_as_one(browser: FlaskClient, town: Town) -> None:
    town.alert(title="避難訓練のお知らせ", operation="drill")
    assert "これは訓練です" in words(browser.get("/search?q=避難訓練"))


def test_whatever_is_typed_is_shown_as_text(browser: FlaskClient) -> None:
    answer = browser.get("/search", query_string={"q": "<script>alert(1)</script>", "when": "x"})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    for typed in ("、。", "", "a" * 900, "\x00", "\ufffe"):
        assert browser.get("/search", query_string={"q": typed}).status_code == 200


def test_a_post_is_found_by_the_digits_on_its_paper(browser: FlaskClient, town: Town) -> None:
    post = town.post("event", **EVENT)
    code = short_code(post.id)
    assert in_groups(code) in words(browser.get(f"/records/{post.address}"))
    for typed in (code, in_groups(code), f"{code[:3]}ー{code[3:]}"):
        answer = browser.get("/search", query_string={"q": typed})
        assert "1件見つかりました" in words(answer)
        assert EVENT["title"] in words(answer)
        assert f"<mark>{in_groups(code)}</mark>" in answer.text
    town.exchange()
    there = create_app(town.office, now=lambda: NOW).test_client()
    assert EVENT["title"] in words(there.get(f"/search?q={code}")), "the same on every machine"


def test_the_digits_of_what_is_not_shown_find_as_little_as_any_others(
    browser: FlaskClient, town: Town, keeper: Account
) -> None:
    gone, away = town.post("event", **EVENT), town.post("event", **EVENT)
    hide(town.kamigo, away, "personal", by=keeper)
    town.kamigo.remove(gone, seen=edition(gone), by=keeper)
    free = "000000"
    assert free not in {short_code(post.id) for post in (gone, away)}
    nothing = words(browser.get(f"/search?q={free}"))
    for post in (gone, away):
        code = short_code(post.id)
        assert words(browser.get(f"/search?q={code}")).replace(code, free) == nothing


def test_a_post_that_says_its_own_digits_is_found_once(browser: FlaskClient, town: Town) -> None:
    post = town.post("event", **EVENT)
    code = short_code(post.id)
    town.kamigo.edit(post, {**EVENT, "fee": code}, seen=edition(post))
    answer = browser.get(f"/search?q={code}")
    assert answer.text.count("card-title") == 1
    assert "1件見つかりました" in words(answer)
