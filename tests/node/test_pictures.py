"""Pictures travel last and with their post: to other machines, out of sight, and away for good."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from hub.hub import open_hub
from node.boards import BOARDS
from node.boards.declaration import PICTURES
from node.carrying.phone import Phones
from node.carrying.stick import visit
from node.erasing import erase, follow_up
from node.node import SOFTWARE, Change, Node
from node.people import begin
from node.pictures.darkroom import Darkroom
from node.pictures.jpeg import size_of
from node.pictures.picture import (
    PART_BYTES_MAX,
    PICTURE_BYTES_MAX,
    PICTURES_MAX,
    WORDS_CHARACTERS_MAX,
    Picture,
    joined,
    parts,
    pictures_in,
)
from node.post import Post, PostState
from node.retaining import retain
from sync import cbor
from sync.entry import Quality
from sync.errors import Malformed
from sync.lane import Class
from sync.machine.clock import Moment
from sync.machine.exchanging import converse
from sync.machine.obeying import Obeying
from sync.machine.responding import respond
from sync.machine.settings import Part
from sync.packs import due
from sync.writing import Draft
from tests.kiosk_ui.snapshots import noisy, photo
from tests.node.builders import (
    CHOIR,
    Village,
    bring,
    emptied,
    meet,
    post_event,
    written_by,
)
from tests.node.test_retaining import OVER, Here
from tests.raw import files_with
from tests.sync.test_vectors import bytes_of, load, stored_in
from tests.vectors.kit import notation
from tests.vectors.make import FOLDER


@pytest.fixture(scope="module")
def large() -> tuple[Picture, bytes]:
    """As many bytes as a picture has at the most, about."""
    picture, content = Darkroom().develop(noisy(), "雪の朝")
    assert PICTURE_BYTES_MAX * 3 // 4 < picture.length <= PICTURE_BYTES_MAX
    return picture, content


@pytest.fixture
def village(tmp_path: Path) -> Village:
    return Village(tmp_path / "town")


def post_with(node: Node, shown: tuple[Picture, bytes], **fields: object) -> Post:
    picture, content = shown
    return node.add(
        BOARDS["event"], {**CHOIR, PICTURES: [picture.item], **fields}, pictures=[content]
    )


def held(node: Node, post: Post) -> list[bytes | None]:
    """The pictures of the post, as that machine has them."""
    there = node.post(post.address)
    assert there is not None
    stored = node.ledger.record(there.id)
    return [joined(stored, picture) for picture in pictures_in(there.fields)]


def parts_at(node: Node) -> int:
    lanes = [item for item in node.ledger.lanes() if item.lane.class_ is Class.PICTURE]
    return sum(item.held.number for item in lanes)


def tidy(node: Node) -> None:
    """What `kairan sync` does after a change."""
    assert node.database.empty_log()
    obeying = Obeying(node.ledger, node.identity, [node.settings.town], node.settings.folder)
    assert obeying.say(node.ledger.version())


def test_a_picture_crosses_from_machine_to_machine(
    village: Village, large: tuple[Picture, bytes]
) -> None:
    here, office, there = village.node("上郷"), village.office(), village.node("下郷")
    post = post_with(here, large)
    meet(here, office)
    meet(there, office)
    assert held(here, post) == held(office, post) == held(there, post) == [large[1]]


def test_a_hub_hands_pictures_on_though_it_knows_no_boards(
    village: Village, large: tuple[Picture, bytes]
) -> None:
    hub = open_hub(village.make("hub", Part.HUB))
    here, there = village.node("上郷"), village.node("下郷")
    post = post_with(here, large)
    for node in (here, there):
        converse(
            node.ledger,
            lambda offer: respond(hub.ledger, offer, me=hub.identity, software=SOFTWARE),
            me=node.identity,
            to=hub.identity.public,
            software=SOFTWARE,
        )
    assert held(there, post) == [large[1]]


def test_an_alert_overtakes_pictures_that_are_under_way(
    village: Village, large: tuple[Picture, bytes]
) -> None:
    office, there = village.office(), village.node("下郷")
    for number in range(2):
        post_with(office, large, title=f"雪まつり{number}")
    post = post_event(office, title="そのあとの知らせ")
    told: list[tuple[int, int, bool]] = []  # parts, events, and whether the alert is there

    def road(offer: bytes) -> bytes:
        alerts = [i for i in there.ledger.lanes() if i.lane.class_ is Class.ALERT]
        events = len(there.posts(BOARDS["event"]))
        told.append((parts_at(there), events, bool(alerts)))
        if parts_at(there) and not any(alert for *_, alert in told) and len(told) < 8:
            warn(office)
        return respond(
            office.ledger, offer, me=office.identity, software=SOFTWARE, budget_bytes=20_000
        )

    converse(
        there.ledger,
        road,
        me=there.identity,
        to=office.identity.public,
        software=SOFTWARE,
        budget_bytes=20_000,
    )
    in_all = parts_at(office)
    assert parts_at(there) == in_all == 2 * -(-large[0].length // PART_BYTES_MAX)
    assert all(events == 3 for count, events, _ in told if count), "news comes before pictures"
    begun = next(count for count, *_ in told if count)
    warned = next(count for count, _, alert in told if alert)
    assert warned <= begun + 2, "the next message bore it, and little else"
    assert there.post(post.address) is not None


def warn(office: Node) -> None:
    board = BOARDS["disaster"]
    fields = {"title": "大雨警報", "issued": "2026-11-22T07:00:00+09:00", "state": "issued"}
    office.write([Change(board=board, fields=fields)], identity=office.identity)


def test_a_line_that_breaks_goes_on_behind_the_last_part(
    village: Village, large: tuple[Picture, bytes]
) -> None:
    office, there = village.office(), village.node("下郷")
    post = post_with(office, large)
    rounds = 0

    class Broken(Exception):
        pass

    def road(offer: bytes) -> bytes:
        nonlocal rounds
        rounds += 1
        if rounds % 4 == 0:
            raise Broken
        return respond(
            office.ledger, offer, me=office.identity, software=SOFTWARE, budget_bytes=1_000
        )

    reached = [0]
    while held_there(there, post) != [large[1]]:
        try:
            converse(
                there.ledger,
                road,
                me=there.identity,
                to=office.identity.public,
                software=SOFTWARE,
                budget_bytes=1_000,
            )
        except Broken:
            assert parts_at(there) >= reached[-1]
            reached.append(parts_at(there))
    assert len(reached) > 2


def held_there(node: Node, post: Post) -> list[bytes | None]:
    return held(node, post) if node.post(post.address) else []


def test_a_stick_and_a_phone_bear_pictures_too(
    village: Village, large: tuple[Picture, bytes], tmp_path: Path
) -> None:
    here, by_stick, by_phone = (village.node(name) for name in ("上郷", "下郷", "奥郷"))
    post = post_with(here, large)
    stick = tmp_path / "stick"
    stick.mkdir()
    visit(here, stick)
    visit(by_stick, stick)
    Phones(by_phone).take(Phones(here).everything().content)
    assert held(by_stick, post) == held(by_phone, post) == [large[1]]


def test_without_its_last_part_a_picture_is_not_there_yet(
    village: Village, large: tuple[Picture, bytes]
) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    meet(here, there)
    posts: list[Post] = []
    *runs, last = written_by(here, lambda: posts.append(post_with(here, large)))
    bring(there, runs)
    assert held(there, posts[0]) == [None]
    bring(there, [emptied(last)])
    assert held(there, posts[0]) == [None]
    assert any(item.held.holes for item in there.ledger.lanes()), "asked for like any hole"
    meet(here, there)
    assert held(there, posts[0]) == [large[1]]


def test_a_post_and_its_pictures_are_written_together_or_not_at_all(
    village: Village, large: tuple[Picture, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = village.node("上郷")
    whole: Callable[[str, bytes], Iterator[Draft]] = parts

    def breaking(board: str, content: bytes) -> Iterator[Draft]:
        written = whole(board, content)
        yield next(written)
        raise OSError(28, "no space left on device")

    monkeypatch.setattr("node.node.parts", breaking)
    with pytest.raises(OSError, match="no space"):
        post_with(here, large)
    assert here.posts(BOARDS["event"]) == []
    assert parts_at(here) == 0
    monkeypatch.undo()
    assert held(here, post_with(here, large)) == [large[1]]


def test_what_is_erased_is_erased_with_its_pictures_also_where_it_was_off(
    village: Village, large: tuple[Picture, bytes], tmp_path: Path
) -> None:
    here, office, off = village.node("上郷"), village.office(), village.node("下郷")
    staff = begin(office, "佐藤")
    stick = tmp_path / "stick"
    stick.mkdir()
    post = post_with(here, large)
    meet(here, office)
    meet(off, office)
    visit(here, stick)
    sought = [large[1][at : at + 48] for at in (700, 20_000, large[0].length - 60)]
    for part in sought:
        for folder in (node.settings.folder for node in (here, office, off)):
            assert files_with(folder, part), "else looking for it shows nothing"
        assert files_with(stick, part)
    there = office.post(post.address)
    assert there is not None
    erase(office, [there], "asked", by=staff)
    meet(here, office)
    for node in (here, office):
        tidy(node)
    visit(here, stick)
    meet(off, office)  # it is on again
    tidy(off)
    for node in (here, office, off):
        found = node.post(post.address)
        assert found is not None
        assert found.state is PostState.ERASED
        for part in sought:
            assert files_with(node.settings.folder, part) == []
    for part in sought:
        assert files_with(stick, part) == []


def test_a_picture_that_comes_after_its_post_was_erased_goes_when_it_comes(
    village: Village, large: tuple[Picture, bytes]
) -> None:
    here, office = village.node("上郷"), village.office()
    staff = begin(office, "佐藤")
    meet(here, office)
    posts: list[Post] = []
    runs = written_by(here, lambda: posts.append(post_with(here, large)))
    bring(office, [run for run in runs if run.lane.class_ is Class.BOARD])
    there = office.post(posts[0].address)
    assert there is not None
    erase(office, [there], "asked", by=staff)
    meet(here, office)
    assert follow_up(office)
    meet(here, office)
    for node in (here, office):
        tidy(node)
        assert files_with(node.settings.folder, large[1][20_000:20_048]) == []


def test_when_its_time_is_over_a_post_goes_with_its_pictures(
    village: Village, large: tuple[Picture, bytes]
) -> None:
    here = Here(village)
    post = post_with(here.node, large)
    meet(here.node, here.office)
    here.passes(OVER)
    late = OVER + timedelta(days=366)
    here.says(late)
    assert retain(here.office, Moment(late, Quality.TRUSTED)) == 1
    meet(here.node, here.office)
    for node in (here.node, here.office):
        tidy(node)
        assert here.state(post) is PostState.ERASED
        assert files_with(node.settings.folder, large[1][20_000:20_048]) == []


@dataclass(frozen=True)
class _Lie:
    """What a machine that isn't what it should be puts in the place of a picture."""

    content: bytes

    @property
    def shown(self) -> tuple[Picture, bytes]:
        digest = sha256(self.content).digest()
        claimed = Picture(digest=digest, length=len(self.content), width=300, height=200, words="")
        return claimed, self.content


def test_what_a_bad_machine_calls_a_picture_is_shown_to_nobody(village: Village) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    plain = Darkroom().develop(photo(300, 200), "")[1]
    for lie in (
        photo(300, 200),  # with the place where it was taken
        plain + b"<script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        plain[:-2],
        plain[:-2] + plain,  # a second one behind the first
        plain.replace((200).to_bytes(2) + (300).to_bytes(2), (900).to_bytes(2) * 2, 1),
        progressive(),
    ):
        post = post_with(here, _Lie(lie).shown)
        meet(here, there)
        assert held(there, post) == [None]
        try:
            assert size_of(lie) != (300, 200)
        except Malformed:
            continue
    post = post_with(here, _Lie(plain).shown)
    meet(here, there)
    assert held(there, post) == [plain]


def progressive() -> bytes:
    written = BytesIO()
    Image.new("RGB", (300, 200), "red").save(written, "JPEG", progressive=True)
    return written.getvalue()


@pytest.mark.parametrize(
    "named",
    [
        None,
        "写真",
        [None, 1, "a"],
        [[b"x" * 32, 1, 1, 1]],
        [[b"x" * 31, 1, 1, 1, ""]],
        [[b"x" * 32, PICTURE_BYTES_MAX + 1, 1, 1, ""]],
        [[b"x" * 32, True, 1, 1, ""]],
        [[b"x" * 32, 1, 0, 1, ""]],
        [[b"x" * 32, 1, 1, 1_281, ""]],
        [[b"x" * 32, 1, 1, 1, "あ" * (WORDS_CHARACTERS_MAX + 1)]],
    ],
)
def test_what_names_no_picture_as_it_should_is_passed_over(named: object) -> None:
    assert pictures_in({PICTURES: named}) == []


def test_of_many_pictures_the_first_three_are_looked_at() -> None:
    many = [[bytes([n]) * 32, 1, 1, 1, ""] for n in range(9)]
    assert [picture.digest[0] for picture in pictures_in({PICTURES: many})] == [0, 1, 2]
    assert PICTURES_MAX == 3


def test_pictures_are_not_packed_a_second_time(
    village: Village, large: tuple[Picture, bytes]
) -> None:
    here = village.node("上郷")
    for number in range(3):
        post_with(here, large, title=f"{number}")
    for number in range(300):
        post_event(here, title=f"行事{number}")
    found = due(here.ledger)
    assert found is not None
    assert {bundle.lane.class_ for bundle in found.bundles(here.ledger)} == {Class.BOARD}


EXAMPLES = load(FOLDER / "rules" / "12-pictures.json")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_an_example_beside_the_spec_is_shown_as_it_says(example: dict[str, Any]) -> None:
    content, given = bytes_of(example["hex"]), example["given"]
    if example["kind"] == "pictures":
        value = cbor.decode(content, bytes_max=len(content))
        named = [notation(each.item) for each in pictures_in({PICTURES: value})]
        assert {"pictures": named} == example["expect"]
        return
    picture = Picture(
        digest=bytes.fromhex(given["digest"]),
        length=given["length"],
        width=given["width"],
        height=given["height"],
        words="",
    )
    shown = joined(stored_in(content, {}), picture)
    digest = sha256(shown).hexdigest() if shown is not None else None
    assert {"shown": digest} == example["expect"]
