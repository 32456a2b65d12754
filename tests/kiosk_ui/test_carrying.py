"""The pages of those who carry: what they take along, what they hand over, what they may not."""

import io
import re
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse
from zstandard import ZstdCompressor

from kiosk_ui import carrying
from kiosk_ui.allowances import FILES_BROUGHT
from kiosk_ui.app import create_app
from node.carrying.phone import PHONE_BYTES_MAX, TAKE_SECONDS_MAX, Phones
from node.carrying.stick import visit
from node.node import Node, open_node
from provisioning.town import Plan, make_machines, open_town
from sync import cbor
from sync.carrier import MARK, Reading, unpack
from sync.limits import MESSAGE_BYTES_MAX
from sync.machine import clock
from sync.machine.settings import Part
from tests.kiosk_ui.town import EVENT, NOW, Town, make_town
from tests.node.builders import OTHER_TOWN, OTHER_TOWN_NAME, Village, post_event

PHONE = "http://192.168.1.20"


@pytest.fixture
def town(tmp_path: Path) -> Town:
    made = make_town(tmp_path / "town")
    made.post("event", **EVENT)
    return made


@pytest.fixture
def far(town: Town, tmp_path: Path) -> Node:
    """A centre that no line reaches."""
    return another(tmp_path, "奥郷公民館")


def another(tmp_path: Path, name: str) -> Node:
    authority = open_town(tmp_path / "town" / "authority", code="990019", name="霧沢町")
    make_machines(authority, [Plan(folder=tmp_path / name, name=name, part=Part.NODE)])
    return open_node(tmp_path / name)


def phone(node: Node) -> FlaskClient:
    return create_app(node, now=lambda: NOW).test_client()


def page(client: FlaskClient, path: str) -> str:
    return client.get(path, base_url=PHONE).text


def taken_along(client: FlaskClient, which: str = "all") -> TestResponse:
    link = re.search(rf'href="(/carry/{which}/[^"]+)"', page(client, "/carry"))
    assert link
    return client.get(link[1], base_url=PHONE)


def hand_over(client: FlaskClient, content: bytes, token: str = "") -> TestResponse:
    def part(name: str, value: bytes) -> bytes:
        about = f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        return about.encode() + value + b"\r\n"

    body = part("token", token.encode()) + part('file"; filename="kairan.kairan', content)
    kind = "multipart/form-data; boundary=edge"
    return client.post("/carry", data=body + b"--edge--\r\n", content_type=kind, base_url=PHONE)


def thanked(client: FlaskClient, response: TestResponse) -> str:
    assert response.status_code == 303, response.text
    return page(client, response.headers["Location"])


def test_a_phone_carries_the_boards_to_a_centre_that_no_line_reaches(town: Town, far: Node) -> None:
    here, there = phone(town.kamigo), phone(far)
    taken = taken_along(here)
    assert re.fullmatch(
        r'attachment; filename="kairan-[0-9a-f]{16}-1-[0-9]{8}\.kairan"',
        taken.headers["Content-Disposition"],
    )
    said = thanked(there, hand_over(there, taken.data))
    assert "ありがとうございました" in said
    assert "新しいお知らせや変更を1件受け取りました。" in said
    assert "もちつき大会" in said
    assert "もちつき大会" in page(there, "/boards/event")


def test_whoever_reads_no_japanese_is_told_in_their_own_language_what_came_of_it(
    town: Town, far: Node
) -> None:
    there = phone(far)
    there.get("/looks/language?to=en&next=/", base_url=PHONE)
    content = taken_along(phone(town.kamigo)).data
    assert "We received 1 new notices or changes." in thanked(there, hand_over(there, content))
    assert "That was not a Kairan file." in hand_over(there, b"something else").text


def test_the_way_back_says_that_it_arrived(town: Town, far: Node) -> None:
    here, there = phone(town.kamigo), phone(far)
    hand_over(there, taken_along(here).data)
    said = thanked(here, hand_over(here, taken_along(there).data))
    assert "「奥郷公民館」には、ここのお知らせが全部届いています。" in said
    assert "もう全部ここに届いていました" in said
    town.post("event", **EVENT | {"title": "つぎの会"})
    said = thanked(here, hand_over(here, taken_along(there).data))
    assert "全部届いています" not in said


def test_handed_over_twice_it_is_there_once(town: Town, far: Node) -> None:
    here, there = phone(town.kamigo), phone(far)
    content = taken_along(here).data
    first = hand_over(there, content, token="one")
    again = hand_over(there, content, token="one")
    assert again.headers["Location"] == first.headers["Location"]
    said = thanked(there, hand_over(there, content, token="two"))
    assert "もう全部ここに届いていました" in said


def know_each_other_and_then_one_more(town: Town, here: FlaskClient, there: FlaskClient) -> None:
    """There lies much that both hold, so news alone are smaller."""
    for number in range(30):
        noise = sha256(bytes([number])).hexdigest() * 3
        town.post("event", **EVENT | {"title": f"{number}の会", "bring": noise})
    town.exchange()
    hand_over(there, taken_along(here).data)
    hand_over(here, taken_along(there).data)
    town.post("event", **EVENT | {"title": "さいごの会"})


def test_the_news_alone_is_offered_where_it_is_smaller(town: Town, far: Node) -> None:
    here, there = phone(town.kamigo), phone(far)
    assert "/carry/new/" not in page(here, "/carry"), "of the far one nothing is known"
    know_each_other_and_then_one_more(town, here, there)
    small, whole = taken_along(here, "new").data, taken_along(here).data
    assert len(small) < len(whole) / 2
    assert "1件受け取りました" in thanked(there, hand_over(there, small))
    assert "さいごの会" in page(there, "/boards/event")


def test_news_that_waits_for_what_came_before_is_not_said_to_be_here(
    town: Town, far: Node, tmp_path: Path
) -> None:
    here, there = phone(town.kamigo), phone(far)
    know_each_other_and_then_one_more(town, here, there)
    third = phone(another(tmp_path, "奥々郷公民館"))
    said = thanked(third, hand_over(third, taken_along(here, "new").data))
    assert "もう全部ここに届いていました" not in said
    assert "「お知らせを全部入れる」を押して運んでくださると、出せます。" in said
    assert "32件受け取りました" in thanked(third, hand_over(third, taken_along(here).data))


def test_what_is_offered_is_made_once_for_what_is_held(town: Town) -> None:
    here = phone(town.kamigo)
    first = taken_along(here).data
    assert taken_along(here).data == first
    town.post("event", **EVENT | {"title": "つぎの会"})
    assert taken_along(here).data != first


def test_what_does_not_fit_a_phone_is_cut_and_says_so(
    town: Town, far: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        town.post("event", **EVENT | {"bring": "".join(f"{n**number}" for n in range(30))[:900]})
    monkeypatch.setattr("node.carrying.phone.PHONE_BYTES_MAX", 8_000)
    monkeypatch.setattr("node.carrying.phone._UNPACKED_BYTES_MAX", 64_000)
    file = Phones(town.kamigo).everything()
    assert not file.all_of_it
    assert len(file.content) <= 8_000
    reading = Reading()
    list(unpack(file.content, reading))
    assert reading.whole
    assert "全部は入りきらない" in page(phone(town.kamigo), "/carry")


def test_the_kiosk_shows_the_way_to_the_phone_and_to_the_stick(town: Town) -> None:
    shown = create_app(town.kamigo, now=lambda: NOW).test_client().get("/carry").text
    assert "スマートフォンで見る" in shown
    assert "取り外してよいです" in shown
    assert 'method="post"' not in shown


def test_a_slow_stick_keeps_no_phone_waiting(
    town: Town, far: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = taken_along(phone(town.kamigo)).data
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow" / "a.kairan").write_bytes(content)
    reads, goes_on = Event(), Event()

    def slowly(path: Path, _: int) -> bytes:
        reads.set()
        assert goes_on.wait(60)
        return path.read_bytes()

    monkeypatch.setattr("node.carrying.stick.read_bounded", slowly)
    reader = Thread(target=visit, args=(far, tmp_path / "slow"))
    reader.start()
    try:
        assert reads.wait(60)
        client = phone(far)
        assert "1件受け取りました" in thanked(client, hand_over(client, content))
        assert taken_along(client).status_code == 200
    finally:
        goes_on.set()
        reader.join()


# what is wrong with what is handed over


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xe0 a picture", MARK * 1_000])
def test_what_is_no_file_of_ours_is_refused_with_what_to_do(town: Town, content: bytes) -> None:
    client = phone(town.kamigo)
    answer = hand_over(client, content)
    assert answer.status_code == 422
    assert "選びなおしてください" in answer.text


def test_nothing_chosen_is_said_so(town: Town) -> None:
    client = phone(town.kamigo)
    answer = client.post("/carry", data={}, base_url=PHONE)
    assert answer.status_code == 422
    assert "えらんでください" in answer.text


def test_a_file_of_another_town_is_not_kept(town: Town, tmp_path: Path) -> None:
    theirs = Village(tmp_path / "theirs", OTHER_TOWN, OTHER_TOWN_NAME).node("浜")
    post_event(theirs)
    before = town.kamigo.version()
    client = phone(town.kamigo)
    said = thanked(client, hand_over(client, taken_along(phone(theirs)).data))
    assert "ほかの町のお知らせだったので" in said
    assert town.kamigo.version() == before
    assert town.kamigo.ledger.waiting_count() == 0


def test_a_file_cut_short_is_kept_as_far_as_it_verifies(town: Town, far: Node) -> None:
    content = taken_along(phone(town.kamigo)).data
    client = phone(far)
    said = thanked(client, hand_over(client, content[:-30]))
    assert "1件受け取りましたが、ファイルが途中で切れていた" in said


def test_what_is_too_large_is_refused_unread(town: Town) -> None:
    client = phone(town.kamigo)
    answer = client.post(
        "/carry",
        data=bytes(MESSAGE_BYTES_MAX + 1),
        content_type="multipart/form-data; boundary=b",
        base_url=PHONE,
    )
    assert answer.status_code == 413
    assert "大きすぎて" in answer.text
    assert PHONE_BYTES_MAX + (1 << 16) < MESSAGE_BYTES_MAX, "what we give fits what we take"


def test_strangers_fill_no_place_where_others_wait(town: Town, tmp_path: Path) -> None:
    """Bundles that nobody certified are thrown away: there would soon be no place left."""
    content = taken_along(phone(make_town(tmp_path / "same code").kamigo)).data
    town.post("event", **EVENT)
    client = phone(town.kamigo)
    for _ in range(3):
        hand_over(client, content)
    assert town.kamigo.ledger.waiting_count() == 0


def test_one_address_may_not_keep_the_machine_busy(town: Town) -> None:
    client = phone(town.kamigo)
    codes = [hand_over(client, b"?").status_code for _ in range(FILES_BROUGHT.address + 2)]
    assert codes == [422] * FILES_BROUGHT.address + [429] * 2
    assert "1分ほど待って" in hand_over(client, b"?").text
    other = {"REMOTE_ADDR": "192.168.1.77"}
    answer = client.post("/carry", data={}, base_url=PHONE, environ_base=other)
    assert answer.status_code == 422


def zstd_bomb(size: int) -> bytes:
    """A frame of a few bytes that unpacks to so many."""
    packed = cbor.encode([1, 1, ZstdCompressor(19).compress(bytes(size))])
    return MARK + bytes([2]) + len(packed).to_bytes(4, "big") + packed


def test_a_file_made_to_take_hours_is_put_away_at_once_and_its_bearer_waits(town: Town) -> None:
    client, file = phone(town.kamigo), zstd_bomb(1 << 20) * 10_000
    before = clock.running()
    hand_over(client, file)
    assert clock.running() - before < 2 * TAKE_SECONDS_MAX
    assert hand_over(client, b"?").status_code == 429


def test_one_is_looked_at_after_the_other(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.carrying.phone.WAIT_SECONDS_MAX", 0.01)
    monkeypatch.setattr(carrying, "Phones", lambda node: _busy(Phones(node)))
    answer = hand_over(phone(town.kamigo), b"?")
    assert answer.status_code == 503
    assert "少し待って" in answer.text


def _busy(phones: Phones) -> Phones:
    phones._taking.acquire()
    return phones


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://evil.example"},
        {"Referer": "http://evil.example/page"},
        {"Origin": "null"},
    ],
)
def test_a_form_of_another_site_hands_nothing_over(
    town: Town, far: Node, headers: dict[str, str]
) -> None:
    content = taken_along(phone(town.kamigo)).data
    file = (io.BytesIO(content), "a.kairan")
    answer = phone(far).post("/carry", data={"file": file}, base_url=PHONE, headers=headers)
    assert answer.status_code == 403
    assert "もちつき大会" not in page(phone(far), "/boards/event")
