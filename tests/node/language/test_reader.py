"""Sentences as notices have them are read as people say them."""

import re
from pathlib import Path

import pytest

from node.language.reader import Reader
from node.language.spans import in_kana, pieces

SENTENCES = Path(__file__).parent / "sentences.txt"
HERE = {
    "霧沢": "きりさわ",
    "霧沢町": "きりさわちょう",
    "上郷": "かみごう",
    "下郷": "しもごう",
}
_MARKED = re.compile(r"\{([^|}]+)\|([^}]+)\}")


def sentences(*parts: str) -> list[str]:
    """The sentences of those parts of the file, marked."""
    found, part = [], ""
    for line in SENTENCES.read_text().splitlines():
        if line.startswith("["):
            part = line.strip("[]")
        elif line and not line.startswith("#") and part in parts:
            found.append(line)
    return found


def written(marked: str) -> str:
    return _MARKED.sub(r"\1", marked)


def spoken(marked: str) -> str:
    return _MARKED.sub(r"\2", marked)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def read(reader: Reader, text: str, names: dict[str, str] = HERE) -> str:
    """What is said of a text."""
    (spans,) = reader.read_all([text], names)
    return in_kana(text, spans)


def wrong(reader: Reader, marked: list[str]) -> dict[str, str]:
    """What is read otherwise than it should be."""
    said = {spoken(line): read(reader, written(line)) for line in marked}
    return {right: heard for right, heard in said.items() if right != heard}


def test_dates_and_numbers_with_what_they_count_are_all_read_right(reader: Reader) -> None:
    assert wrong(reader, sentences("rules")) == {}


def test_names_are_read_as_the_town_reads_them(reader: Reader) -> None:
    assert wrong(reader, sentences("names")) == {}


def test_of_all_sixty_sentences_nearly_every_one_is_read_right(reader: Reader) -> None:
    every = sentences("rules", "names", "words")
    assert len(every) == 60
    assert len(wrong(reader, every)) <= 3, wrong(reader, every)


def test_kana_stand_over_the_kanji_alone(reader: Reader) -> None:
    text = "取り組みのお知らせ"
    (spans,) = reader.read_all([text], {})
    assert [piece for piece in pieces(text, spans) if piece[1]] == [
        ("取", "と"),
        ("組", "く"),
        ("知", "し"),
    ]


def test_what_is_written_in_kana_latin_or_nothing_has_no_reading(reader: Reader) -> None:
    assert reader.read_all(["", "ひらがな", "カタカナ Latin 123", "🍙\n"], {}) == [[], [], [], []]


def test_a_text_longer_than_the_dictionary_takes_is_read_to_its_end(reader: Reader) -> None:
    text = "雨が降る。\n" * 3_000 + "川" * 20_000
    (spans,) = reader.read_all([text], {})
    assert spans[-1].end <= len(text)
    assert in_kana(text, spans).startswith("あめがふる。\nあめがふる。\n")


def test_a_name_goes_before_the_dictionary(reader: Reader) -> None:
    assert read(reader, "大田の集会所", {"大田": "おおた"}).startswith("おおた")
    assert read(reader, "大田の集会所", {"大田": "おおだ"}).startswith("おおだ")
