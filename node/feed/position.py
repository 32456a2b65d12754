"""Where a place is, as the list writes it; a swapped pair is put right, nothing else is mended."""

import re
import unicodedata
from dataclasses import dataclass

_DEGREES = re.compile(r"\d{1,3}(\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Degrees north and east as text; both "" where the list says nothing."""

    latitude: str
    longitude: str


def position(latitude: str, longitude: str, location: str = "") -> Position | None:
    """The position, or None where what is stated cannot be a place in Japan."""
    if location and not latitude and not longitude:
        latitude, _, longitude = (part.strip() for part in location.partition(","))
    if not latitude.strip() and not longitude.strip():
        return Position(latitude="", longitude="")
    if _within(latitude, 20, 46) and _within(longitude, 122, 154):
        return Position(latitude=latitude, longitude=longitude)
    # Japan's latitudes and longitudes share no number, so an exchange is certain.
    if _within(longitude, 20, 46) and _within(latitude, 122, 154):
        return Position(latitude=longitude, longitude=latitude)
    return None


def _within(text: str, low: int, high: int) -> bool:
    plain = unicodedata.normalize("NFKC", text).strip()
    return bool(_DEGREES.fullmatch(plain)) and low <= float(plain) <= high
