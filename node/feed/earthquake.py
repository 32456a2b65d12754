"""Earthquakes: where, how strong, and what was felt in which town. VXSE53, and 51, 52, 61.

Source: 震源・震度に関する情報 解説資料 (Body/Earthquake, Body/Intensity/Observation, Comments).
"""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from xml.etree.ElementTree import Element

from node.feed.document import each, words

_INTENSITY = {"5-": "５弱", "5+": "５強", "6-": "６弱", "6+": "６強"}
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def rows(body: Element | None) -> Iterator[list[str]]:
    """The facts in the order people ask for them; the strongest shaking of a prefecture first."""
    for quake in each(body, "Earthquake"):
        yield from _source(quake)
    if strongest := words(body, "Intensity/Observation/MaxInt"):
        yield ["最大震度", intensity(strongest)]
    for comment in each(body, "Comments/ForecastComment"):
        if text := words(comment, "Text"):
            yield ["津波など", text]
    for prefecture in each(body, "Intensity/Observation/Pref"):
        yield [words(prefecture, "Name"), _felt(prefecture)]


def was_felt(body: Element | None) -> bool:
    """Whether the telegram says where it was felt."""
    return bool(each(body, "Intensity/Observation/Pref"))


def areas(body: Element | None) -> Iterator[tuple[str, str]]:
    """Code and name of every town where it was felt."""
    for city in each(body, "Intensity/Observation/Pref/Area/City"):
        yield words(city, "Code"), words(city, "Name")


def intensity(sign: str) -> str:
    """５弱 for 5-; a sign that is not known stays as it is."""
    return _INTENSITY.get(sign, sign.translate(_WIDE))


def _source(quake: Element) -> Iterator[list[str]]:
    if origin := words(quake, "OriginTime"):
        yield ["発生した時刻", _clock(origin)]
    name, detail = (
        words(quake, "Hypocenter/Area/Name"),
        words(quake, "Hypocenter/Area/DetailedName"),
    )
    if name:
        yield ["震源", f"{name}（{detail}）" if detail else name]
    for part, label in (("Hypocenter/Area/Coordinate", "震源の位置"), ("Magnitude", "地震の規模")):
        for found in each(quake, part):
            if text := found.get("description", "") or words(found):
                yield [label, text]


def _clock(origin: str) -> str:
    try:
        at = datetime.fromisoformat(origin)
    except ValueError:
        return origin
    return f"{at.year}年{at.month}月{at.day}日{at.hour}時{at.minute:02}分ころ"


def _felt(prefecture: Element) -> str:
    """The prefecture's towns, or areas in a 震度速報, by intensity: the strongest come first."""
    towns = [
        (words(city, "MaxInt") or words(city, "Condition"), words(city, "Name"))
        for city in each(prefecture, "Area/City") or each(prefecture, "Area")
    ]
    towns.sort(key=lambda town: _strength(town[0]), reverse=True)
    return "\n".join(
        f"{_label(sign)}　" + "、".join(name for _, name in group)
        for sign, group in groupby(towns, key=lambda town: town[0])
    )


def _label(sign: str) -> str:
    return f"震度{intensity(sign)}" if re.fullmatch(r"\d[-+]?", sign) else sign


def _strength(sign: str) -> float:
    if not re.fullmatch(r"\d[-+]?", sign):
        return 9.0  # 震度５弱以上未入電: not to be overlooked
    return int(sign[0]) + (0.25 if sign.endswith("+") else 0.0)
