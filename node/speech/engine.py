"""The voice: Open JTalk's, from sentences with their readings to sound.

It knows how words are stressed, which our readings don't say; and our readings know how words are
read here, which it guesses. So it is given the words as they are written wherever it reads them as
we do, and kana where it doesn't.

Loads a dictionary and a voice of 100 MB, so it is for `node.speech.voice_process` alone.
"""

import re

import numpy
import pyopenjtalk

from node.language.kana import to_katakana
from node.speech.aloud import Sentence

USUAL, SLOW = 1.0, 0.7
PAUSE_SECONDS = 0.4
SAMPLES_A_SECOND = 48_000

_AFTER_O_OR_U = re.compile("(?<=[オコソトノホモヨロゴゾドボポョウクスツヌフムユルグズブプュ])ウ")
_AFTER_E = re.compile("(?<=[エケセテネヘメレゲゼデベペ])イ")
_LONG = re.compile(
    "(?<=[アカサタナハマヤラワガザダバパャ])ア|(?<=[イキシチニヒミリギジビピ])イ"
    "|(?<=[エケセテネヘメレゲゼデベペ])エ|(?<=[オコソトノホモヨロゴゾドボポョ])オ"
)
_ALIKE = str.maketrans("ヲヅヂ", "オズジ")
_SOUNDS = re.compile("[^ァ-ヺー]")


def wording(sentence: Sentence) -> str:
    """The sentence as it is given to Open JTalk."""
    told = [_spelled(text, kana) for text, kana in sentence]
    right = _sounds(heard("".join(told)))
    if _sounds(heard(whole := "".join(text for text, _ in sentence))) == right:
        return whole
    for at, (text, kana) in enumerate(sentence):
        if kana:
            spelled, told[at] = told[at], text
            if _sounds(heard("".join(told))) != right:
                told[at] = spelled
    return "".join(told)


def heard(text: str) -> str:
    """What Open JTalk makes of a text, in katakana: は is ワ where it is said so."""
    kana = pyopenjtalk.g2p(text, kana=True, use_sudachi_kanji_yomi=False, predict_nani=False)
    return str(kana)


def sound(text: str, speed: float) -> bytes:
    """Samples of 16 bits, one channel, and a pause after them."""
    waves, rate = pyopenjtalk.tts(
        text, speed=speed, use_sudachi_kanji_yomi=False, predict_nani=False
    )
    assert rate == SAMPLES_A_SECOND
    samples = numpy.clip(waves, -32_768, 32_767).astype("<i2").tobytes()
    return samples + bytes(2 * int(PAUSE_SECONDS / speed * SAMPLES_A_SECOND))


def _spelled(text: str, kana: str) -> str:
    """Katakana, which are hardly ever taken for another word; long vowels as they are said."""
    if not kana:
        return text
    spelled = _AFTER_E.sub("ー", _AFTER_O_OR_U.sub("ー", to_katakana(kana)))
    return spelled if _sounds(heard(spelled)) == _sounds(spelled) else kana  # ハツカ: 薄荷


def _sounds(kana: str) -> str:
    """What is the same to the ear is the same."""
    spelled = _SOUNDS.sub("", kana).translate(_ALIKE)
    return _LONG.sub("ー", _AFTER_E.sub("ー", _AFTER_O_OR_U.sub("ー", spelled)))
