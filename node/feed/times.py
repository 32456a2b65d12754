"""Times of day as people write them in lists: 9：00, 午後7時, 1700, or a whole sentence.

A time is certain or it is not there.
"""

import re
import unicodedata

_NOTHING = re.compile(r"[\s\-ー－―–—‐ｰ]*")
_CLOCK = re.compile(r"(午前|午後)?(\d{1,2})(?::(\d{2})(?::00)?|時(?:(\d{1,2})分|半)?)[~〜]?")
_DIGITS = re.compile(r"(\d{1,2})(\d{2})")


def says_nothing(text: str) -> bool:
    """Whether the cell is empty, or a dash that stands for that."""
    return bool(_NOTHING.fullmatch(text))


def clock(text: str) -> str:
    """HH:MM, or "" where the text is not one certain time."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if found := _DIGITS.fullmatch(plain):
        return _clock(int(found[1]), int(found[2]))
    found = _CLOCK.fullmatch(plain)
    if not found:
        return ""
    half, hour = found[1], int(found[2])
    minute = 30 if plain.rstrip("~〜").endswith("半") else int(found[3] or found[4] or 0)
    if half and hour > 11:
        return ""  # 午後12時 is noon to some and midnight to others
    return _clock(hour + (12 if half == "午後" else 0), minute)


def _clock(hour: int, minute: int) -> str:
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else ""
