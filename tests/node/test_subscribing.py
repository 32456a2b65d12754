"""What another town opened, on the boards of one that subscribes to it."""

from pathlib import Path

import pytest

from hub.hub import Hub
from node import retaining
from node.boards import BOARDS
from node.boards.event import EVENT
from node.boards.guide import GUIDE
from node.boards.job import JOB
from node.carrying.file import bring as bring_file
from node.carrying.file import export, take_in
from node.decided import decided
from node.erasing import erase, follow_up, orders
from node.hiding import hidden, hide, lift
from node.node import Change, Node, NotAllowed, edition
from node.own_lane import write_for_subscribers
from node.people import begin
from node.post import Post, PostState
from node.subscribing import (
    Card,
    NotACard,
    NumberDiffers,
    own_card,
    read_card,
    subscribe,
    subscriptions,
    unsubscribe,
)
from sync.about import About
from sync.decision import as_fields
from sync.entry import CHECK_BYTES
from sync.hiding import POST, WRITE_HIDE
from sync.writing import Draft
from tests.hub.test_hub import hub_of_two_towns, reach
from tests.node.builders import (
    CHOIR,
    JOB_FIELDS,
    OTHER_TOWN,
    OTHER_TOWN_NAME,
    TOWN,
    TOWN_NAME,
    Village,
    feed,
    outside,
    post_event,
    table,
    titles,
)
from tests.raw import files_with

SECRET = "町の中だけの話"


class TwoTowns:
    """霧沢町 is to read what 波音町 opens."""

    def __init__(self, folder: Path) -> None:
        self.b = Village(folder / "b")
        self.a = Village(folder / "a", OTHER_TOWN, OTHER_TOWN_NAME)
        self.hub: Hub = hub_of_two_towns(self.b, self.a, folder / "hub")
        self.a_office, self.a_node = self.a.office("波音町役場"), self.a.node("浜公民館")
        self.b_office, self.b_node = self.b.office("霧沢町役場"), self.b.node("上郷公民館")
        post_event(self.a_node, title=SECRET)

    def exchange(self) -> None:
        for _ in range(2):
            for node in (self.a_office, self.a_node, self.b_office, self.b_node):
                assert reach(node, self.hub).synced

    def subscribe(self) -> None:
        card = own_card(self.a_office)
        assert subscribe(self.b_office, card, heard=card.number)
        self.exchange()

    def share(self, **fields: object) -> Post:
        return self.a_node.add(EVENT, {**CHOIR, **fields}, opened=True)


@pytest.fixture
def towns(tmp_path: Path) -> TwoTowns:
    return TwoTowns(tmp_path)


def there(node: Node, post: Post) -> Post:
    found = node.post(post.address)
    assert found is not None
    return found


# what goes again


def test_what_the_office_erases_goes_in_the_other_town_too(towns: TwoTowns) -> None:
    post = towns.share(title="浜のひみつの番号")
    at_home = post_event(towns.a_node, title="浜だけのひみつ")
    towns.subscribe()
    folders = [node.settings.folder for node in (towns.b_office, towns.b_node)]
    assert all(files_with(folder, "浜のひみつの番号") for folder in folders)
    staff = begin(towns.a_office, "浜の職員")
    posts = [there(towns.a_office, each) for each in (post, at_home)]
    written = erase(towns.a_office, posts, "asked", by=staff)
    towns.exchange()
    for node in (towns.a_office, towns.a_node, towns.b_office, towns.b_node):
        assert there(node, post).state is PostState.ERASED
        assert node.database.empty_log()
    assert [files_with(folder, "浜のひみつの番号") for folder in folders] == [[], []]
    assert len(written) == 1
    assert [order.id for order in orders(towns.a_office)] == list(written), "told as one"
    assert [order.entries for order in orders(towns.a_office)] == [2]


def test_what_is_over_goes_in_the_other_town_too(towns: TwoTowns) -> None:
    post = towns.share(title="浜の祭り")
    towns.subscribe()
    retaining._order(towns.a_office, [post.id])
    towns.exchange()
    for node in (towns.a_office, towns.a_node, towns.b_office, towns.b_node):
        assert there(node, post).state is PostState.ERASED


def test_what_came_late_to_it_goes_there_too(towns: TwoTowns) -> None:
    post = towns.share(title="浜の祭り")
    towns.subscribe()
    staff = begin(towns.a_office, "浜の職員")
    erase(towns.a_office, [there(towns.a_office, post)], "asked", by=staff)
    edited = {**post.fields, "title": "浜のひみつの番号"}  # before it hears of that
    towns.a_node.edit(post, edited, seen=edition(post))
    towns.exchange()
    assert follow_up(towns.a_office)
    assert not follow_up(towns.a_office)
    towns.exchange()
    for node in (towns.b_office, towns.b_node):
        assert there(node, post).state is PostState.ERASED
        assert node.database.empty_log()
        assert files_with(node.settings.folder, "浜のひみつの番号") == []


def test_what_is_hidden_is_hidden_in_the_other_town_too_and_shown_again_with_it(
    towns: TwoTowns,
) -> None:
    post = towns.share(title="浜のひみつの番号")
    towns.subscribe()
    keeper = begin(towns.a_node, "浜の館長")
    hide(towns.a_node, post, "personal", by=keeper)
    towns.exchange()
    everywhere = (towns.a_office, towns.a_node, towns.b_office, towns.b_node)
    for node in everywhere:
        assert there(node, post).state is PostState.HIDDEN
        assert there(node, post).fields == {}
        assert [decision.reason for decision, _ in hidden(node)] == ["個人のことが書かれているため"]
        node.rebuild()
        assert there(node, post).state is PostState.HIDDEN
    assert len(decided(towns.a_office)) == 1, "told once"
    file = towns.b_node.settings.folder / "all.kairan"
    export(towns.b_node, file)
    assert "all.kairan" not in files_with(file.parent, "浜のひみつの番号")
    other = begin(towns.b_office, "霧沢の職員")
    with pytest.raises(NotAllowed):  # it is not theirs to show
        lift(towns.b_office, post.address, by=other)
    lift(towns.a_node, post.address, by=keeper)
    towns.exchange()
    for node in everywhere:
        assert there(node, post).state is PostState.SHOWN
        assert hidden(node) == []


def test_what_their_office_hid_their_office_shows_again(towns: TwoTowns) -> None:
    post = towns.share(title="浜の祭り")
    towns.subscribe()
    keeper, staff = begin(towns.a_node, "浜の館長"), begin(towns.a_office, "浜の職員")
    hide(towns.a_node, post, "personal", by=keeper)
    towns.exchange()
    lift(towns.a_office, post.address, by=staff)
    towns.exchange()
    assert there(towns.b_node, post).state is PostState.SHOWN
    hide(towns.a_office, there(towns.a_office, post), "false", by=staff)
    towns.exchange()
    assert there(towns.b_node, post).state is PostState.HIDDEN


def test_what_is_for_the_town_alone_is_hidden_without_a_word_to_others(towns: TwoTowns) -> None:
    towns.share(title="浜の祭り")
    post = post_event(towns.a_node, title="浜の集まり")
    towns.subscribe()
    keeper = begin(towns.a_node, "浜の館長")
    hide(towns.a_node, post, "personal", by=keeper)
    towns.exchange()
    assert [each for each in towns.b_node.views.hidings.all() if each.town == OTHER_TOWN] == []


def test_another_towns_word_hides_nothing_of_ours(towns: TwoTowns) -> None:
    ours = post_event(towns.b_node, title="上郷の祭り")
    towns.subscribe()
    with towns.a_office.ledger.transaction():
        head = towns.b_node.ledger.head_at(*ours.id)
        lane = towns.b_node.ledger.stretch(ours.id.lane)
        assert head is not None
        assert lane is not None
        named = About(lane=lane.lane.id, number=ours.id.number, check=head[:CHECK_BYTES])
        fields = as_fields(POST, named, "うその理由")
        write_for_subscribers(towns.a_office, [Draft(kind=WRITE_HIDE, fields=fields)])
    towns.exchange()
    for node in (towns.b_office, towns.b_node):
        assert len(node.views.hidings.all()) == 1, "else nothing was tried"
        assert there(node, ours).state is PostState.SHOWN


# on the boards


def test_what_is_shared_stands_on_the_boards_of_both_towns(towns: TwoTowns) -> None:
    post = towns.share(title="浜の祭り")
    work = towns.a_node.add(JOB, {**JOB_FIELDS, "title": "在宅の仕事"}, opened=True)
    post_event(towns.b_node, title="上郷の祭り")
    towns.subscribe()
    for node in (towns.b_office, towns.b_node):
        assert sorted(titles(node)) == ["上郷の祭り", "浜の祭り"]
        assert titles(node, "job") == ["在宅の仕事"]
        assert (there(node, post).town, there(node, work).town) == (OTHER_TOWN, OTHER_TOWN)
        assert node.name_of(OTHER_TOWN) == OTHER_TOWN_NAME
        assert node.author_name(there(node, post)) == "浜公民館"
    assert sorted(titles(towns.a_office)) == sorted([SECRET, "浜の祭り"])


def test_its_edits_and_its_removal_are_followed(towns: TwoTowns) -> None:
    post = towns.share(title="浜の祭り")
    towns.subscribe()
    edited = {**post.fields, "title": "浜の大祭り", "state": "cancelled"}
    post = towns.a_node.edit(post, edited, seen=edition(post))
    towns.exchange()
    assert there(towns.b_node, post).text("title") == "浜の大祭り"
    assert there(towns.b_node, post).text("state") == "cancelled"
    removed = there(towns.a_office, post)
    towns.a_office.remove(removed, seen=edition(removed))
    towns.exchange()
    assert there(towns.b_node, post).state is PostState.WITHDRAWN
    assert titles(towns.b_node) == []


def test_unsubscribing_clears_the_boards_of_it(towns: TwoTowns) -> None:
    post = towns.share(title="浜の祭り")
    own = post_event(towns.b_node, title="上郷の祭り")
    before = table(towns.b_node)
    towns.subscribe()
    assert unsubscribe(towns.b_office, OTHER_TOWN)
    assert towns.b_office.post(post.address) is None
    towns.exchange()
    assert towns.b_node.post(post.address) is None
    assert table(towns.b_node) == before
    assert there(towns.b_node, own).state is PostState.SHOWN
    assert not unsubscribe(towns.b_office, OTHER_TOWN)


def test_views_made_anew_are_the_same(towns: TwoTowns) -> None:
    towns.share(title="浜の祭り")
    towns.subscribe()
    before = table(towns.b_node)
    towns.b_node.rebuild()
    assert table(towns.b_node) == before


def test_nobody_here_changes_what_is_from_there(towns: TwoTowns) -> None:
    post = towns.share(title="浜の祭り")
    towns.subscribe()
    for node in (towns.b_office, towns.b_node):
        found = there(node, post)
        assert not node.may_change(found)
        with pytest.raises(NotAllowed):
            node.remove(found, seen=edition(found))


def test_an_issuers_name_for_a_thing_there_replaces_nothing_here(towns: TwoTowns) -> None:
    """Two towns' lists may call two things alike."""
    named = {"outside": outside(key="list/1")}
    feed(towns.b_office, Change(board=EVENT, fields={**CHOIR, "title": "霧沢の一番", **named}))
    newer = {"outside": outside(key="list/1", serial=9)}
    opened = Change(board=EVENT, fields={**CHOIR, "title": "波音の一番", **newer}, opened=True)
    feed(towns.a_office, opened)
    towns.exchange()
    towns.subscribe()
    assert sorted(titles(towns.b_node)) == ["波音の一番", "霧沢の一番"]


def test_a_town_is_called_what_our_own_office_calls_it(towns: TwoTowns) -> None:
    third = Card(town="990035", name="よその呼び名", keys=(bytes(32),))
    assert subscribe(towns.a_office, third, heard=third.number)
    towns.subscribe()
    assert towns.b_node.name_of("990035") == "990035"
    ours = Card(town="990035", name="谷川村", keys=(bytes(32),))
    assert subscribe(towns.b_office, ours, heard=ours.number)
    towns.exchange()
    assert towns.b_node.name_of("990035") == "谷川村"


# whom a post is for


def test_only_some_boards_have_posts_for_other_towns(towns: TwoTowns) -> None:
    assert [name for name, board in BOARDS.items() if towns.a_office.may_open(board)] == [
        "event",
        "job",
    ]
    with pytest.raises(NotAllowed):
        towns.a_office.add(GUIDE, {"title": "診療所", "category": "medical"}, opened=True)


def test_what_was_opened_on_another_board_all_the_same_stands_nowhere(towns: TwoTowns) -> None:
    fields = {"title": "よその診療所", "category": "medical"}
    change = Change(board=GUIDE, fields=fields, opened=True)
    (record,) = towns.a_office.write([change], identity=towns.a_office.identity)
    towns.subscribe()
    for node in (towns.a_office, towns.b_node):
        post = node.views.by_id(record)
        assert post is not None
        assert post.state is PostState.NOT_ALLOWED


# who decides, and on whose word


def test_only_the_office_decides(towns: TwoTowns) -> None:
    card = own_card(towns.a_office)
    with pytest.raises(NotAllowed):
        subscribe(towns.b_node, card, heard=card.number)
    with pytest.raises(NotAllowed):
        unsubscribe(towns.b_node, OTHER_TOWN)


@pytest.mark.parametrize("heard", ["", "12345", "0" * 30, "いいえ"])
def test_without_the_number_that_the_other_town_reads_out_nothing_begins(
    towns: TwoTowns, heard: str
) -> None:
    with pytest.raises(NumberDiffers):
        subscribe(towns.b_office, own_card(towns.a_office), heard=heard)
    assert subscriptions(towns.b_office) == []


def test_the_number_may_be_typed_as_people_type(towns: TwoTowns) -> None:
    card = own_card(towns.a_office)
    wide = card.number.translate(str.maketrans("0123456789 ", "０１２３４５６７８９　"))
    assert subscribe(towns.b_office, card, heard=f" {wide}-\n")
    assert not subscribe(towns.b_office, card, heard=card.number)  # it is so already
    assert [each.town for each in subscriptions(towns.b_office)] == [OTHER_TOWN]


def test_the_card_of_a_town_with_other_keys_takes_the_place_of_an_earlier_one(
    towns: TwoTowns,
) -> None:
    wrong = Card(town=OTHER_TOWN, name=OTHER_TOWN_NAME, keys=(bytes(32),))
    assert subscribe(towns.b_office, wrong, heard=wrong.number)
    towns.share(title="浜の祭り")
    towns.exchange()
    assert titles(towns.b_node) == []
    towns.subscribe()
    assert titles(towns.b_node) == ["浜の祭り"]
    assert len(subscriptions(towns.b_office)) == 1


def test_a_card_is_read_as_it_was_written(towns: TwoTowns) -> None:
    card = own_card(towns.a_office)
    assert read_card(f"{card}\r\n", here=TOWN) == card
    assert card.name == OTHER_TOWN_NAME
    assert card.number == own_card(towns.a_node).number


@pytest.mark.parametrize(
    "line",
    [
        "",
        "kairan-town",
        "kairan-town 990027",
        f"kairan-town 990027 {'ab' * 31} 波音町",
        f"kairan-town 990028 {'ab' * 32} 波音町",
        f"kairan-town 990027 {'zz' * 32} 波音町",
        f"kairan-town 990027 {'ab' * 32},{'ab' * 32} 波音町",
        f"kairan-town 990027 {','.join(bytes([n]).hex() * 32 for n in range(9))} 波音町",
        f"kairan-town {TOWN} {'ab' * 32} {TOWN_NAME}",
        f"another {OTHER_TOWN} {'ab' * 32} 波音町",
    ],
)
def test_what_is_no_card_of_another_town_is_refused(line: str) -> None:
    with pytest.raises(NotACard):
        read_card(line, here=TOWN)


def test_a_name_on_a_card_is_one_short_line() -> None:
    line = f"kairan-town 990027 {'ab' * 32} 波\x1b[31m音\u202e町{'あ' * 500}"
    name = read_card(line, here=TOWN).name
    assert len(name) == 100
    assert name.isprintable()


# carriers


def test_files_made_here_hold_of_the_other_town_what_it_opened_and_no_more(
    towns: TwoTowns, tmp_path: Path
) -> None:
    towns.share(title="浜の祭り")
    towns.subscribe()
    export(towns.b_office, tmp_path / "b.kairan")
    newcomer = towns.b.node("中郷公民館")
    brought = bring_file(newcomer, tmp_path / "b.kairan")
    assert brought.whole
    assert brought.receipt.refused == 0
    assert titles(newcomer) == ["浜の祭り"]
    assert newcomer.ledger.waiting_count() == 0


def test_a_newcomer_is_given_them_by_a_phone(towns: TwoTowns, tmp_path: Path) -> None:
    """Of what came before the decision in the file nothing is lost, nor counted twice."""
    for number in range(20):
        towns.share(title=f"浜の会{number}")
    own = post_event(towns.b_node, title="上郷の祭り")
    towns.subscribe()
    export(towns.b_office, tmp_path / "b.kairan")
    newcomer = towns.b.node("中郷公民館")
    content = (tmp_path / "b.kairan").read_bytes()
    brought = take_in(newcomer, content, source="phone", strict=True)
    assert (brought.whole, brought.broken_off, brought.receipt.refused) == (True, False, 0)
    assert len(titles(newcomer)) == 21
    assert brought.new == sum(item.held.number for item in newcomer.ledger.lanes())
    assert own.id in brought.records
    assert take_in(newcomer, content, source="phone", strict=True).new == 0


def test_of_a_file_made_there_only_what_it_opened_is_taken(towns: TwoTowns, tmp_path: Path) -> None:
    towns.subscribe()
    towns.share(title="浜の祭り")
    export(towns.a_node, tmp_path / "a.kairan")
    brought = bring_file(towns.b_node, tmp_path / "a.kairan")
    assert titles(towns.b_node) == ["浜の祭り"]
    assert brought.receipt.refused == brought.foreign > 0
    assert SECRET.encode() not in (towns.b_node.settings.ledger_path).read_bytes()
