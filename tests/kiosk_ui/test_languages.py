"""The screens in other languages: nothing missing, nothing hard-coded, and posts as they are."""

import ast
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kiosk_ui import gathering
from kiosk_ui.desk import DESK
from kiosk_ui.gathering import CATALOGUES, NAMES, for_residents
from kiosk_ui.languages import EASY, languages
from kiosk_ui.wording import JAPANESE
from node.language.alerts import known_kinds
from sync.account import Account
from tests.kiosk_ui.reading import words
from tests.kiosk_ui.test_signing_in import sign_in
from tests.kiosk_ui.town import EVENT, JOB, Town, fill

ROOT = Path(__file__).resolve().parents[2]
_TAGS = re.compile(r"</?\w+>")
_OTHERS = [key for key in languages() if key != "ja"]
_BROWSERS_OWN = {"wbr", "br"}


def reader_of(browser: FlaskClient, key: str) -> FlaskClient:
    browser.get(f"/looks/language?to={key}&next=/")
    return browser


def phone(browser: FlaskClient, path: str) -> TestResponse:
    return browser.get(path, base_url="http://192.0.2.7")


@pytest.mark.parametrize("key", _OTHERS)
def test_a_catalogue_says_everything_with_the_same_names_and_tags(key: str) -> None:
    with (CATALOGUES / f"{key}.po").open("rb") as file:
        said = {str(entry.id): entry for entry in read_po(file) if entry.id}
    wanted = for_residents()
    assert set(said) == set(wanted), "python -m kiosk_ui.gathering writes the list anew"
    for text, entry in said.items():
        assert not entry.fuzzy, text
        if key == EASY and not entry.string:
            continue  # the Japanese of the screens is plain; some of it is plain enough
        assert isinstance(entry.string, str)
        assert entry.string, f"no word for {text}"
        assert {found[1] for found in NAMES.finditer(entry.string)} <= wanted[text].names, text
        tags = [set(_TAGS.findall(each)) for each in (text, entry.string)]
        assert tags[0] - tags[1] <= {"<wbr>", "<br>"}, text
        assert tags[1] <= tags[0], text


def test_a_catalogue_is_in_the_order_that_the_command_writes(tmp_path: Path) -> None:
    for key in _OTHERS:
        there = CATALOGUES / f"{key}.po"
        again = tmp_path / there.name
        again.write_bytes(there.read_bytes())
        gathering.mend(again)
        assert again.read_text() == there.read_text(), "python -m kiosk_ui.gathering"


def test_every_language_is_offered_by_its_own_name(browser: FlaskClient) -> None:
    for page in (phone(browser, "/").text, browser.get("/languages").text):
        for each in languages().values():
            assert re.search(rf'lang="{each.tag}"[^>]*>.*?{each.name}', page, re.DOTALL), each.name


def test_a_page_is_in_the_language_that_was_chosen_and_says_so(
    browser: FlaskClient, town: Town
) -> None:
    town.post("event", **EVENT)
    page = reader_of(browser, "en").get("/boards/event").text
    assert '<html lang="en"' in page
    assert "Events and gatherings in town." in page
    assert "Sat, 28 Nov, 10:00 am" in page
    again = reader_of(browser, "vi").get("/boards/event").text
    assert '<html lang="vi"' in again
    assert "T7, 28/11" in again


def test_a_post_stays_in_japanese_and_is_marked_as_that(browser: FlaskClient, town: Town) -> None:
    post = town.post("event", **EVENT)
    page = reader_of(browser, "pt").get(f"/records/{post.address}").text
    assert '<h1 lang="ja">もちつき大会</h1>' in page
    assert "Os avisos ficam no japonês de quem escreveu." in page


def test_the_language_is_forgotten_with_the_visitor(browser: FlaskClient) -> None:
    reader_of(browser, "zh")
    browser.post("/leave", headers={"Origin": "http://localhost"})
    assert '<html lang="ja"' in browser.get("/").text


def test_what_was_kept_for_one_language_is_given_to_no_other(browser: FlaskClient) -> None:
    japanese = browser.get("/boards/event").text
    reader_of(browser, "en").get("/boards/event")
    assert reader_of(browser, "ja").get("/boards/event").text == japanese


def test_easy_japanese_comes_with_kana(browser: FlaskClient) -> None:
    assert "<ruby>" in reader_of(browser, EASY).get("/").text


def test_what_is_wrong_with_a_form_is_said_in_the_language_and_what_was_typed_stays(
    browser: FlaskClient,
) -> None:
    page = reader_of(browser, "en").post(
        "/boards/event/new",
        data={"title": "標準", "starts_on": "x"},
        headers={"Origin": "http://localhost"},
    )
    assert "Please write the day like" in page.text
    assert 'value="標準"' in page.text


def test_every_japanese_word_of_the_screens_python_goes_through_say() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{line} {text}"
        for path in sorted(ROOT.glob("kiosk_ui/*.py"))
        if path.stem not in _NO_SCREENS
        for line, text in _outside_say(ast.parse(path.read_text()))
        if JAPANESE.search(text)
    ]
    assert bare == []


_NO_SCREENS = {"aloud", "design", "furigana", "languages", "papers", "wording", "taking"}
"""What is spoken, pages for builders, languages, sheets of paper, texts that leave the node."""


def _outside_say(node: ast.AST) -> Iterator[tuple[int, str]]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Call(func=ast.Name(id="say")) | ast.Compare() | ast.Expr(value=ast.Constant()):
                continue
            case ast.Constant(value=str(text)):
                yield child.lineno, text
            case _:
                yield from _outside_say(child)


class _Pseudo(Mapping[str, str]):
    """A catalogue of a language without a Japanese letter."""

    def __getitem__(self, message: str) -> str:
        parts = re.split(r"(\{[^{}]*\}|</?\w+>)", message)
        return "".join(part if at % 2 else JAPANESE.sub("x", part) for at, part in enumerate(parts))

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class _Bare(HTMLParser):
    """The Japanese of a page that is neither a post's nor marked as Japanese."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        japanese = given.get("lang") == "ja" or bool(self._open and self._open[-1][1])
        if given.get("lang") not in (None, "ja", "en"):
            japanese = True
        for name in ("aria-label", "title", "alt", "placeholder"):
            self._see(given.get(name) or "", japanese)
        if tag not in {"meta", "link", "input", "br", "wbr", "path", "hr", "img"}:
            self._open.append((tag, japanese))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        self._see(data, bool(self._open and self._open[-1][1]))

    def _see(self, text: str, japanese: bool) -> None:
        if not japanese and JAPANESE.search(text):
            self.found.append(text.strip())


def test_no_page_for_residents_has_a_word_that_is_in_no_catalogue(
    app: Flask, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk_ui.languages.catalogue", lambda _: _Pseudo())
    fill(town)
    node = town.kamigo
    posted = [town.post("event", **EVENT), town.post("job", **JOB), town.alert()]
    places = [
        *(
            "/",
            "/languages",
            "/search",
            "/search?q=もち",
            "/carry",
            "/away",
            "/attract",
            "/nowhere",
        ),
        *("/boards/event?view=day", "/boards/event?view=week", "/boards/event?view=month"),
        *("/boards/event?past=", "/boards/guide?section=shelter", "/erasure", "/receipts"),
        *("/boards/event/new", "/boards/job/new", "/boards/job/steps", "/receipt"),
        *(f"/boards/{name}" for name in node.boards),
        *(f"/records/{post.address}" for post in posted),
        *(f"/records/{post.address}/take" for post in posted),
        *(f"/records/{posted[0].address}/{what}" for what in ("remove", "report", "edit")),
    ]
    known, hard_coded = _written_by_people(town), dict[str, list[str]]()
    for browser, host in ((app.test_client(), "localhost"), (app.test_client(), "192.0.2.7")):
        browser.set_cookie("language", "en", domain=host)
        for place in places:
            page = browser.get(place, base_url=f"http://{host}")
            bare = _Bare()
            bare.feed(page.text)
            if strange := [text for text in bare.found if not _is_of(known, text)]:
                hard_coded[f"{host}{place}"] = strange
    assert hard_coded == {}, hard_coded


def _written_by_people(town: Town) -> set[str]:
    """Names of the place, and what posts say: it may stand within our sentences."""
    node = town.kamigo
    said = {node.settings.name, town.office.settings.name, node.town_name, "回覧", "もち"}
    for board in node.boards.values():
        for post in node.posts(board, limit=500):
            for value in post.fields.values():
                said.update(_texts(value))
    return {each for each in said if each}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        yield from value.split("\n")
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _is_of(known: set[str], text: str) -> bool:
    for each in sorted(known, key=len, reverse=True):
        text = text.replace(each, "")
    return not JAPANESE.search(text)


def test_the_desk_is_named_by_templates_and_modules_that_exist() -> None:
    there = {
        path.stem
        for pattern in ("kiosk_ui/*.py", "kiosk_ui/templates/*.html", "node/**/*.py")
        for path in ROOT.glob(pattern)
    }
    assert there >= DESK


def test_who_reads_easy_japanese_sees_what_the_keeper_wrote_for_them(
    browser: FlaskClient, town: Town
) -> None:
    post = town.post("event", **EVENT, easy="もちを つくります。だれでも 来てください。")
    assert "だれでも 来てください。" not in browser.get(f"/records/{post.address}").text
    page = reader_of(browser, EASY).get(f"/records/{post.address}").text
    assert "もちを つくります。" in page


def test_visitors_are_not_asked_to_write_easy_japanese(browser: FlaskClient) -> None:
    assert 'name="easy"' not in browser.get("/boards/event/new").text


def test_an_alert_of_a_known_kind_is_told_in_the_readers_language(
    browser: FlaskClient, town: Town
) -> None:
    order = town.alert(title="避難指示（上郷地区）", kinds=[])
    lifted = town.alert(title="避難指示の解除", kinds=[])
    unknown = town.alert(title="臨時バスのお知らせ", kinds=[])
    reader_of(browser, "en")
    assert (
        "Everyone must leave dangerous places now." in browser.get(f"/records/{order.address}").text
    )
    for post in (lifted, unknown):
        page = browser.get(f"/records/{post.address}").text
        assert "Everyone must leave" not in page
        assert "This notice is in Japanese only." in page


@pytest.mark.parametrize(
    ("title", "lines", "said"),
    [
        ("霧沢地方大雨警報・洪水注意報", "", ["大雨警報", "洪水注意報"]),
        ("避難指示を発令しました", "", ["避難指示"]),
        ("高齢者等避難を解除しました", "", []),
        ("避難指示が出る可能性", "", []),
        ("避難指示のときの持ち物", "", []),
        ("気象警報・注意報", "レベル４土砂災害危険警報（発表）", ["レベル4土砂災害危険警報"]),
        ("気象警報・注意報", "大雨注意報（解除）\n雷注意報（継続）", ["雷注意報"]),
        ("気象警報・注意報", "暴風特別警報（警報から特別警報）", ["暴風特別警報"]),
        ("大津波警報", "", ["大津波警報"]),
        ("町道１号線通行止めのお知らせ", "", ["通行止め"]),
    ],
)
def test_only_what_is_in_force_is_known(title: str, lines: str, said: list[str]) -> None:
    assert list(known_kinds(title, [["霧沢町", lines]])) == said


def test_furigana_are_offered_in_japanese_and_stand_over_no_other_language(
    browser: FlaskClient,
) -> None:
    assert "/looks/furigana" not in reader_of(browser, "zh").get("/").text
    page = reader_of(browser, EASY).get("/languages").text
    assert "简体中文</strong>" in page


@pytest.mark.parametrize(
    "path", ["/people", "/waiting", "/reports", "/hidden", "/decisions", "/status"]
)
def test_the_desk_is_whole_in_japanese_and_says_so(
    browser: FlaskClient, keeper: Account, path: str
) -> None:
    """Half of it would be read aloud as what it isn't."""
    sign_in(browser, keeper)
    japanese = browser.get(path)
    page = reader_of(browser, "en").get(path)
    assert japanese.status_code == page.status_code == 200
    assert '<html lang="ja"' in page.text
    assert words(page) == words(japanese)
    assert '<html lang="en"' in browser.get("/").text
    assert "Back" in words(browser.get("/search"))
