"""How whole numbers are read, alone and before what they count.

Whole numbers below 10^12. What stands last in a number changes its sound before some counters,
and the counter's own (一本 いっぽん, 三本 さんぼん): `Sound` says which.
"""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

NUMBER_MAX = 10**12

_ONES = ("", "いち", "に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう")
_HUNDREDS = {3: "さんびゃく", 6: "ろっぴゃく", 8: "はっぴゃく", 1: "ひゃく"}
_THOUSANDS = {3: "さんぜん", 8: "はっせん", 1: "せん"}
_MYRIADS = ((10**8, "おく"), (10**4, "まん"))
_VOICED = str.maketrans("かきくけこさしすせそはひふへほ", "がぎぐげござじずぜぞばびぶべぼ")
_PLOSIVE = str.maketrans("はひふへほ", "ぱぴぷぺぽ")


class Sound(Enum):
    """What happens where a number meets what it counts."""

    PLAIN = "plain"  # nothing: 枚, 台, 円
    K = "k"  # 一回 いっかい, 六回 ろっかい
    K_VOICED = "k voiced"  # and 三階 さんがい
    S = "s"  # 一歳 いっさい
    S_VOICED = "s voiced"  # and 三足 さんぞく
    H = "h"  # 一班 いっぱん, 三班 さんぱん, 四班 よんはん
    H_VOICED = "h voiced"  # 一本 いっぽん, 三本 さんぼん
    H_PLOSIVE = "h plosive"  # 三分 さんぷん, 四分 よんぷん


_SHORTENED = {
    Sound.K: (1, 6, 8, 10, 100),
    Sound.K_VOICED: (1, 6, 8, 10, 100),
    Sound.S: (1, 8, 10),
    Sound.S_VOICED: (1, 8, 10),
    Sound.H: (1, 6, 8, 10, 100),
    Sound.H_VOICED: (1, 6, 8, 10, 100),
    Sound.H_PLOSIVE: (1, 6, 8, 10, 100),
}
_VOICES = {
    Sound.K_VOICED: (3, 1000),
    Sound.S_VOICED: (3, 1000),
    Sound.H_VOICED: (3, 1000, 10_000),
}
_BURSTS = {
    Sound.H: (1, 3, 6, 8, 10, 100),
    Sound.H_VOICED: (1, 6, 8, 10, 100),
    Sound.H_PLOSIVE: (1, 3, 4, 6, 8, 10, 100, 1000, 10_000),
}


class Parts(NamedTuple):
    """A number's reading, cut before what stands last in it."""

    before: str
    last: str
    size: int  # 1 to 9, 10, 100, 1000 or 10,000: what stands last


def read_number(number: int) -> str:
    """As it is read alone."""
    parts = _parts(number)
    return parts.before + parts.last


def read_counted(number: int, kana: str, sound: Sound, ones: Mapping[int, str]) -> tuple[str, str]:
    """The number's reading before a counter of that kana, and the counter's after it.

    `ones`: how some of 1 to 9 are read before it, if not as usual (四人 よにん).
    """
    parts = _parts(number)
    last = parts.last
    if parts.size in _SHORTENED.get(sound, ()):
        last = last[:-1] + "っ"  # いっ, ろっ, はっ, じゅっ, ひゃっ
    elif parts.size in ones:
        last = ones[parts.size]
    if parts.size in _BURSTS.get(sound, ()):
        kana = kana[0].translate(_PLOSIVE) + kana[1:]
    elif parts.size in _VOICES.get(sound, ()):
        kana = kana[0].translate(_VOICED) + kana[1:]
    return parts.before + last, kana


def _parts(number: int) -> Parts:
    if number == 0:
        return Parts("", "ぜろ", 0)
    before = ""
    for size, name in _MYRIADS:
        count, number = divmod(number, size)
        if count:
            told = ("いっせん" if count == 1000 else _below_myriad(count)) + name
            if not number:
                return Parts(before + told[: -len(name)], name, 10_000)
            before += told
    groups = _groups(number)
    return Parts(before + "".join(kana for kana, _ in groups[:-1]), *groups[-1])


def _below_myriad(number: int) -> str:
    return "".join(kana for kana, _ in _groups(number))


def _groups(number: int) -> list[tuple[str, int]]:
    thousands, hundreds, tens, ones = (number // size % 10 for size in (1000, 100, 10, 1))
    found: list[tuple[str, int]] = []
    if thousands:
        found.append((_THOUSANDS.get(thousands, _ONES[thousands] + "せん"), 1000))
    if hundreds:
        found.append((_HUNDREDS.get(hundreds, _ONES[hundreds] + "ひゃく"), 100))
    if tens:
        found.append((("" if tens == 1 else _ONES[tens]) + "じゅう", 10))
    if ones:
        found.append((_ONES[ones], ones))
    return found
