"""What alerts of a known kind say, as texts of ours, which every catalogue has prepared.

The official words are never edited and stay on the page; this stands beside them for whoever can't
read them. So only a name is taken that is given as the name of what is in force: in a title as a
whole or before what announces it, in a telegram's list of kinds as a line of its own. What is
lifted, expected or merely spoken of gives nothing, and the page says honestly that it is Japanese.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from node.words import Said, say

_HAZARDS = (
    *(say("暴風雪"), say("土砂災害"), say("大雨"), say("高潮"), say("氾濫"), say("洪水")),
    *(say("暴風"), say("大雪"), say("波浪"), say("強風"), say("風雪"), say("雷"), say("融雪")),
    *(say("濃霧"), say("乾燥"), say("なだれ"), say("低温"), say("霜"), say("着氷"), say("着雪")),
)
_RANKS = {
    "注意報": (say("レベル{level}{hazard}注意報"), say("{hazard}注意報")),
    "警報": (say("レベル{level}{hazard}警報"), say("{hazard}警報")),
    "危険警報": (say("レベル{level}{hazard}危険警報"), say("{hazard}危険警報")),
    "特別警報": (say("レベル{level}{hazard}特別警報"), say("{hazard}特別警報")),
}
_NAMES = (
    *(say("緊急安全確保"), say("避難指示"), say("高齢者等避難"), say("早期注意情報")),
    *(say("土砂災害警戒情報"), say("記録的短時間大雨情報"), say("竜巻注意情報")),
    *(say("大津波警報"), say("津波警報"), say("津波注意報"), say("震度速報")),
    *(say("震源・震度に関する情報"), say("南海トラフ地震臨時情報")),
    *(say("噴火警報"), say("火口周辺警報"), say("熱中症警戒アラート")),
    *(say("避難所を開きました"), say("避難所を閉じました"), say("避難所は満員です")),
    *(say("断水"), say("停電"), say("通行止め"), say("給水所を開きました")),
)
"""Evacuation (避難情報に関するガイドライン), the JMA's names, and what a town says most."""

_hazards = {str(each): each for each in _HAZARDS}
_names = {str(each): each for each in _NAMES}
_WARNING = re.compile(
    rf"(?:レベル([1-5]))?({'|'.join(_hazards)})({'|'.join(sorted(_RANKS, key=len, reverse=True))})"
)
_NAMED = re.compile("|".join(sorted(map(re.escape, _names), key=len, reverse=True)))
_ANNOUNCED = re.compile(
    r"$|[・、()【】\s:。!]|です|を(?:発令|発表|出し)|が(?:発令|発表|出て|出ま)|発令|発表|の(?:発令|発表|お知らせ)"
)
_NOT_IN_FORCE = re.compile(
    "解除|取消|取り消|取りやめ|終了|中止|なし|ありません|ではな|可能性|おそれ|級"
)
_STATUS = re.compile(r"[(〔\s]")
MOST = 8
"""More than so many kinds help nobody in one look."""


def known_kinds(title: str, kinds: Iterable[Sequence[str]]) -> tuple[Said, ...]:
    """What a telegram's rows of (area, lines of kinds) announce, else its title; each once."""
    found = dict.fromkeys(_of_rows(kinds)) or dict.fromkeys(_of_title(title))
    return tuple(found)[:MOST]


def _of_title(title: str) -> Iterator[Said]:
    text = unicodedata.normalize("NFKC", title)
    if _NOT_IN_FORCE.search(text):
        return
    for match in sorted(
        (*_WARNING.finditer(text), *_NAMED.finditer(text)), key=lambda match: match.start()
    ):
        if _ANNOUNCED.match(text, match.end()):
            yield _said(match)


def _of_rows(kinds: Iterable[Sequence[str]]) -> Iterator[Said]:
    for row in kinds:
        for line in unicodedata.normalize("NFKC", row[-1]).splitlines() if row else ():
            name = _STATUS.split(line, maxsplit=1)[0]
            match = _WARNING.fullmatch(name) or _NAMED.fullmatch(name)
            if match and not _NOT_IN_FORCE.search(line):
                yield _said(match)


def _said(match: re.Match[str]) -> Said:
    if match.re is _NAMED:
        return _names[match[0]]
    level, hazard, rank = match.groups()
    with_level, without = _RANKS[rank]
    if level:
        return say(with_level, level=level, hazard=_hazards[hazard])
    return say(without, hazard=_hazards[hazard])
