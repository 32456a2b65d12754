"""What is printed: drawn by the real press, read back as people and phones read it."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from itertools import count, islice
from pathlib import Path
from threading import Barrier

import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from werkzeug.test import TestResponse

from kiosk_ui.app import create_app
from kiosk_ui.folding import sides
from kiosk_ui.papers import SLIPS
from kiosk_ui.press import NoPress, Press
from kiosk_ui.reach import Reach
from node.errand import Busy
from node.node import edition
from node.short_code import in_groups, short_code
from tests.kiosk_ui.reading import words
from tests.kiosk_ui.town import EVENT, JOB, NOW, Town, make_town

PHONE = {"base_url": "http://192.168.1.20"}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    made = make_town(tmp_path_factory.mktemp("town"))
    made.alert(title="霧沢地方大雨警報")
    made.alert(operation="drill", title="避難訓練の大雨警報")
    made.post("event", **EVENT | {"state": "cancelled", "title": "秋の山歩き"})
    made.post("event", **EVENT | {"starts_on": "2026-12-24", "title": "来月の会"})
    gone = made.post("event", **EVENT | {"title": "なくなった会"})
    made.kamigo.remove(gone, seen=edition(gone))
    made.post("job", **JOB | {"title": "<img src='file:///etc/hostname'>の仕事"})
    return made


@pytest.fixture(scope="module")
def app(town: Town) -> Flask:
    return create_app(town.kamigo, reach=Reach(named="http://kairan.home"), now=lambda: NOW)


def read(response: TestResponse) -> str:
    """The words of a PDF."""
    assert (response.status_code, response.content_type) == (200, "application/pdf")
    command = ["pdftotext", "-layout", "-", "-"]
    told: bytes = subprocess.run(command, input=response.data, capture_output=True).stdout
    return told.decode()


def codes(response: TestResponse, folder: Path, *, sheet: int = 1) -> set[str]:
    """What a phone reads of that sheet, printed at 150 dots an inch."""
    at = str(sheet)
    command = ["pdftoppm", "-r", "150", "-f", at, "-l", at, "-singlefile", "-png", "-"]
    drawn = subprocess.run(command, input=response.data, capture_output=True, cwd=folder).stdout
    return {found.text for found in zxingcpp.read_barcodes(Image.open(BytesIO(drawn)))}


def halves(response: TestResponse) -> list[tuple[str, str]]:
    """The words of the left and the right half of each side of a booklet's sheets."""
    half = round(148 / 25.4 * 72)
    both = []
    for left in (0, half):
        area = ["-x", str(left), "-y", "0", "-W", str(half), "-H", "600"]
        command = ["pdftotext", "-layout", *area, "-", "-"]
        told: bytes = subprocess.run(command, input=response.data, capture_output=True).stdout
        both.append(told.decode().split("\f")[:-1])
    return list(zip(*both, strict=True))


def folded(lying: list[tuple[str, str]]) -> list[str]:
    """The pages as one turns them, once the sheets lie on one another and are folded."""
    fronts, backs = lying[::2], lying[1::2]
    first_half = [
        page for front, back in zip(fronts, backs, strict=True) for page in (front[1], back[0])
    ]
    last_half = [
        page for front, back in zip(fronts, backs, strict=True) for page in (front[0], back[1])
    ]
    return first_half + last_half[::-1]


def address_of(town: Town, board: str, title: str) -> str:
    posts = town.kamigo.posts(town.kamigo.boards[board])
    return next(post.address for post in posts if post.text("title") == title)


def test_the_week_is_a_circular_to_pass_round(app: Flask) -> None:
    text = read(app.test_client().get("/paper/week.pdf", **PHONE))
    assert "回覧板" in text
    assert "11月22日（日）から11月28日（土）まで" in text
    assert "次の家へ回してください" in text
    assert "霧沢地方大雨警報" in text
    assert "警戒レベル3" in text
    assert "秋の山歩き" in text
    assert "中止" in text
    assert "11月22日（日）午前10時ごろの内容です" in text
    assert "来月の会" not in text
    assert "なくなった会" not in text
    assert "避難訓練" not in text


def test_whoever_gets_the_first_sheet_of_the_circular_finds_what_is_newer(
    app: Flask, town: Town, tmp_path: Path
) -> None:
    for day in range(22, 29):
        for hour in ("09:00", "11:00", "14:00"):
            on = {"title": f"{day}日の会", "starts_on": f"2026-11-{day}", "starts_at": hour}
            town.post("event", **EVENT | on)
    circular = app.test_client().get("/paper/week.pdf")
    assert read(circular).count("\f") > 1, "many sheets"
    assert codes(circular, tmp_path) == {"http://kairan.home/"}


@pytest.mark.parametrize("paper", ["week", "boards/event"])
def test_who_reads_the_circular_finds_each_post_at_the_kiosk_by_its_number(
    app: Flask, town: Town, paper: str
) -> None:
    title = f"回覧板で読む会（{paper[:4]}）"
    post = town.post("event", **EVENT | {"title": title})
    text = read(app.test_client().get(f"/paper/{paper}.pdf", **PHONE))
    told = text[text.index(title) :].split("番号", 1)[1].split("\n", 1)[0]
    assert told.strip() == in_groups(short_code(post.id))
    assert "番号を押すと" in text


GUIDE: list[dict[str, object]] = [
    {
        "title": f"{name}{number}",
        "category": category,
        "address": "霧沢町1",
        "phone": "0999-00-1001",
    }
    for category, name in (("medical", "診療所"), ("shelter", "避難場所"))
    for number in range(1, 12)
]


def test_the_guide_is_a_booklet_of_sheets_that_are_folded_in_the_middle(
    app: Flask, town: Town, tmp_path: Path
) -> None:
    entries = town.feed("guide", GUIDE)
    booklet = app.test_client().get("/paper/boards/guide/booklet.pdf")
    assert "kairan-guide-booklet.pdf" in booklet.headers["Content-Disposition"]
    read(booklet)
    lying = halves(booklet)
    assert len(lying) % 2 == 0, "whole sheets"
    cover, *pages, back = folded(lying)
    assert "暮らしのガイド" in cover
    assert "霧沢町" in cover
    assert "2026年11月22日" in cover
    numbers = [page.split()[-1] for page in pages if page.strip()]
    assert numbers == [str(number) for number in range(2, len(numbers) + 2)]
    assert [page for page in pages[len(numbers) :] if page.strip()] == [], "what is blank is last"
    told = "".join(pages)
    for entry in entries:
        assert in_groups(short_code(entry.id)) in told
    assert "http://kairan.home/boards/guide" in back
    assert codes(booklet, tmp_path) == {"http://kairan.home/boards/guide"}


@pytest.mark.parametrize("kind", ["booklet", "large"])
def test_its_contents_lead_to_the_page_where_something_stands(
    app: Flask, town: Town, kind: str
) -> None:
    town.feed("guide", [{"title": "ごみの分け方の表", "category": "garbage"}])
    book = app.test_client().get(f"/paper/boards/guide/{kind}.pdf")
    text = read(book)
    pages = folded(halves(book)) if kind == "booklet" else text.split("\f")
    contents = next(
        page for page in pages if "ごみの分け方の表 ." in page or "ごみの分け方の表." in page
    )
    line = next(line for line in contents.splitlines() if "ごみの分け方の表" in line)
    there = pages[int(line.split()[-1].strip(".")) - 1]
    assert "ごみの分け方の表" in there
    assert "番号" in there


def test_in_large_type_the_guide_is_read_sheet_by_sheet(
    app: Flask, town: Town, tmp_path: Path
) -> None:
    book = app.test_client().get("/paper/boards/guide/large.pdf")
    *_, last, _end = read(book).split("\f")
    assert "http://kairan.home/boards/guide" in last
    at = read(book).count("\f")
    assert codes(book, tmp_path, sheet=at) == {"http://kairan.home/boards/guide"}
    assert app.test_client().get("/paper/boards/event/large.pdf").status_code == 404


@pytest.mark.parametrize("pages", range(1, 18))
def test_each_page_lies_on_one_side_of_one_sheet_and_the_last_is_the_back(pages: int) -> None:
    lying = list(sides(pages))
    assert sorted(page for side in lying for page in side if page is not None) == [*range(pages)]
    assert len(lying) == -(-pages // 4) * 2
    (back, cover), *_ = lying
    assert back == pages - 1
    assert cover == (0 if pages > 1 else None)


def test_a_poster_says_loudly_that_it_is_off_and_leads_to_what_is_newer(
    app: Flask, town: Town, tmp_path: Path
) -> None:
    address = address_of(town, "event", "秋の山歩き")
    poster = app.test_client().get(f"/paper/records/{address}.pdf")
    text = read(poster)
    assert text.index("中止") < text.index("秋の山歩き") < text.index("上郷公民館 前庭")
    assert codes(poster, tmp_path) == {f"http://kairan.home/records/{address}"}


def test_slips_to_tear_off_say_how_the_post_is_found(
    app: Flask, town: Town, tmp_path: Path
) -> None:
    post = town.post("event", **EVENT | {"title": "雪見の会", "phone": "0999-00-1001"})
    sheet = app.test_client().get(f"/paper/records/{post.address}/slips.pdf")
    text = read(sheet)
    for said in ("雪見の会", "0999-00-1001", in_groups(short_code(post.id)), "この番号を押すと"):
        assert text.count(said) == SLIPS, said
    assert text.count("\f") == 1, "one sheet"
    assert codes(sheet, tmp_path) == {f"http://kairan.home/records/{post.address}"}
    assert in_groups(short_code(post.id)) in read(
        app.test_client().get(f"/paper/records/{post.address}.pdf")
    )


def test_a_drill_is_marked_on_paper_too(app: Flask, town: Town) -> None:
    address = address_of(town, "disaster", "避難訓練の大雨警報")
    assert "これは訓練です" in read(app.test_client().get(f"/paper/records/{address}.pdf"))


def test_what_somebody_wrote_is_text_on_paper_and_fetches_nothing(app: Flask) -> None:
    text = read(app.test_client().get("/paper/boards/job.pdf", **PHONE))
    assert "<img src='file:///etc/hostname'>の仕事" in text


def test_the_press_asks_nobody_for_anything() -> None:
    page = (
        "<p>文</p><img src='file:///etc/hostname'><style>@import 'http://127.0.0.1:9/a.css'</style>"
    )
    assert Press().draw(page).startswith(b"%PDF-")


def test_what_is_asked_for_again_is_not_drawn_again() -> None:
    press = Press()
    assert press.draw("<p>同じ</p>") is press.draw("<p>同じ</p>")


def test_who_finds_too_many_waiting_for_the_press_is_told_so_and_holds_no_thread() -> None:
    press = Press(waiting_max=0)
    begin = Barrier(2)

    def ask(page: str) -> bool:
        begin.wait()
        try:
            press.draw(page)
        except Busy:
            return True
        return False

    with ThreadPoolExecutor(2) as two:
        pairs = (list(two.map(ask, [f"<p>{n}</p>", f"<p>また{n}</p>"])) for n in count())
        assert any(True in pair for pair in islice(pairs, 10))


def test_what_is_not_shown_is_not_printed(app: Flask, town: Town) -> None:
    post = town.post("event", **EVENT | {"title": "すぐになくなる会"})
    town.kamigo.remove(post, seen=edition(post))
    for paper in (".pdf", "/slips.pdf"):
        assert app.test_client().get(f"/paper/records/{post.address}{paper}").status_code == 404
    assert app.test_client().get("/paper/boards/nothing.pdf").status_code == 404


@pytest.mark.parametrize(
    ("trouble", "status", "said"),
    [
        (Busy(), 503, "ほかの方の印刷の準備をしています"),
        (NoPress(), 501, "印刷用のファイルを作れませんでした"),
    ],
    ids=["busy", "no press"],
)
def test_where_it_cannot_be_drawn_a_page_says_so(
    app: Flask, monkeypatch: pytest.MonkeyPatch, trouble: Exception, status: int, said: str
) -> None:
    def draw(_press: Press, _html: str) -> bytes:
        raise trouble

    monkeypatch.setattr(Press, "draw", draw)
    page = app.test_client().get("/paper/week.pdf", **PHONE)
    assert page.status_code == status
    assert said in words(page)


def test_the_kiosk_sends_people_to_where_a_printer_is(app: Flask) -> None:
    kiosk, phone = (app.test_client().get("/paper", **at) for at in ({}, PHONE))
    assert "http://kairan.home/paper" in words(kiosk)
    assert ".pdf" not in kiosk.text
    assert "今週の回覧板" in words(phone)


def test_a_page_too_large_to_draw_is_refused_before_anything_is_drawn() -> None:
    with pytest.raises(NoPress):
        Press().draw("長い" * (1 << 20))
