"""Readings are made where a post is written, and travel with it."""

import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event, Thread

import pytest

from node.boards.event import EVENT
from node.boards.guide import GUIDE
from node.feeding import Feed
from node.language.asking import Elsewhere, Here
from node.language.line import SOCKET_FILE, listen, short_path
from node.language.names import NAMES_FILE
from node.language.process import answer_all
from node.language.reader import Reader
from node.language.spans import in_kana
from node.node import Node, edition, open_node
from node.post import Post
from node.readings import PAYLOAD_BYTES_MAX, reading_of, reading_of_table
from sync import cbor
from sync.machine.settings import Part
from tests.node.builders import CHOIR, Village, again, meet, post_again

HERE = Here()
"""The dictionary is loaded once for all of these."""


@pytest.fixture
def village(tmp_path: Path) -> Village:
    return Village(tmp_path)


def node(village: Village, name: str = "上郷") -> Node:
    return open_node(village.make(name, Part.NODE), language=HERE)


def spoken(post: Post, name: str) -> str:
    """How a field of a post is said."""
    board = {"event": EVENT, "guide": GUIDE}[post.board]
    return in_kana(post.text(name), reading_of(board, post.fields, name))


def with_names(node: Node, **names: str) -> None:
    lines = "".join(f"{word} {kana}\n" for word, kana in names.items())
    (node.settings.folder / NAMES_FILE).write_text(f"# この町の読み方\n\n{lines}合\n")


def test_a_post_says_how_it_is_read_and_says_so_at_other_machines(village: Village) -> None:
    here, there = node(village), village.node("下郷")
    posted = here.add(EVENT, {**CHOIR, "description": "12月5日（土）、二人で歌います。"})
    meet(here, there)
    for post in (posted, post_again(there, posted)):
        assert spoken(post, "title") == "がっしょうのかい"
        assert spoken(post, "description") == "じゅうにがついつか（ど）、ふたりでうたいます。"


def test_the_authors_own_reading_of_a_title_goes_first(village: Village) -> None:
    post = node(village).add(EVENT, {**CHOIR, "title_reading": "コーラス の カイ"})
    assert spoken(post, "title") == "こーらすのかい"


def test_the_authors_own_word_is_enough_where_nobody_can_read(village: Village) -> None:
    post = village.node().add(EVENT, {**CHOIR, "title_reading": "がっしょうのかい"})
    assert spoken(post, "title") == "がっしょうのかい"
    assert spoken(post, "place") == "上郷公民館"


def test_names_are_read_as_the_machines_list_has_them(village: Village) -> None:
    machine = node(village)
    with_names(machine, 上郷="かみごう", 夏目="Natsume")
    post = machine.add(EVENT, {**CHOIR, "place": "上郷公民館"})
    assert spoken(post, "place") == "かみごうこうみんかん"


def test_what_the_office_calls_a_place_is_how_all_posts_read_it(village: Village) -> None:
    office, machine = village.office(), node(village)
    office.add(
        GUIDE, {"title": "小鳥遊会館", "title_reading": "たかなしかいかん", "category": "facility"}
    )
    machine.add(EVENT, {**CHOIR, "title": "夏目の集い", "title_reading": "なつめのつどい"})
    meet(machine, office)
    post = machine.add(EVENT, {**CHOIR, "place": "小鳥遊会館の庭", "organiser": "夏目の集い"})
    assert spoken(post, "place") == "たかなしかいかんのにわ"
    assert "夏目の集い" not in machine.names(), "anybody may post an event; that names nothing"


def test_an_edit_brings_the_readings_of_what_it_changes(village: Village) -> None:
    machine = node(village)
    post = machine.add(EVENT, {**CHOIR, "bring": "水筒"})
    after = machine.edit(post, {**CHOIR, "bring": "弁当と水筒"}, seen=edition(post))
    assert spoken(after, "bring") == "べんとうとすいとう"
    assert spoken(after, "title") == "がっしょうのかい"


def test_an_edit_made_where_nobody_can_read_leaves_no_reading_of_older_words(
    village: Village,
) -> None:
    machine = node(village)
    post = machine.add(EVENT, {**CHOIR, "bring": "水筒"})
    machine.database.close()
    without = again(machine)
    after = without.edit(post, {**CHOIR, "bring": "弁当"}, seen=edition(post))
    assert "reading/bring" not in after.fields
    assert spoken(after, "bring") == "弁当"
    assert spoken(after, "title") == "がっしょうのかい"


def test_what_a_feed_takes_in_is_read_too_and_known_rows_stay_known(
    village: Village, tmp_path: Path
) -> None:
    office = open_node(village.make("役場", Part.OFFICE), language=HERE)
    listed = tmp_path / "places.csv"
    listed.write_text(
        "名称,名称_カナ,住所\n図書館,トショカン,霧沢町大字上野\n", encoding="utf-8-sig"
    )
    assert Feed(office).take_in(listed).new == 1
    (post,) = office.posts(GUIDE)
    assert spoken(post, "title") == "としょかん"
    assert "reading/address" in post.fields
    assert (Feed(office).take_in(listed).known, len(office.posts(GUIDE))) == (1, 1)


def test_the_cells_of_a_table_are_read_each(village: Village) -> None:
    fields: Mapping[str, object] = {
        **CHOIR,
        "as_listed": [["会場", "体育館"], ["ひらがな", "定員10人"]],
    }
    read = node(village).readings.added(EVENT, fields)
    rows = reading_of_table(read, "as_listed")
    assert rows is not None
    assert [[len(spans) for spans in row] for row in rows] == [[1, 1], [0, 2]]
    assert reading_of_table({**read, "as_listed": [["会場"]]}, "as_listed") is None


def test_a_long_post_keeps_its_words_and_goes_without_the_longest_reading(
    village: Village,
) -> None:
    machine = node(village)
    post = machine.add(EVENT, {**CHOIR, "description": "避難所" * 4_000})
    assert len(post.text("description")) == 12_000
    assert "reading/description" not in post.fields
    assert spoken(post, "title") == "がっしょうのかい"
    assert len(cbor.encode(dict(post.fields))) <= PAYLOAD_BYTES_MAX


def test_a_false_reading_from_elsewhere_changes_no_word(village: Village) -> None:
    post = village.node().add(EVENT, {**CHOIR, "reading/title": "0.99かい", "reading/place": 7})
    assert (spoken(post, "title"), spoken(post, "place")) == (CHOIR["title"], CHOIR["place"])


# the process


@pytest.fixture
def answering(village: Village) -> Iterator[Path]:
    """A machine's folder where somebody answers at the socket."""
    folder = village.make("上郷", Part.NODE)
    stop = Event()
    with listen(folder) as listener:
        answers = Thread(
            target=answer_all,
            args=(listener, Reader()),
            kwargs={"stop": stop, "idle_seconds": 1e9},
        )
        answers.start()
        yield folder
        stop.set()
        answers.join()


def test_a_machine_asks_the_process_that_reads(answering: Path) -> None:
    with_names(machine := open_node(answering), 上郷="かみごう")
    post = machine.add(EVENT, CHOIR)
    assert spoken(post, "title") == "がっしょうのかい"
    assert spoken(post, "place") == "かみごうこうみんかん"


def test_many_long_texts_are_asked_in_several_questions(answering: Path) -> None:
    texts = [f"{number}人の会。" * 5_000 for number in range(12, 22)]
    read = Elsewhere(answering).read(texts, {})
    assert [len(spans) for spans in read] == [8_000] * 10


@pytest.mark.parametrize(
    "said", [b"", b"\xff\n", b"{}\n", b"[1\n", b'{"texts": [1], "names": {}}\n']
)
def test_a_question_that_is_none_stops_no_other(answering: Path, said: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as line, short_path(answering) as path:
        line.connect(path)
        line.sendall(said)
        line.shutdown(socket.SHUT_WR)
        assert line.recv(100) == b""
    assert Elsewhere(answering).read(["会"], {}) != [()]


def test_where_the_socket_leads_nowhere_a_post_is_written_without(village: Village) -> None:
    machine = village.node()
    with listen(machine.settings.folder):
        pass
    assert (machine.settings.folder / SOCKET_FILE).exists()
    post = machine.add(EVENT, CHOIR)
    assert spoken(post, "title") == CHOIR["title"]
    assert not machine.readings._language.can_be_asked(), "for a minute nobody tries again"
