"""Kana over kanji where they were chosen: on the screens' own words, on posts, on dates."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kiosk_ui.furigana import Furigana
from node.language.asking import Here
from node.language.spans import KANJI, has_kanji, in_kana
from tests.kiosk_ui.reading import words
from tests.kiosk_ui.town import EVENT, Town

ROOT = Path(__file__).resolve().parents[2]
_RUBY = re.compile(r"<ruby>([^<]*)<rp>（</rp><rt>([^<]*)</rt><rp>）</rp></ruby>")
_INSIDE = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)


def with_kana(browser: FlaskClient) -> FlaskClient:
    browser.get("/looks/furigana?to=on&next=/")
    return browser


def ruby(page: str) -> dict[str, str]:
    """What is read how on a page."""
    return dict(_RUBY.findall(page))


def written(name: str) -> Iterator[str]:
    """The Japanese that a file of the screens puts on them."""
    text = (ROOT / name).read_text()
    if name.endswith(".py"):
        nodes = ast.walk(ast.parse(text))
        said = [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    else:
        text = re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL).replace("<wbr>", "")
        inside = _INSIDE.findall(text)
        said = re.split(r"[<>\"']", _INSIDE.sub("<", text))
        said += [each for part in inside for each in re.findall(r"[\"']([^\"']*)[\"']", part)]
    return (each for each in said if has_kanji(each))


SCREENS = [
    str(path.relative_to(ROOT))
    for pattern in ("kiosk_ui/*.py", "kiosk_ui/templates/*.html", "node/boards/*.py")
    for path in sorted(ROOT.glob(pattern))
    if path.name != "_design_more.html"  # posts that nobody made, for who builds the screens
]


def test_no_kanji_of_the_screens_is_without_its_kana() -> None:
    furigana = Furigana({})
    bare: dict[str, set[str]] = {}
    for name in SCREENS:
        for said in written(name):
            rest = list(said)
            for span in furigana.read(said):
                rest[span.start : span.end] = " " * span.length
            for found in re.findall(f"{KANJI}+", "".join(rest)):
                bare.setdefault(found, set()).add(f"{name}: {said[:40]}")
    (read,) = [Here().read(list(bare), {})] if bare else [[]]
    suggested = [f"{word} {in_kana(word, spans)}" for word, spans in zip(bare, read, strict=True)]
    assert bare == {}, "\n".join(["for kiosk_ui/furigana.txt, if that is right:", *suggested])


def test_nobody_sees_kana_who_did_not_choose_them(browser: FlaskClient, town: Town) -> None:
    town.post("event", **EVENT, title_reading="もちつきたいかい")
    page = browser.get("/boards/event").text
    assert "<ruby>" not in page
    assert not re.search("[\ue000-\uf8ff]", page)


def test_the_screens_own_words_and_dates_are_read(browser: FlaskClient) -> None:
    read = ruby(with_kana(browser).get("/boards/event").text)
    assert read["行事"] == "ぎょうじ"
    assert ruby(browser.get("/").text)["掲示板"] == "けいじばん"


def test_a_post_is_read_as_its_author_says_and_dates_by_rule(
    browser: FlaskClient, town: Town
) -> None:
    fields = {
        "title": "餅搗き大会",
        "title_reading": "もちつきたいかい",
        "reading/place": "0.2かみごう",
    }
    post = town.post("event", **EVENT | fields)
    page = with_kana(browser).get(f"/records/{post.address}").text
    read = ruby(page)
    assert (read["餅搗"], read["大会"]) == ("もちつ", "たいかい")
    assert read["上郷"] == "かみごう"
    assert read["11月"] == "じゅういちがつ"
    assert "<title>餅搗き大会" in page
    assert not re.search("[\ue000-\uf8ff]", page)


def test_words_of_a_post_that_carries_no_reading_are_left_alone(
    browser: FlaskClient, town: Town
) -> None:
    town.post("event", **EVENT | {"title": "日向町の行事", "place": "小鳥遊"})
    page = with_kana(browser).get("/boards/event").text
    assert "日向町の行事</strong>" in page


def test_a_word_and_its_kana_stay_one_piece_and_seals_have_none(browser: FlaskClient) -> None:
    page = with_kana(browser).get("/").text
    assert "<span>お<ruby>知<rp>（</rp><rt>し</rt><rp>）</rp></ruby>らせを</span><wbr>" in page
    assert 'tile-seal" aria-hidden="true" lang="ja">求</span>' in page


@pytest.mark.parametrize(
    "title", ["\ue001<b>\ue002か\ue003", "\ue004会\ue005", "<ruby>会", "&amp;会"]
)
def test_no_letter_of_a_post_makes_markup(browser: FlaskClient, town: Town, title: str) -> None:
    town.post("event", **EVENT | {"title": title, "reading/title": "0.1かい"})
    page = with_kana(browser).get("/boards/event").text
    assert "<b>\ue002" not in page
    assert "<ruby>会</strong>" not in page
    assert not re.search("[\ue001-\ue005]", page)


def test_what_is_typed_comes_back_as_it_was(browser: FlaskClient) -> None:
    answer = with_kana(browser).post("/boards/event/new", data={"title": "公民館の行事"})
    assert 'value="公民館の行事"' in answer.text
    assert "公民館" not in words(answer).replace("公民館（こうみんかん）", "")
