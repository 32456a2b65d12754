"""What a telegram is called: its type, and the key under which a later one replaces it.

The JMA names an event by EventID, or not at all (warnings: then the area they are for is the
name). A drill has keys of its own, so it never replaces or cancels the real thing.
Source: 気象庁防災情報XMLフォーマット 技術資料, 電文解説資料 (Control/Title, Head/EventID).
"""

import re
from hashlib import sha256

part_characters_max = 100

_TITLES = {
    "気象警報・注意報": "VPWW50",
    "気象特別警報・警報・注意報": "VPWW53",
    "気象警報・注意報（Ｈ２７）": "VPWW54",
    "気象特別警報報知": "VPNO50",
    "府県気象防災速報": "VPBS50",
    "土砂災害警戒情報": "VXWW50",
    "記録的短時間大雨情報": "VPOA50",
    "竜巻注意情報": "VPHW50",
    "竜巻注意情報（目撃情報付き）": "VPHW51",
    "府県気象情報": "VPFJ50",
    "府県気象解説情報": "VPFJ51",
    "熱中症警戒アラート": "VPFT50",
    "震度速報": "VXSE51",
    "震源に関する情報": "VXSE52",
    "震源・震度に関する情報": "VXSE53",
    "緊急地震速報（警報）": "VXSE43",
    "津波警報・注意報・予報a": "VTSE41",
    "津波情報a": "VTSE51",
    "沖合の津波観測に関する情報": "VTSE52",
    "噴火警報・予報": "VFVO50",
    "噴火に関する火山観測報": "VFVO52",
    "噴火速報": "VFVO56",
}
# Since 2026-05 warnings come by hazard; the first word in the second brackets tells which.
_HAZARDS = {
    "大雨": "VPWW55",
    "土砂": "VPWW56",
    "高潮": "VPWW57",
    "暴風": "VPWW58",
    "波浪": "VPWW59",
    "大雪": "VPWW60",
    "その他": "VPWW61",
}
_BY_HAZARD = re.compile(r"気象警報・注意報（Ｒ０６）（(大雨|土砂|高潮|暴風|波浪|大雪|その他)")
_IN_FILE_NAME = re.compile(r"(?<![A-Z])(V[A-Z]{3}(?:\d\d|ii))(?![A-Za-z0-9])")
_EDITION = re.compile(r"（[ＨＲ][０-９]+）")
# 20210217230627 or 20200522143900_306, or letters and a number (JPTK090036, TC0910) name an
# event. A river, a volcano or a region keeps its EventID for ever and begins again at 第１号.
_NAMES_AN_EVENT = re.compile(r"\d{14}(_\d+)?|[A-Z]{2,}\d[\d_]*")
_serial_digits_max = 9


def telegram_type(title: str, file_name: str = "") -> str:
    """The type code by Control/Title, else by the file's name, else the title itself."""
    if known := type_by_title(title):
        return known
    found = _IN_FILE_NAME.search(file_name)
    return found[1] if found else title


def type_by_title(title: str) -> str:
    """The type code by Control/Title alone, "" where it is not known."""
    if hazard := _BY_HAZARD.match(title):
        return _HAZARDS[hazard[1]]
    return _TITLES.get(title, "")


def plain_title(title: str) -> str:
    """Control/Title without the edition of its format: 気象警報・注意報（大雨）."""
    return _EDITION.sub("", title)


def key(operation: str, *parts: str) -> str:
    """The outside key; `operation` is "" for the real thing, else 訓練 or 試験."""
    named = [_bounded(part).replace("/", "／") for part in (operation, *parts) if part]
    return "/".join(["jma", *named])


def _bounded(part: str) -> str:
    return part if len(part) <= part_characters_max else sha256(part.encode()).hexdigest()


def serial_number(serial: str, *, event: str) -> int:
    """The serial by which one event's telegrams are ordered, 0 where time orders them.

    A serial like 01-02 counts by its first part; the rest is ordered by time.
    """
    digits = serial.partition("-")[0]
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _serial_digits_max):
        return 0
    return int(digits) if _NAMES_AN_EVENT.fullmatch(event) else 0
