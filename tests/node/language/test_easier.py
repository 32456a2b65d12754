"""What is hard for those who are learning Japanese is marked, and what isn't is left alone."""

from itertools import pairwise

import pytest

from node.language.easier import SENTENCE_LETTERS_MAX, Kind, hints, words


def found(text: str, kind: Kind) -> dict[str, str]:
    return {text[h.start : h.end]: h.easier for h in hints(text) if h.kind is kind}


@pytest.mark.parametrize(
    ("sentence", "hard"),
    [
        ("避難所に避難してください。", {"避難所": "逃げる ところ", "避難": "逃げること"}),
        ("9時から断水します。", {"断水": "水が 出ません"}),
        ("至急、窓口へ。", {"至急": "すぐに", "窓口": "聞く ところ"}),
        ("もちつき大会を開催します。", {"開催": "すること、あること"}),
        ("はしを持参してください。", {"持参": "持ってくること"}),
        ("要申込、先着20名。", {"要申込": "申し込みが いります", "先着": "早い 人から"}),
        (
            "通行止めのため、う回してください。",
            {"通行止め": "通ることが できません", "う回": "ほかの 道を 行くこと"},
        ),
        ("雨天中止です。", {"雨天中止": "雨の ときは しません"}),
        (
            "ボランティアを募集。",
            {"ボランティア": "お金を もらわないで 手伝う 人", "募集": "人を さがしています"},
        ),
        ("速やかに提出してください。", {"速やかに": "すぐに", "提出": "出すこと"}),
        ("ごみを 分けて ください。", {}),
        ("あした 10時に 公民館へ 来てください。", {}),
        ("この道を とおります。", {}),
        ("ライフラインズの コンサート", {}),
    ],
)
def test_hard_words_come_with_what_says_the_same(sentence: str, hard: dict[str, str]) -> None:
    assert found(sentence, Kind.WORD) == hard


@pytest.mark.parametrize(
    ("sentence", "stretch"),
    [
        ("この道は通れないことはない。", "ないことはない"),
        ("使えないわけではありません。", "ないわけではありません"),
        ("できなくはありません。", "なくはありません"),
        ("雨がふらないとはかぎりません。", "ないとはかぎりません"),
        ("休まざるを得ません。", "ざるを得ません"),
        ("名前を書かなければ なりません。", "なければ なりません"),
        ("町民以外は 入れません。", "以外は 入れません"),
        ("申し込まないと、出ることができません。", "ないと、出ることができません"),
    ],
)
def test_two_negatives_are_told(sentence: str, stretch: str) -> None:
    assert list(found(sentence, Kind.NEGATIVE)) == [stretch]


@pytest.mark.parametrize(
    "sentence",
    [
        "今日は 行きません。明日は 来ます。",
        "ここに 入らないで ください。",
        "水が 出ません。電気も 使えません。",
        "お金は いりません。",
    ],
)
def test_one_negative_is_none_too_many(sentence: str) -> None:
    assert found(sentence, Kind.NEGATIVE) == {}


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("令和8年12月5日", {"令和8年": "2026年"}),
        ("平成元年にできた建物", {"平成元年": "1989年"}),
        ("12/5（土）", {"12/5": "12月5日"}),
        ("13:30に はじまります。", {"13:30": "午後1時30分"}),
        ("９：００に 集まります。", {"９：００": "午前9時"}),
        ("10時〜12時", {"〜": "から"}),
        ("1/2以上、24:30、2026/13/40", {"1/2": "1月2日"}),
    ],
)
def test_short_forms_of_days_and_times_are_said_out(sentence: str, said: dict[str, str]) -> None:
    assert found(sentence, Kind.SIGN) == said


def test_a_long_sentence_is_told_and_a_short_one_beside_it_is_not() -> None:
    long = "あ" * (SENTENCE_LETTERS_MAX + 1)
    assert list(found(f"みじかい文です。{long}。\n{long[:-1]}", Kind.LONG)) == [f"{long}。"]
    apart = " ".join("あ" * SENTENCE_LETTERS_MAX)
    assert found(apart, Kind.LONG) == {}


def test_no_two_marks_lie_over_each_other() -> None:
    text = "避難所以外は、令和8年12/5 13:30〜まで立入禁止なので、入らないとはかぎりません。" * 40
    marks = [hint for hint in hints(text) if hint.kind is not Kind.LONG]
    assert all(one.end <= other.start for one, other in pairwise(marks))
    assert len(marks) > 100


def test_the_list_is_long_and_no_easier_word_is_itself_a_hard_one_alone() -> None:
    assert len(words()) > 300
    assert {hard: easier for hard, easier in words().items() if easier in words()} == {}
    assert all(easier and easier == easier.strip() for easier in words().values())
