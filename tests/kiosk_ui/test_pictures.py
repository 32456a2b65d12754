"""Pictures on posts: what becomes of what a phone sends, and who gets to see it."""

import re
import tempfile
from io import BytesIO
from shutil import disk_usage

import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from kiosk_ui.app import create_app
from node.hiding import hide
from node.moderation.wishing import say
from node.node import edition, open_node
from node.people import begin
from node.pictures import room
from node.pictures.darkroom import Darkroom, Ending, Undeveloped
from node.pictures.jpeg import SIDE_MAX, size_of
from node.pictures.picture import PICTURE_BYTES_MAX
from node.pins import Pins
from sync.limits import MESSAGE_BYTES_MAX
from tests.kiosk_ui.reading import elements, typed, words
from tests.kiosk_ui.snapshots import MAKER, PLACE, TRICKS, noisy, photo
from tests.kiosk_ui.test_signing_in import sign_in
from tests.kiosk_ui.town import EVENT, NOW, PIN, Town

NEW = "/boards/event/new"
AT_A_PHONE = {"base_url": "http://192.168.7.1", "environ_base": {"REMOTE_ADDR": "192.168.7.20"}}


@pytest.fixture
def phone(town: Town) -> FlaskClient:
    return create_app(town.kamigo, now=lambda: NOW).test_client()


def send(phone: FlaskClient, *pictures: bytes, page: str = NEW, **other: str) -> TestResponse:
    """A person fills in the form, chooses these pictures, and sends it."""
    form = typed(phone.get(page, **AT_A_PHONE)) | (EVENT if page == NEW else {}) | other
    files = {f"picture-{at}": content for at, content in enumerate(pictures, 1)}
    return send_form(phone, page, form, files)


def send_form(
    phone: FlaskClient, page: str, form: dict[str, str], files: dict[str, bytes]
) -> TestResponse:
    """As a browser does: every field, and every file under its name."""
    parts: dict[str, object] = {**form}
    for name, content in files.items():
        parts[name] = FileStorage(BytesIO(content), filename="写真.jpg")
    boundary, body = encode_multipart(parts)
    kind = f"multipart/form-data; boundary={boundary}"
    return phone.post(page, data=body, content_type=kind, **AT_A_PHONE)


def posted(phone: FlaskClient, *pictures: bytes, **other: str) -> str:
    """The address of the post that this became."""
    answer = send(phone, *pictures, **other)
    assert answer.status_code == 303, words(answer)
    return answer.headers["Location"].partition("?")[0]


def shown_on(phone: FlaskClient, page: str) -> list[dict[str, str]]:
    return elements(phone.get(page, **AT_A_PHONE), "img")


def pictures_on(phone: FlaskClient, page: str) -> list[bytes]:
    found = []
    for element in shown_on(phone, page):
        answer = phone.get(element["src"], **AT_A_PHONE)
        assert answer.status_code == 200
        found.append(answer.data)
    return found


def dot(picture: Image.Image, x: int, y: int) -> tuple[int, ...]:
    found = picture.getpixel((x, y))
    assert isinstance(found, tuple)
    return found


def test_a_picture_is_upright_and_small_and_says_nothing_of_where_it_was_taken(
    phone: FlaskClient,
) -> None:
    page = posted(phone, photo(turned=True), **{"picture-1-words": "前庭の　うす"})
    (shown,) = shown_on(phone, page)
    assert (shown["alt"], shown["loading"]) == ("前庭の うす", "lazy")
    answer = phone.get(shown["src"], **AT_A_PHONE)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert set(answer.headers["Cache-Control"].split(", ")) == {
        "private",
        "max-age=31536000",
        "immutable",
    }
    for said in (PLACE.encode(), MAKER.encode(), b"Exif", b"GPS"):
        assert said not in answer.data
    picture = Image.open(BytesIO(answer.data))
    assert not picture.getexif()
    assert not set(picture.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert picture.size == (int(shown["width"]), int(shown["height"])) == (960, SIDE_MAX)
    red, _, blue = dot(picture, 480, 100)  # what was left is above
    assert red > 200 > 60 > blue


def test_whatever_is_sent_no_picture_is_larger_than_a_slow_line_bears(phone: FlaskClient) -> None:
    (content,) = pictures_on(phone, posted(phone, noisy(1_700, 1_200)))
    assert len(content) <= PICTURE_BYTES_MAX
    assert max(size_of(content)) <= SIDE_MAX


def test_what_one_can_see_through_is_on_white(phone: FlaskClient) -> None:
    for kind, mode in (("PNG", "RGBA"), ("WEBP", "RGBA"), ("PNG", "P"), ("PNG", "LA")):
        clear, sent = Image.new(mode, (40, 30)), BytesIO()
        how = {"transparency": 0} if mode == "P" else {}
        clear.save(sent, kind, **how)
        (content,) = pictures_on(phone, posted(phone, sent.getvalue(), title=kind + mode))
        assert min(dot(Image.open(BytesIO(content)), 20, 15)) > 250


def test_without_words_of_its_own_a_picture_is_still_announced(phone: FlaskClient) -> None:
    (shown,) = shown_on(phone, posted(phone, photo(400, 300)))
    assert shown["alt"] == "「もちつき大会」の写真（説明はありません）"


def test_what_is_no_picture_is_refused_in_a_sentence_and_nothing_is_lost(
    phone: FlaskClient, town: Town
) -> None:
    for trick in ("a page named .jpg", "a moving WebP", "a PNG of four thousand million dots"):
        answer = send(phone, TRICKS[trick], fee="無料です")
        assert answer.status_code == 422
        assert "えらびなおしてください" in words(answer)
        assert typed(answer)["fee"] == "無料です"
    assert town.kamigo.posts(town.kamigo.boards["event"]) == []


@pytest.mark.parametrize("trick", TRICKS)
def test_whatever_the_trick_the_darkroom_makes_nothing_of_it(trick: str) -> None:
    with pytest.raises(Undeveloped) as refused:
        Darkroom().develop(TRICKS[trick], "")
    moving, large = "moving P" in trick or "moving W" in trick, "thousand million" in trick
    said = Ending.MOVING if moving else Ending.TOO_LARGE if large else refused.value.why
    assert refused.value.why is said


def test_a_phones_largest_jpeg_is_taken_and_a_png_of_that_size_takes_no_memory() -> None:
    large = Image.new("RGB", (9_000, 7_000), "green")
    sent = BytesIO()
    large.save(sent, "JPEG")
    picture, _ = Darkroom().develop(sent.getvalue(), "")
    assert (picture.width, picture.height) == (SIDE_MAX, 996)
    large.resize((5_000, 4_100)).save(sent := BytesIO(), "PNG")
    with pytest.raises(Undeveloped) as refused:
        Darkroom().develop(sent.getvalue(), "")
    assert refused.value.why is Ending.TOO_LARGE


def test_a_picture_that_is_a_page_too_is_only_a_picture_afterwards(phone: FlaskClient) -> None:
    page = b"<!doctype html><script>alert(document.domain)</script>"
    (content,) = pictures_on(phone, posted(phone, photo(300, 200) + page + b"PK\x05\x06" + page))
    assert b"script" not in content
    assert b"PK\x05\x06" not in content


def test_while_something_else_is_mended_the_picture_is_held_and_shown(phone: FlaskClient) -> None:
    answer = send(phone, photo(), title="", **{"picture-1-words": "うすときね"})
    assert answer.status_code == 422
    assert "この写真をお預かりしています" in words(answer)
    (held,) = elements(answer, "img")
    assert phone.get(held["src"], **AT_A_PHONE).status_code == 200
    form = typed(answer) | {"title": "もちつき大会", "state": "planned", "readers": "town"}
    again = send_form(phone, NEW, form, {})
    assert again.status_code == 303, words(again)
    (shown,) = shown_on(phone, again.headers["Location"])
    assert shown["alt"] == "うすときね"


def test_sent_twice_by_an_impatient_thumb_it_is_one_post(phone: FlaskClient, town: Town) -> None:
    form = typed(phone.get(NEW, **AT_A_PHONE)) | EVENT
    led_to = set()
    for _ in range(2):
        answer = send_form(phone, NEW, form, {"picture-1": photo(300, 200)})
        led_to.add(answer.headers["Location"])
    assert len(led_to) == 1
    assert len(town.kamigo.posts(town.kamigo.boards["event"])) == 1


def test_more_than_a_machine_takes_at_once_leads_back_to_what_was_written(
    phone: FlaskClient,
) -> None:
    answer = send(phone, bytes(MESSAGE_BYTES_MAX))
    assert answer.status_code == 413
    assert "書いたものが残っています" in words(answer)


def test_an_edit_keeps_adds_and_takes_off_pictures(phone: FlaskClient, town: Town) -> None:
    page = posted(phone, photo(300, 200), photo(310, 200))
    first, second = pictures_on(phone, page)
    edit = f"{page}/edit"
    checked = {"state": "planned"}
    answer = send(phone, page=edit, title="もちつき", **checked)
    assert answer.status_code == 303, words(answer)
    assert pictures_on(phone, page) == [first, second]
    form = typed(phone.get(edit, **AT_A_PHONE)) | checked | {"picture-1-off": "yes"}
    send_form(phone, edit, form, {"picture-3": photo(320, 200)})
    now = pictures_on(phone, page)
    assert now[0] == second
    assert size_of(now[1]) == (320, 200)
    assert len(now) == 2


def test_the_machines_own_screen_asks_for_no_file_and_keeps_no_picture(
    town: Town, phone: FlaskClient, browser: FlaskClient
) -> None:
    page = posted(phone, photo(300, 200))
    (shown,) = elements(browser.get(page), "img")
    assert browser.get(shown["src"]).headers["Cache-Control"] == "no-store"
    assert not [e for e in elements(browser.get(NEW), "input") if e.get("type") == "file"]


def test_lists_carry_no_pictures(phone: FlaskClient) -> None:
    posted(phone, photo(300, 200))
    for page in ("/", "/boards/event", "/search?q=もちつき"):
        assert not shown_on(phone, page)


def test_what_is_hidden_or_taken_down_shows_no_picture(phone: FlaskClient, town: Town) -> None:
    keeper = begin(town.kamigo, "山田 花")
    for title in ("隠すもの", "取り下げるもの"):
        page = posted(phone, photo(300, 200), title=title)
        (shown,) = shown_on(phone, page)
        post = town.kamigo.post(page.rpartition("/")[2])
        assert post is not None
        if title == "隠すもの":
            hide(town.kamigo, post, "personal", by=keeper)
        else:
            town.kamigo.remove(post, seen=edition(post), by=keeper)
        assert phone.get(shown["src"], **AT_A_PHONE).status_code == 404


def test_a_waiting_picture_is_for_who_keeps_the_place_and_goes_in_with_its_post(
    town: Town, phone: FlaskClient, browser: FlaskClient
) -> None:
    keeper = begin(town.kamigo, "山田 花")
    Pins(town.kamigo.settings.folder).choose(keeper.address, PIN)
    here = town.kamigo.identity.public
    say(town.kamigo, here, waits=frozenset({"event"}), allowance=20, by=keeper)
    assert posted(phone, photo(300, 200)).startswith("/receipts/")
    sign_in(browser, keeper)
    (page,) = re.findall(r"/waiting/\d+", browser.get("/waiting").text)
    opened = browser.get(page)
    (shown,) = elements(opened, "img")
    assert size_of(browser.get(shown["src"]).data) == (300, 200)
    assert phone.get(shown["src"], **AT_A_PHONE).status_code in (303, 403)
    browser.post(f"{page}/let-in", data=typed(opened))
    (post,) = town.kamigo.posts(town.kamigo.boards["event"])
    (content,) = pictures_on(phone, f"/records/{post.address}")
    assert size_of(content) == (300, 200)
    assert browser.get(shown["src"]).status_code == 404


def test_where_little_room_is_left_words_are_taken_and_pictures_are_not(
    phone: FlaskClient, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = disk_usage(town.kamigo.settings.folder).free
    monkeypatch.setattr(room, "FREE_BYTES_MIN", 2 * free)
    answer = send(phone, photo(300, 200))
    assert answer.status_code == 422
    assert "写真を付けなければ、文章はのせられます" in words(answer)
    posted(phone)
    monkeypatch.undo()
    monkeypatch.setattr(room, "NODE_BYTES_MAX", 16_000)
    posted(phone, photo(300, 200), title="一枚目")
    assert send(phone, photo(320, 200), title="二枚目").status_code == 422


def test_a_picture_is_there_after_a_restart_and_on_paper_and_in_a_saved_file(
    phone: FlaskClient, town: Town
) -> None:
    page = posted(phone, photo(300, 200), **{"picture-1-words": "うすときね"})
    (content,) = pictures_on(phone, page)
    again = create_app(open_node(town.kamigo.settings.folder), now=lambda: NOW).test_client()
    assert pictures_on(again, page) == [content]
    saved = again.get(f"{page}/save", **AT_A_PHONE)
    (shown,) = elements(saved, "img")
    assert shown["src"].startswith("data:image/jpeg;base64,")
    assert "img-src data:" in saved.text
    paper = again.get(page.replace("/records", "/paper/records") + ".pdf", **AT_A_PHONE)
    assert paper.status_code == 200
    assert b"/Subtype /Image" in paper.data
    assert b"/Width 300" in paper.data


def test_what_a_phone_sends_never_lies_in_a_temporary_file(
    phone: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted(phone)  # what a machine begins with its first post is its own

    def opened(*_: object, **__: object) -> None:
        raise AssertionError("a file was opened for what a phone sends")

    for name in ("TemporaryFile", "SpooledTemporaryFile", "NamedTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, opened)
    posted(phone, noisy(1_200, 900), title="雪景色")


def test_what_is_wrong_with_pictures_is_said_in_the_readers_language(phone: FlaskClient) -> None:
    phone.get("/looks/language?to=en&next=/", **AT_A_PHONE)
    answer = send(phone, b"no picture", photo(), **{"picture-2-words": "あ" * 101})
    assert answer.status_code == 422
    assert "This could not be read as a photo." in words(answer)
    assert "up to 100 letters" in words(answer)


def test_what_its_author_says_of_a_picture_is_marked_as_japanese(phone: FlaskClient) -> None:
    told = posted(phone, photo(), **{"picture-1-words": "もちつき"})
    untold = posted(phone, photo(), title="桜")
    phone.get("/looks/language?to=en&next=/", **AT_A_PHONE)
    (picture,) = shown_on(phone, told)
    assert (picture["alt"], picture["lang"]) == ("もちつき", "ja")
    (picture,) = shown_on(phone, untold)
    assert picture["alt"] == "Photo of “桜” (nothing is told about it)"
    assert "lang" not in picture
