"""Warnings by area: VPWW50 to 61, each the whole present state of one region.

Only what stands counts: a kind that is lifted is shown as such, and states no level.
Source: 気象警報・注意報（Ｒ０６） 解説資料; codes: 令和８年度からの防災気象情報, コード管理表.
"""

import re
import unicodedata
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from node.feed.document import each, words

_OVER = frozenset({"解除", "発表警報・注意報はなし"})
_LEVEL = re.compile(r"レベル([1-5])\S*?(?:注意報|警報)(?!解除)")
# A code means a level only in its own telegram: 10 is 大雨注意報 here and 解除 for a river.
_LEVELS = {
    "VPWW55": {"10": 2, "03": 3, "43": 4, "33": 5},
    "VPWW56": {"29": 2, "09": 3, "49": 4, "39": 5},
    "VPWW57": {"19": 2, "08": 3, "48": 4, "38": 5},
}
_FINEST_FIRST = (
    "（市町村等）",
    "（市町村等をまとめた地域等）",
    "（一次細分区域等）",
    "（府県予報区等）",
)
_COAST = "（高潮予報区間）"


def region(body: Element | None) -> str:
    """The code of the one 府県予報区 the telegram is for, "" where it does not say."""
    codes = {words(item, "Area/Code") for item in _items(body, "（府県予報区等）")} - {""}
    return codes.pop() if len(codes) == 1 else ""


def rows(body: Element | None) -> Iterator[list[str]]:
    """Area by area, as fine as the telegram goes: what is in force and what has changed."""
    finest = next((part for part in _FINEST_FIRST if any(_items(body, part))), "")
    for item in _items(body, finest):
        yield [words(item, "Area/Name"), _text(item)]
    for item in _items(body, _COAST):
        yield [words(item, "Area/Name") + _COAST, _text(item)]


def everything_is_over(body: Element | None) -> bool:
    """Whether every kind of every area is lifted or none."""
    kinds = [kind for item in _items(body, "") for kind in each(item, "Kind")]
    return bool(kinds) and all(_is_over(kind) for kind in kinds)


def level(body: Element | None, telegram: str) -> int | None:
    """The highest 警戒レベル that stands, as the telegram's own kinds state it."""
    stated = (
        level_of_name(words(kind, "Name")) or _LEVELS.get(telegram, {}).get(words(kind, "Code"))
        for item in _items(body, "")
        for kind in each(item, "Kind")
        if not _is_over(kind)
    )
    return max((level for level in stated if level), default=None)


def level_of_name(name: str) -> int | None:
    """3 for レベル３大雨警報; None where the name states no level, or that it is lifted."""
    found = _LEVEL.match(unicodedata.normalize("NFKC", name))
    return int(found[1]) if found else None


def areas(body: Element | None) -> Iterator[tuple[str, str]]:
    """Code and name of every area that has or had a warning."""
    for item in _items(body, ""):
        if any(words(kind, "Name") for kind in each(item, "Kind")):
            yield words(item, "Area/Code"), words(item, "Area/Name")


def _items(body: Element | None, part: str) -> Iterator[Element]:
    for warning in each(body, "Warning"):
        if warning.get("type", "").endswith(part):
            yield from each(warning, "Item")


def _is_over(kind: Element) -> bool:
    return words(kind, "Status") in _OVER or words(kind, "Name") == "解除"


def _text(item: Element) -> str:
    return "\n".join(_kind(kind) for kind in each(item, "Kind"))


def _kind(kind: Element) -> str:
    name, status, condition = (words(kind, part) for part in ("Name", "Status", "Condition"))
    notes = [words(note) for note in (*each(kind, "Attention/Note"), *each(kind, "Addition/Note"))]
    if not name:
        return status
    text = name + (f"〔{condition}〕" if condition else "") + (f"（{status}）" if status else "")
    return "\n".join([text + ("　" + "、".join(notes) if notes else ""), *_sentences(kind)])


def _sentences(kind: Element) -> Iterator[str]:
    """When a criterion is reached, in the JMA's own sentence; once, though it may stand twice."""
    seen: set[str] = set()
    for place in each(kind, "Property/CriteriaPeriod/Base/Local"):
        sentence, name = words(place, "Sentence"), words(place, "AreaName")
        if sentence and sentence not in seen:
            seen.add(sentence)
            yield f"{name}　{sentence}" if name else sentence
