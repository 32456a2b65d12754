"""A receipt can be read out, typed by its beginnings and chosen by touch, and is hard to guess."""

from collections import Counter
from itertools import pairwise

import pytest

from node.mail.receipt_key import Busy, ReceiptKeys, derive
from node.mail.six_words import (
    BITS,
    SLIP_BYTES,
    as_letters,
    as_words,
    beginning_with,
    kana_rows,
    new_slip,
    plain,
    read_slip,
    words,
)
from sync.errors import Malformed

_ROWS = (
    "あかさたなはまやらわがざだばぱゃ",
    "いきしちにひみりぎじびぴ",
    "うくすつぬふむゆるぐずぶぷゅ",
)
_MORE = ("えけせてねへめれげぜでべぺ", "おこそとのほもよろごぞどぼぽょ")
_VOWELS = {kana: row[0] for row in (*_ROWS, *_MORE) for kana in row}
SLIP = (0x2_1234_5678_9ABC_DEF0).to_bytes(SLIP_BYTES, "big")


def heard(word: str) -> str:
    """As somebody hears it who doesn't hear whether a vowel is long or a consonant double."""
    sounds = [c for c in word.translate(str.maketrans("ぢづを", "じずお")) if c != "っ"]
    kept = sounds[:1]
    for before, sound in pairwise(sounds):
        vowel = _VOWELS.get(before)
        goes_on = {"お": "おう", "え": "えい"}.get(vowel or "", vowel or "")
        if sound not in goes_on:
            kept.append(sound)
    return "".join(kept)


def test_there_are_2048_words_of_plain_hiragana() -> None:
    assert len(words()) == len(set(words())) == 2048
    for word in words():
        assert 3 <= len(word) <= 7
        assert set(word) <= {chr(code) for code in range(ord("ぁ"), ord("ん") + 1)}


def test_three_letters_tell_a_word_even_without_marks_and_in_large_letters() -> None:
    assert set(Counter(plain(word)[:3] for word in words()).values()) == {1}


def test_no_two_words_sound_alike() -> None:
    assert [w for w, count in Counter(map(heard, words())).items() if count > 1] == []


def test_every_word_can_be_reached_by_its_first_letter() -> None:
    kana = [kana for row in kana_rows() for kana in row if kana]
    assert sorted(word for each in kana for word in beginning_with(each)) == sorted(words())
    assert max(len(beginning_with(each)) for each in kana) < 120


@pytest.mark.parametrize("slip", [bytes(SLIP_BYTES), SLIP, ((1 << BITS) - 1).to_bytes(9, "big")])
def test_words_and_letters_come_back(slip: bytes) -> None:
    assert len(as_words(slip)) == 6
    assert read_slip(" ".join(as_words(slip))) == slip
    assert read_slip(as_letters(slip)) == slip


def test_it_may_be_typed_in_katakana_with_other_gaps_and_in_part() -> None:
    katakana = "\u3000".join("".join(chr(ord(c) + 0x60) for c in word) for word in as_words(SLIP))
    beginnings = "、".join(plain(word)[:3] for word in as_words(SLIP))
    assert read_slip(katakana) == read_slip(beginnings) == SLIP


@pytest.mark.parametrize("typed", ["", "あいさつ", "あいさつ " * 5, "ん " * 6, "A" * 15, "0", "é"])
def test_anything_else_is_no_receipt(typed: str) -> None:
    with pytest.raises(Malformed):
        read_slip(typed)


def test_receipts_are_66_bits_and_never_the_same() -> None:
    made = {new_slip() for _ in range(200)}
    assert len(made) == 200
    assert 64 <= max(int.from_bytes(slip, "big").bit_length() for slip in made) <= BITS


def test_a_key_follows_from_receipt_and_town_alone() -> None:
    assert derive(SLIP, town="990019") == ReceiptKeys().secret(SLIP, town="990019")
    assert derive(SLIP, town="990027") != derive(SLIP, town="990019")


def test_who_comes_when_many_wait_is_told_so() -> None:
    receipts = ReceiptKeys()
    places = [receipts._queue.acquire() for _ in range(4)]
    with pytest.raises(Busy):
        receipts.secret(SLIP, town="990019")
    for _ in places:
        receipts._queue.release()
    assert receipts.secret(SLIP, town="990019")
