"""What is given to the voice, and what the voice makes of it, is what people would read out."""

import re

import pytest

from node.language.kana import to_katakana
from node.language.spans import Span, in_kana
from node.speech.aloud import SENTENCE_LETTERS_MAX, aloud, sentences
from node.speech.engine import heard, sound, wording
from tests.node.language.test_reader import SENTENCES

_MARKED = re.compile(r"\{([^|}]+)\|([^}]+)\}")
_BARE = {"2": "に", "4": "よん", "5": "ご"}  # in the sixty sentences, where they count nothing
_VOWELS = {
    "ア": "アカサタナハマヤラワガザダバパャァ",
    "イ": "イキシチニヒミリギジビピィ",
    "ウ": "ウクスツヌフムユルグズブプュゥオコソトノホモヨロゴゾドボポョォ",
    "エ": "エケセテネヘメレゲゼデベペェ",
    "オ": "オコソトノホモヨロゴゾドボポョォ",
}


def marked(line: str) -> tuple[str, list[Span]]:
    """A sentence of the file, and its reading."""
    text, spans, at = "", [], 0
    for found in _MARKED.finditer(line):
        text += line[at : found.start()]
        spans.append(Span(len(text), len(found[1]), found[2]))
        text += found[1]
        at = found.end()
    return text + line[at:], spans


def to_the_ear(kana: str) -> str:
    """What is said alike is written alike: は as わ, おう, おお and おー as おー."""
    told = re.sub("[^ァ-ヺー]", "", to_katakana(kana)).translate(
        str.maketrans("ハヘヲヂヅ", "ワエオジズ")
    )
    for long in (
        r"(?<=[エケセテネメレゲゼデベペ])イ",
        *(rf"(?<=[{after}]){v}" for v, after in _VOWELS.items()),
    ):
        told = re.sub(long, "ー", told)
    return re.sub("ー+", "ー", told)


def said(text: str, spans: list[Span]) -> str:
    return "".join(in_kana_of(sentence) for sentence in sentences(text, spans))


def in_kana_of(sentence: tuple[tuple[str, str], ...]) -> str:
    return "".join(kana or text for text, kana in sentence)


@pytest.fixture(scope="module")
def sixty() -> list[str]:
    lines = SENTENCES.read_text().splitlines()
    return [line for line in lines if line and line[0] not in "#["]


def test_all_sixty_sentences_are_heard_as_they_are_to_be_read(sixty: list[str]) -> None:
    assert len(sixty) == 60
    wrong = {}
    for line in sixty:
        text, spans = marked(line)
        given = [wording(sentence) for sentence in sentences(text, spans)]
        right = re.sub(r"\d", lambda digit: _BARE[digit[0]], in_kana(text, aloud(text, spans)))
        if to_the_ear("".join(map(heard, given))) != to_the_ear(right):
            wrong[right] = ("".join(given), "".join(map(heard, given)))
    assert wrong == {}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("参加費は500円", "ごひゃくえん"),
        ("300本の木", "さんびゃっぽん"),
        ("1,200円", "せんにひゃくえん"),
        ("2026年", "にせんにじゅうろくねん"),
        ("1万人", "いちまんにん"),
        ("15日と20日", "はつか"),
        ("開場10:30", "じゅうじさんじゅっぷん"),
        ("９：００集合", "くじ"),
        ("9時〜11時", "くじからじゅういちじ"),
        ("電話0999-00-1001", "ぜろきゅうきゅうきゅうのぜろぜろのいちぜろぜろいち"),
    ],
)
def test_what_one_sees_at_a_glance_is_spelled_for_the_ear(written: str, read: str) -> None:
    assert read in said(written, [])


def test_a_reading_that_the_text_brings_goes_before_every_rule() -> None:
    assert said("8月15日", [Span(0, 5, "おぼんのひ")]) == "おぼんのひ"
    assert said("十日町", [Span(0, 3, "とおかまち")]) == "とおかまち"


def test_the_voice_says_names_as_the_text_has_them_and_not_as_it_would_guess() -> None:
    (sentence,) = sentences("上郷公民館", [Span(0, 2, "かみごう"), Span(2, 3, "こうみんかん")])
    assert to_the_ear(heard(wording(sentence))) == to_the_ear("かみごうこうみんかん")
    assert "公民館" in wording(sentence), "what it reads right it is given as it is written"
    assert "は" not in heard("明日は雨です。"), "and は is わ where it is said so"


def test_addresses_are_pointed_to_and_marks_for_the_eye_are_left_out() -> None:
    told = said("★くわしくは https://example.jp/a?b=1 まで☆", [Span(0, 0, "")][:0])
    assert "example" not in told
    assert "画面のアドレス" in told
    assert not set("★☆") & set(told)
    assert list(sentences("★☆※ 　\n", [])) == []


def test_no_sentence_is_longer_than_a_breath() -> None:
    for text in ("あ" * 5_000, "い、" * 2_000, "う。" * 2_000, "𠮷" * 1_000):
        parts = list(sentences(text, []))
        assert all(len(in_kana_of(part)) <= SENTENCE_LETTERS_MAX for part in parts)
        assert "".join(map(in_kana_of, parts)) == text


def test_sound_is_loud_enough_and_takes_as_long_as_its_text() -> None:
    short, long = (sound("今日は公民館で、合唱の会を開きます。" * times, 1.0) for times in (1, 3))
    slow = sound("今日は公民館で、合唱の会を開きます。", 0.7)
    assert 2 * len(short) < len(long) < 4 * len(short)
    assert len(slow) > 1.25 * len(short)
    loudest = max(
        abs(int.from_bytes(short[at : at + 2], "little", signed=True))
        for at in range(0, len(short), 2)
    )
    assert 4_000 < loudest < 32_768
