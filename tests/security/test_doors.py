"""What a stranger says to the real screens, byte for byte: refused in plain words, and no more."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from kiosk_ui.allowances import FILES_TAKEN, FORMS, RECEIPTS, SEARCHES, SIGN_INS, Rate
from kiosk_ui.app import create_app
from node.node import Node, open_node
from sync.machine.settings import KEY_FILE, SETTINGS_FILE
from tests.kiosk_ui.reading import typed, words
from tests.node.builders import CHOIR, Village, titles
from tests.security.doors import Doors, open_doors

POST = {**CHOIR, "state": "planned", "starts_on": "2031-01-01"}
PHONE = {"REMOTE_ADDR": "192.168.1.50"}
HERE = {"Host": "192.168.1.20"}
END = b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
NAMES = (
    *("evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:8700"),
    *(
        "",
        "127.0.0.1,evil.example",
        "user@127.0.0.1",
        "[::1",
        "127.0.0.1:x",
        "127.0.0.1:99999",
        "a b",
        "[fe80::1%eth0]",
        "192.168.1",
    ),
    "０.０.０.０",
)
NAMED = (
    *("../../machine.toml", "..\\machine.key", "/etc/passwd", "a\x00.kairan", "x.html"),
    "あ" * 5_000,
)
HELD = (b"", b"<script>", b"GIF89a/*", b"PK\x03\x04", bytes(1_000))


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Village(tmp_path).node()


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    node = Village(tmp_path_factory.mktemp("village")).node()
    node.database.close()
    with open_doors(node.settings.folder) as opened:
        yield opened


def phone(node: Node) -> FlaskClient:
    client = create_app(node).test_client()
    client.environ_base.update(PHONE)
    return client


def test_under_another_name_nothing_is_shown_and_nothing_taken(node: Node) -> None:
    client = create_app(node).test_client()
    for host in NAMES:
        answer = client.get("/", headers={"Host": host})
        assert answer.status_code == 421, host
        assert "このアドレスでは、開けません" in words(answer)
        sent = client.post("/boards/event/new", data=POST, headers={"Host": host})
        assert sent.status_code == 421, host
    assert titles(node) == []


def test_other_machines_are_answered_by_whatever_name_they_know(node: Node) -> None:
    answer = create_app(node).test_client().get("/sync", headers={"Host": "node7.example"})
    assert (answer.status_code, answer.content_type) == (200, "application/cbor")


def test_the_name_that_phones_are_told_leads_here(node: Node) -> None:
    file = node.settings.folder / SETTINGS_FILE
    file.write_text(f'called = "http://kairan.example:8700"\n{file.read_text()}')
    client = create_app(open_node(node.settings.folder)).test_client()
    for host in ("kairan.example:8700", "KAIRAN.example", "192.168.1.20", "[fd00::1]:8700"):
        assert client.get("/", headers={"Host": host}).status_code == 200


def test_a_phone_that_says_it_is_the_kiosk_is_not(node: Node) -> None:
    for host in ("127.0.0.1", "localhost"):
        answer = phone(node).get("/sign-in", headers={"Host": host})
        assert answer.status_code == 403
        assert phone(node).get("/stick", headers={"Host": host}).status_code == 404


def test_of_one_phone_as_much_is_taken_as_one_person_writes_and_nothing_typed_is_lost(
    node: Node,
) -> None:
    client = phone(node)
    for number in range(FORMS.address):
        data = {**POST, "title": f"会{number}"}
        assert client.post("/boards/event/new", data=data, headers=HERE).status_code == 303
    refused = client.post("/boards/event/new", data=POST, headers=HERE)
    assert refused.status_code == 429
    assert typed(refused)["title"] == POST["title"]
    assert "書かれたものは、このまま残してあります" in words(refused)
    assert client.post("/records/x/remove", headers=HERE).status_code == 429


def test_whoever_stands_at_the_kiosk_pays_for_no_stranger(node: Node) -> None:
    app = create_app(node)
    client = app.test_client()
    codes = set()
    for number in range(2 * FORMS.everybody):
        stranger = {"REMOTE_ADDR": f"10.{number >> 8}.{number & 255}.1"}
        codes.add(client.post("/size", headers=HERE, environ_overrides=stranger).status_code)
    assert codes == {404, 429}
    assert app.test_client().post("/boards/event/new", data=POST).status_code == 303


@pytest.mark.parametrize(
    ("method", "path", "rate"),
    [
        ("GET", "/search?q=%E5%90%88%E5%94%B1", SEARCHES),
        ("GET", "/receipts/0123456789", RECEIPTS),
        ("GET", "/erasure/01234567", RECEIPTS),
        ("POST", "/receipts", RECEIPTS),
        ("POST", "/sign-in/first", SIGN_INS),
    ],
)
def test_who_searches_or_guesses_without_end_has_to_wait_and_the_kiosk_never(
    node: Node, method: str, path: str, rate: Rate
) -> None:
    app = create_app(node)
    client, kiosk = app.test_client(), app.test_client()

    def asked(address: str) -> int:
        from_there = {"REMOTE_ADDR": address}
        return client.open(
            path, method=method, headers=HERE, environ_overrides=from_there
        ).status_code

    codes = [asked("192.168.1.50") for _ in range(rate.address)]
    assert 429 not in codes
    # Some more are due meanwhile, as slowly as this machine may answer.
    assert 429 in (asked("192.168.1.50") for _ in range(5 * rate.address))
    assert asked("192.168.2.50") != 429
    told = [kiosk.open(path, method=method).status_code for _ in range(rate.address + 1)]
    assert 429 not in told


def test_who_chooses_six_words_by_touch_has_to_wait_for_what_they_open_alone(node: Node) -> None:
    client = phone(node)

    def touched(**said: str) -> int:
        return client.post("/receipt", data=said, headers=HERE).status_code

    three, six = "くしゃみ にっこう たいほ", "くしゃみ にっこう たいほ せけん ひんけつ ろうご"
    touches = [touched(words=three, kana="か") for _ in range(2 * FORMS.address)]
    assert set(touches) == {200}
    assert touched(words=three, word="せけん") == 200
    assert 429 in (touched(words=six) for _ in range(5 * FORMS.address))
    assert touched(words=three, word="せけん") == 200


def test_one_phone_takes_large_files_along_a_few_times(node: Node) -> None:
    client = phone(node)
    (link,) = re.findall(r'href="(/carry/all/[^"]+)"', client.get("/carry", headers=HERE).text)
    codes = [client.get(link, headers=HERE).status_code for _ in range(FILES_TAKEN.address + 1)]
    assert codes == [200] * FILES_TAKEN.address + [429]


def test_an_old_browser_that_says_only_where_its_form_was_is_believed_no_further(
    node: Node,
) -> None:
    """Captive portals' little windows say nothing of Sec-Fetch; all say Origin or Referer."""
    client = phone(node)
    theirs = {"Referer": "http://192.168.1.20.evil.example/boards/event/new"}
    assert client.post("/boards/event/new", data=POST, headers=HERE | theirs).status_code == 403
    ours = {"Referer": "http://192.168.1.20/boards/event/new"}
    assert client.post("/boards/event/new", data=POST, headers=HERE | ours).status_code == 303


AWAY = (
    *("//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example"),
    *("javascript:alert(1)", "/%0d%0aSet-Cookie:%20a=b", "/\r\nSet-Cookie: a=b", "/\u2028x"),
    *("\\\\evil.example", "/\x00"),
)


@pytest.mark.parametrize("away", AWAY)
def test_nothing_that_is_asked_leads_elsewhere_or_adds_a_header(doors: Doors, away: str) -> None:
    for page in ("/looks/size?to=large&next=", "/sign-in?next=", "/boards/event?section="):
        asked = (page + quote(away, safe="")).encode()
        said = doors.says(b"GET " + asked + END)
        head = said.partition(b"\r\n\r\n")[0]
        assert head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 303")), head
        assert b"a=b" not in head.replace(b"%20a=b", b"")
        for place in re.findall(rb"(?im)^location: *(.*?)\r?$", head):
            assert re.fullmatch(rb"/(?![/\\]).*|/", place), place


POSTING = b"POST /boards/event/new HTTP/1.1\r\nHost: 127.0.0.1\r\n"
ASKING = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        POSTING + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabc",
        POSTING + b"Content-Length: +3\r\n\r\nabc",
        POSTING + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        POSTING + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        ASKING + b"A: b\r\n folded\r\n\r\n",
        ASKING + b"A\x00: b\r\n\r\n",
        ASKING.replace(b"1.1\r", b"9.9\r", 1) + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_could_be_read_in_two_ways_is_read_in_none(doors: Doors, raw: bytes) -> None:
    said = doors.says(raw)
    assert not said or said.startswith(b"HTTP/1.1 400")


def test_behind_a_body_without_a_length_no_second_request_is_found(doors: Doors) -> None:
    said = doors.says(
        b"POST /sync HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked"
        b"\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    )
    assert said.startswith(b"HTTP/1.1 411")
    assert said.count(b"HTTP/1.1 ") == 1


def test_two_names_are_none(doors: Doors) -> None:
    said = doors.says(
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    )
    assert said.startswith(b"HTTP/1.1 421")


WAYS = (
    *("/{}", "/static/..%2f{}", "/static/%2e%2e/{}", "/static/%252e%252e%252f{}", "//{}"),
    *("/static/{}%00.css", "/carry/all/..%2f..%2f{}", "/carry/../{}", "/static/..%c0%af{}"),
    *("/static/..%5c{}", "/records/%2e%2e%2f{}", "http://127.0.0.1/../{}", "/static/..;/{}"),
)


@pytest.mark.parametrize("way", WAYS)
def test_no_way_of_writing_it_leads_to_a_file(doors: Doors, way: str) -> None:
    for file in (KEY_FILE, SETTINGS_FILE, "etc/passwd"):
        asked = way.format(file).encode()
        said = doors.says(b"GET " + asked + END)
        assert said.startswith((b"HTTP/1.1 404", b"HTTP/1.1 308")), said[:100]
        assert b"PRIVATE KEY" not in said
        assert b"root:" not in said


@pytest.mark.parametrize(
    "method", ["TRACE", "CONNECT", "PUT", "PATCH", "DELETE", "PROPFIND", "GETX"]
)
def test_no_other_method_does_anything(doors: Doors, method: str) -> None:
    said = doors.says(
        f"{method} /boards/event/new HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "X-HTTP-Method-Override: POST\r\nCookie: secret=1\r\nConnection: close\r\n\r\n".encode()
    )
    assert said.startswith((b"HTTP/1.1 405", b"HTTP/1.1 400", b"HTTP/1.1 404")), said[:200]
    assert b"secret=1" not in said


def upload(name: str, content: bytes, *, boundary: str = "b", type_: str = "image/png") -> bytes:
    return (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: {type_}\r\n\r\n".encode()
        + content
        + f"\r\n--{boundary}--\r\n".encode()
    )


def test_what_a_file_calls_itself_changes_nothing(node: Node) -> None:
    def held() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in node.settings.folder.glob("*.[tk]*")}

    before, app = held(), create_app(node)
    for number, (name, content) in enumerate(product(NAMED, HELD)):
        answer = app.test_client().post(
            "/carry",
            data=upload(name, content),
            content_type="multipart/form-data; boundary=b",
            environ_overrides={"REMOTE_ADDR": f"10.0.{number}.1"},
        )
        assert answer.status_code == 422
    assert held() == before


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"--b\r\n\r\n" * 20_000, "multipart/form-data; boundary=b"),
        (upload("x", b"y", boundary="z" * 60_000), "multipart/form-data; boundary=" + "z" * 60_000),
        (b"--b\r\n" + b"A: b\r\n" * 50_000 + b"\r\n\r\n--b--", "multipart/form-data; boundary=b"),
        (upload("x", b"y"), "multipart/form-data"),
        (b"a=b&" * 50_000, "application/x-www-form-urlencoded"),
        (b"%ff%fe=%00&" * 100, "application/x-www-form-urlencoded; charset=utf-7"),
        (b"", "multipart/form-data; boundary="),
    ],
)  # fmt: skip
def test_a_form_of_many_parts_or_odd_bounds_is_refused_or_read(
    node: Node, body: bytes, kind: str
) -> None:
    client = create_app(node).test_client()
    for page in ("/carry", "/boards/event/new", "/people"):
        answer = client.post(page, data=body, content_type=kind)
        assert answer.status_code in {303, 400, 403, 413, 422}
    assert titles(node) == []


@pytest.mark.parametrize("path", ["/", "/status", "/boards/event/new"])
def test_cookies_that_nobody_can_read_are_no_fault_and_the_others_are_read(
    node: Node, path: str
) -> None:
    client = create_app(node).test_client(use_cookies=False)
    cookies = {"HTTP_COOKIE": "other=\x80\xff; theme=night; more=\xe3\x81\x82"}
    page = client.get(path, environ_overrides=cookies)
    assert page.status_code == 200
    assert "theme-night" in page.text
    assert "theme-night" not in client.get(path).text


@pytest.mark.parametrize("end", ["\n", "\r\n", "\x0b", "\x00", "\x85"])
def test_no_line_ends_within_the_address_a_page_leads_on_to(node: Node, end: str) -> None:
    client = create_app(node).test_client()
    answer = client.get("/boards//event", environ_overrides={"QUERY_STRING": f"past=1{end}X: y"})
    assert answer.status_code == 308
    assert answer.headers["Location"].startswith("http://localhost/boards/event?past=1%")
    assert answer.headers.get("X") is None
