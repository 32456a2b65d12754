"""What is shown is found, by its words and their readings; what isn't shown is never found."""

import gc
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from node.boards.event import EVENT
from node.boards.guide import GUIDE
from node.boards.job import JOB
from node.finding import WORDS_MAX, places, words_of
from node.hiding import hide, lift
from node.language.asking import Here
from node.language.kana import letters, one_width, sound
from node.node import Change, Node, edition, open_node
from node.people import begin
from node.views.search import FOUND_MAX, JOINING, Match
from sync.entry import CHECK_BYTES, EntryId
from sync.lane import Audience, Class, Lane
from sync.machine import clock, keys
from sync.machine.settings import Part
from sync.writing import Draft, write
from tests.node.builders import CHOIR, JOB_FIELDS, Village, feed, meet, outside, warning

HERE = Here()
SHELTER = {
    "title": "霧沢小学校",
    "title_reading": "きりさわしょうがっこう",
    "category": "shelter",
    "description": "大雨のときの避難所です。体育館が開きます。",
}


@pytest.fixture
def village(tmp_path: Path) -> Village:
    return Village(tmp_path)


@pytest.fixture
def office(village: Village) -> Node:
    return open_node(village.make("役場", Part.OFFICE), language=HERE)


def found(node: Node, typed: str, *, board: str = "", days: Sequence[date] = ()) -> list[str]:
    """The titles of what is found."""
    words = words_of(typed)
    return [hit.post.text("title") for hit in node.search(words, board=board, days=days)]


@pytest.mark.parametrize(
    "typed",
    [
        "避難所",
        "避難",
        "避",
        "ひなんじょ",
        "ひなんしょ",
        "ひなんしよ",
        "ヒナンジョ",
        "ﾋﾅﾝｼﾞｮ",
        "ひなんし゛ょ",
        "ひな",
        "なんじょ",
        "キリサワ",
        "小学校",
        "しょうがっこう",
        "しようかつこう",
        "たいいく かいかん",
        "体育館が開き",
        "たいいくかんがひらきます",
        "霧沢　おおあめ",
        "避難場所",
    ],
)
def test_a_post_is_found_by_its_words_and_by_how_they_are_read(office: Node, typed: str) -> None:
    office.add(GUIDE, {**SHELTER, "title": "霧沢小学校", "address": "会館"})
    office.add(EVENT, CHOIR)
    assert found(office, typed) == ["霧沢小学校"]


@pytest.mark.parametrize("typed", ["", " ", "、。", "鱈", "避難校", "霧沢 合唱", "館大雨"])
def test_what_no_post_says_finds_nothing(office: Node, typed: str) -> None:
    office.add(GUIDE, SHELTER)
    office.add(EVENT, CHOIR)
    assert found(office, typed) == []


def test_latin_letters_and_digits_are_found_in_any_width(office: Node) -> None:
    office.add(EVENT, {**CHOIR, "title": "ＡＥＤ講習", "phone": "0999-00-1001"})
    for typed in ("aed", "AED", "ＡＥＤ", "0999001001", "００-１００１"):
        assert found(office, typed) == ["ＡＥＤ講習"]


@pytest.mark.parametrize(
    "typed",
    ['"', '合"唱', "合唱 OR", "NOT", "*", "said:合", "(", "-合", "a" * 5_000, "\x00合唱", "^合"],
)
def test_whatever_is_typed_is_looked_for_and_nothing_else(office: Node, typed: str) -> None:
    office.add(EVENT, CHOIR)
    assert found(office, typed) in ([], [CHOIR["title"]])


def test_a_search_may_be_of_one_board_and_of_some_days(office: Node) -> None:
    office.add(EVENT, {**CHOIR, "title": "公民館まつり", "ends_on": "2026-12-07"})
    office.add(JOB, {**JOB_FIELDS, "title": "公民館の掃除"})
    assert sorted(found(office, "公民館")) == ["公民館の掃除", "公民館まつり"]
    assert found(office, "こうみんかん", board="job") == ["公民館の掃除"]
    assert found(office, "公民館", days=[date(2026, 12, 7)]) == ["公民館まつり"]
    assert found(office, "公民館", days=[date(2026, 12, 4), date(2026, 12, 8)]) == []


def test_what_is_called_so_comes_first_then_what_has_it_in_its_title_then_the_newest(
    office: Node,
) -> None:
    """However old it is: most of what says where it is says so of the community centre."""
    kept = [
        Change(board=GUIDE, fields={**SHELTER, "title": title, "title_reading": reading})
        for title, reading in (
            ("上郷公民館", "かみごうこうみんかん"),
            ("上郷公民館の倉庫", "かみごうこうみんかんのそうこ"),
        )
    ]
    office.write(kept, identity=office.identity)
    for number in range(FOUND_MAX + 5):
        office.add(EVENT, {**CHOIR, "title": f"{number}回目", "place": "上郷公民館"})
    for typed in ("上郷公民館", "上郷 公民館", "かみごうこうみんかん"):
        hits = office.search(words_of(typed))
        assert [hit.post.text("title") for hit in hits[:2]] == ["上郷公民館", "上郷公民館の倉庫"]
        assert [hit.match for hit in hits[:3]] == [Match.NAME, Match.TITLE, Match.TEXT]
        assert len({hit.post.id for hit in hits}) == len(hits) == FOUND_MAX
    by_place = [hit.post for hit in office.search(words_of("上郷公民館"), board="event")]
    assert len(by_place) == FOUND_MAX
    assert by_place == sorted(by_place, key=lambda post: -post.written.seconds)


def test_edited_words_are_found_and_the_old_ones_no_more(office: Node) -> None:
    post = office.add(EVENT, CHOIR)
    office.edit(post, {**CHOIR, "title": "太鼓の会"}, seen=edition(post))
    assert (found(office, "合唱"), found(office, "たいこ")) == ([], ["太鼓の会"])


def test_what_was_taken_down_is_not_found(office: Node) -> None:
    post = office.add(EVENT, CHOIR)
    office.remove(post, seen=edition(post))
    assert found(office, "合唱") == []


def test_what_is_hidden_is_not_found_until_it_is_shown_again(office: Node) -> None:
    keeper = begin(office, "山田")
    post = office.add(EVENT, CHOIR)
    hide(office, post, "false", by=keeper)
    assert (found(office, "合唱"), found(office, "がっしょう")) == ([], [])
    lift(office, post.address, by=keeper)
    assert found(office, "がっしょう") == [CHOIR["title"]]


def test_of_several_words_on_one_thing_only_the_last_is_found(office: Node) -> None:
    feed(office, warning("大雨注意報", outside(issued="2026-07-01T01:00:00Z", digest=b"1")))
    feed(office, warning("大雨警報", outside(issued="2026-07-01T02:00:00Z", digest=b"2")))
    feed(office, warning("大雨の話", outside(issued="2026-07-01T01:30:00Z", digest=b"3")))
    assert found(office, "大雨") == ["大雨警報"]


def test_another_machine_finds_the_same_and_so_does_a_new_index(
    office: Node, village: Village
) -> None:
    for title in ("合唱の会", "太鼓の会", "合奏の会"):
        office.add(EVENT, {**CHOIR, "title": title})
    there = village.node("下郷")
    meet(there, office)
    here = found(office, "の会")
    assert found(there, "の会") == here
    there.rebuild()
    assert found(there, "の会") == here
    assert found(there, "がっそう") == ["合奏の会"]


def erase(office: Node, entry: EntryId) -> None:
    """The office orders that entry away."""
    head = office.ledger.head_at(*entry)
    assert head is not None
    named = [entry.lane, entry.number, head[:CHECK_BYTES]]
    ordinal, random = office.ledger.own_incarnation(office.identity.public)
    trust = Lane(
        town=office.settings.town,
        author=office.identity.public,
        ordinal=ordinal,
        random=random,
        class_=Class.TRUST,
        audience=Audience.TOWN,
    )
    write(
        office.ledger,
        trust,
        [Draft(kind="order/erase", fields={"entries": [named], "reason": "本人の求め"})],
        key=office.identity.private,
        written=clock.now().written,
        salt=keys.salt,
    )


@pytest.mark.parametrize("edited", [False, True])
def test_of_what_was_erased_no_letter_stays_in_the_file(office: Node, *, edited: bool) -> None:
    """鱈 and its reading's letters stand in no other post."""
    changes = [Change(board=EVENT, fields={**CHOIR, "title": f"{n}番"}) for n in range(50)]
    office.write(changes, identity=office.identity)
    post = office.add(EVENT, {**CHOIR, "title": "鱈鍋の会"})
    office.write(changes, identity=office.identity)
    assert found(office, "たらなべ") == ["鱈鍋の会"]
    if edited:
        office.edit(post, {**CHOIR, "title": "中止の会"}, seen=edition(post))
    assert "鱈".encode() in raw(office)
    erase(office, post.id)
    assert found(office, "鱈") == found(office, "たらなべ") == []
    assert "鱈".encode() not in raw(office)
    assert len(found(office, "番 合唱") or found(office, "番")) == 100


def raw(node: Node) -> bytes:
    """The ledger's file, with all that waits beside it."""
    gc.collect()  # a question that was let go of half-way reads on until then
    assert node.database.empty_log()
    return node.settings.ledger_path.read_bytes()


def test_it_is_said_where_a_post_has_the_words(office: Node) -> None:
    post = office.add(GUIDE, SHELTER)
    (place,) = places(GUIDE, post, ["ひなんじょ"])
    assert (place.label, place.before, place.word) == ("説明", "大雨のときの", "避難所")
    assert place.after == "です。体育館が開きます。"
    titled, told = places(GUIDE, post, ["きりさわ", "体育", "きりさわ"])
    assert (titled.field, titled.word) == ("title", "霧沢")
    assert told.word == "体育"


def test_a_word_in_half_width_is_shown_as_it_is_written(office: Node) -> None:
    post = office.add(EVENT, {**CHOIR, "title": "ｶﾞｲﾄﾞと歩く会"})
    (place,) = places(EVENT, post, ["がいど"])
    assert place.word == "ｶﾞｲﾄﾞ"


def test_of_what_is_typed_a_few_words_are_looked_for() -> None:
    assert words_of("  合唱　の\t会 合唱 、 ") == ("合唱", "の", "会")
    assert len(words_of(" ".join(map(str, range(30))))) == WORDS_MAX


def test_whatever_letters_are_indexed_one_by_one_come_to_the_same_as_all_together() -> None:
    """Of most texts no letter depends on the one before it, so none needs to be looked at twice."""
    for letter in map(chr, [*range(0xD800), *range(0xE000, 0x10000)]):
        if JOINING.search(letter):
            continue
        wide = one_width(letter)
        assert letters(wide) == letters(letter)
        assert sound(wide) == sound(letter)
        for before in ("か", "ハ", "ぱ", "a", "é", "가", " ", letter):
            assert one_width(before + letter) == one_width(before) + wide, hex(ord(letter))
    for marked in ("か\u3099", "ｶﾞ", "か゛", "e\u0301", "각"):
        assert JOINING.search(marked)
