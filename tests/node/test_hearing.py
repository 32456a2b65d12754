"""What one machine learns of the others: who never had a line, and who holds back what it has."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.app import create_app
from hub.hub import open_hub
from node.carrying.file import take_in
from node.carrying.phone import Phones
from node.carrying.stick import visit
from node.node import Node, open_node
from node.notebook import Notebook
from node.others import Machine, others
from node.saying import Saying
from node.status import in_words, status
from provisioning.town import Plan, make_machines
from sync.carrier import pack
from sync.entry import Quality
from sync.lacking import held_registers
from sync.letters import fingerprint
from sync.machine import clock
from sync.machine.clock import Moment
from sync.machine.settings import NOTEBOOK_FILE, Part
from tests.node.builders import TOWN, Village, again, certificates, meet, post_event, titles
from tests.node.serving import served, syncing
from tests.patience import until

WEEK = timedelta(days=7)


class Calendar:
    """The clock of every machine here; it goes on, and can be moved."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self.quality = Quality.TRUSTED

    def now(self) -> Moment:
        return Moment(datetime.now(UTC) + self.ahead, self.quality)


@pytest.fixture
def calendar(monkeypatch: pytest.MonkeyPatch) -> Calendar:
    calendar = Calendar()
    monkeypatch.setattr(clock, "now", calendar.now)
    return calendar


@pytest.fixture
def village(tmp_path: Path) -> Village:
    return Village(tmp_path)


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def sync_until_equal(*nodes: Node) -> None:
    """As `kairan-sync` does, until each has its hub's word for all it holds."""
    with syncing(*nodes):
        until(lambda: all(_is_equal(node) for node in nodes))


def _is_equal(node: Node) -> bool:
    noted = Notebook(node.settings.folder / NOTEBOOK_FILE).neighbours()
    entries = str(sum(item.held.number for item in node.ledger.lanes()))
    before = _TRIED.get(node.settings.folder, "")
    return any(each.synced > before and each.held == entries for each in noted)


_TRIED: dict[Path, str] = {}


def forget_when(node: Node) -> None:
    """What was equal before counts no more."""
    noted = Notebook(node.settings.folder / NOTEBOOK_FILE).neighbours()
    _TRIED[node.settings.folder] = noted[0].synced if noted else ""


def seen(node: Node, name: str) -> Machine:
    (machine,) = [machine for machine in others(node) if machine.name == name]
    return machine


def words(node: Node) -> str:
    return in_words(status(node), {name: b.label for name, b in node.boards.items()}, clock.now())


@pytest.fixture
def a_week_withheld(
    village: Village, tmp_path: Path, calendar: Calendar
) -> Iterator[tuple[Node, Node]]:
    """A hub that takes all that 上郷 posts, and for a week hands none of it to 役場."""
    folder, copy = village.make("ハブ", Part.HUB), tmp_path / "copy"
    shutil.copytree(folder, copy)  # with the same key: what one signs, the other has signed
    with (
        served(create_app(open_hub(folder))) as address,
        served(create_app(open_hub(copy))) as false_address,
    ):
        nodes = (
            village.node("上郷", hub=address, offer_seconds=1),
            village.office("役場", hub=false_address, offer_seconds=1),
        )
        sync_until_equal(*nodes)
        for n in range(5):
            post_event(nodes[0], title=f"{n}日目")
        sync_until_equal(nodes[0])
        calendar.ahead += WEEK
        for node in nodes:
            forget_when(node)
        assert Saying(nodes[0]).look()
        sync_until_equal(nodes[1])
        yield nodes


def test_a_hub_that_withholds_a_week_is_noticed_as_soon_as_a_stick_passes_it_by(
    a_week_withheld: tuple[Node, Node], stick: Path
) -> None:
    kamigo, office = a_week_withheld
    assert titles(office) == []
    assert seen(office, "ハブ").equal is not None  # it signed that it had no more
    assert visit(kamigo, stick).well
    assert visit(office, stick).well
    assert len(titles(office)) == 5
    (back,) = seen(office, "上郷").held_back
    assert (back.name, back.entries, back.certain) == ("ハブ", 5, True)
    assert "「上郷」の記録5件を、「ハブ」は受け取ったのに" in words(office)
    assert "USBメモリーで運んでください" in words(office)
    told = status(office).as_json()["others"]
    assert isinstance(told, list)
    (machine,) = [machine for machine in told if machine["name"] == "上郷"]
    assert [dict(each) for each in machine["held_back"]] == [
        {"name": "ハブ", "entries": 5, "certain": True}
    ]
    assert seen(again(office), "上郷").held_back == (back,)


def test_where_clocks_are_no_good_it_is_told_with_that_doubt(
    a_week_withheld: tuple[Node, Node], stick: Path, calendar: Calendar
) -> None:
    kamigo, office = a_week_withheld
    calendar.quality = Quality.UNKNOWN
    calendar.ahead += WEEK
    forget_when(office)
    sync_until_equal(office)
    visit(kamigo, stick)
    visit(office, stick)
    (back,) = seen(office, "上郷").held_back
    assert not back.certain
    assert "行きちがいかもしれない" in words(office)
    assert "日時未確認" in words(office)


def test_a_word_without_its_posts_shows_who_holds_them_back_whatever_clocks_say(
    a_week_withheld: tuple[Node, Node], calendar: Calendar
) -> None:
    kamigo, office = a_week_withheld
    calendar.quality = Quality.UNKNOWN
    registers = held_registers(kamigo.ledger, [TOWN])
    file = pack(
        [*certificates(kamigo).statements, *registers],
        [],
        writer=kamigo.identity.public,
        towns=[TOWN],
        written=clock.now().written,
    )
    take_in(office, b"".join(file), source="carrier")
    assert seen(office, "上郷").lacking == 5
    assert "あと5件、まだここに届いていません" in words(office)
    calendar.ahead += timedelta(minutes=1)
    forget_when(office)
    sync_until_equal(office)
    (back,) = seen(office, "上郷").held_back
    assert (back.name, back.entries, back.certain) == ("ハブ", 5, True)


def test_an_honest_hub_that_was_not_asked_since_is_not_suspected(
    village: Village, stick: Path, calendar: Calendar
) -> None:
    hub = open_hub(village.make("ハブ", Part.HUB))
    with served(create_app(hub)) as address:
        kamigo = village.node("上郷", hub=address, offer_seconds=1)
        office = village.office("役場", hub=address, offer_seconds=1)
        sync_until_equal(kamigo, office)
        calendar.ahead += timedelta(days=1)
        post_event(kamigo)
        forget_when(kamigo)
        sync_until_equal(kamigo)
        Saying(kamigo).look()
        visit(kamigo, stick)
        visit(office, stick)
        assert seen(office, "上郷").held_back == ()
        forget_when(office)
        calendar.ahead += timedelta(days=1)
        sync_until_equal(office)
    assert seen(office, "上郷").held_back == ()
    assert seen(office, "上郷").lacking == 0
    assert seen(office, "ハブ").equal is not None


def test_the_office_sees_a_machine_that_never_had_a_line(
    village: Village, stick: Path, calendar: Calendar
) -> None:
    far, office = village.node("奥郷"), village.office()
    post_event(far)
    Saying(far).look()
    visit(far, stick)
    calendar.ahead += timedelta(days=2)
    visit(office, stick)
    word = seen(office, "奥郷").word
    assert word is not None
    assert (word.source, word.own, word.records, word.said.sure) == ("carrier", 1, 1, True)
    assert "（2日前）の知らせが、USBメモリーで届きました" in words(office)
    calendar.ahead += timedelta(days=2)
    assert "4日のあいだ知らせが来ていない" in words(office)


def test_its_word_comes_by_phone_and_over_a_hub_too(village: Village, calendar: Calendar) -> None:
    hub = open_hub(village.make("ハブ", Part.HUB))
    with served(create_app(hub)) as address:
        far = village.node("奥郷")
        kamigo = village.node("上郷", hub=address, offer_seconds=1)
        office = village.office("役場", hub=address, offer_seconds=1)
        sync_until_equal(kamigo, office)
        Saying(far).look()
        Phones(kamigo).take(Phones(far).everything().content)
        heard = seen(kamigo, "奥郷").word
        assert heard is not None
        assert heard.source == "phone"
        with syncing(kamigo, office):
            until(lambda: any(machine.name == "奥郷" for machine in others(office)))
            until(lambda: seen(office, "奥郷").word)
    word = seen(office, "奥郷").word
    assert word is not None
    assert word.source == "ハブ"
    assert "「ハブ」から届きました" in words(office)


def test_a_date_by_a_clock_that_nobody_set_is_shown_as_unconfirmed(
    village: Village, stick: Path, calendar: Calendar
) -> None:
    far, office = village.node("奥郷"), village.office()
    calendar.quality = Quality.UNKNOWN
    calendar.ahead = datetime(1970, 1, 2, tzinfo=UTC) - datetime.now(UTC)
    Saying(far).look()
    visit(far, stick)
    calendar.ahead, calendar.quality = timedelta(), Quality.TRUSTED
    visit(office, stick)
    assert "日時未確認（ここに来たのは" in words(office)
    assert "1970" not in words(office)


def test_what_the_other_has_not_signed_for_is_counted(village: Village, calendar: Calendar) -> None:
    hub = open_hub(village.make("ハブ", Part.HUB))
    with served(create_app(hub)) as address:
        node = village.node("上郷", hub=address, offer_seconds=600)
        sync_until_equal(node)
    assert "そろっています" in words(node)
    post_event(node)
    post_event(node, title="二つめ")
    assert "そのあとの2件は、相手に届いたしるしがまだありません" in words(node)
    assert "そろっています" not in words(node)


def test_machines_of_one_name_are_told_apart_by_their_fingerprints(village: Village) -> None:
    office, old = village.office(), village.node("上郷")
    folder = village.folder / "instead"
    make_machines(village.town, [Plan(folder=folder, name="上郷", part=Part.NODE)])
    new = open_node(folder)
    meet(old, office)
    meet(new, office)
    assert {machine.name for machine in others(office)} == {
        f"上郷（指紋 {fingerprint(node.identity.public)}）" for node in (old, new)
    }
    assert f"上郷（指紋 {fingerprint(old.identity.public)}）" in {m.name for m in others(new)}
