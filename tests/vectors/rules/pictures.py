"""Works out what is shown of pictures, from docs/spec/12-pictures.md alone."""

import re
from typing import Any

from cbor2 import loads

from tests.vectors.decoder import hashed
from tests.vectors.kit import notation

PICTURE = 6
KINDS = {0xE0, 0xDB, 0xC4, 0xC0}
WITHIN = re.compile(rb"(?:[^\xff]|\xff\x00)*\xff\xd9", re.DOTALL)


def named(value: Any, _: Any) -> dict[str, Any]:
    """What a post says of its pictures."""
    listed = value[:3] if type(value) is list else []
    return {"pictures": [notation(item) for item in listed if is_named(item)]}


def is_named(item: Any) -> bool:
    if type(item) is not list or list(map(type, item)) != [bytes, int, int, int, str]:
        return False
    digest, length, width, height, words = item
    in_bounds = 1 <= length <= 160_000 and 1 <= width <= 1_280 and 1 <= height <= 1_280
    return len(digest) == 32 and in_bounds and len(words) <= 100


def shown(entries: Any, given: Any) -> dict[str, Any]:
    """The picture that a post names so, of what is held of its record."""
    found: dict[int, bytes] = {}
    for lane, _, _, header, payload in entries:
        if lane[4] != PICTURE or payload is None or loads(header)[1].split("/", 1)[1] != "picture":
            continue
        said = loads(payload)[2]
        of, at, some = (said.get(name) for name in ("of", "at", "jpeg"))
        if (type(of), type(at), type(some)) == (bytes, int, bytes) and of.hex() == given["digest"]:
            found.setdefault(at, some)
    content = b"".join(found[at] for at in sorted(found))
    right = len(content) == given["length"] and hashed(content).hex() == given["digest"]
    size = size_of(content) if right else None
    is_shown = size is not None and size == (given["width"], given["height"])
    return {"shown": given["digest"] if is_shown else None}


def size_of(content: bytes) -> tuple[int, int] | None:
    """Its width and height, if it is a plain JPEG and nothing else."""
    at, size = 2, None
    if content[:2] != b"\xff\xd8":
        return None
    while content[at : at + 1] == b"\xff":
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        body, at = content[at + 4 : at + 2 + length], at + 2 + length
        if marker == 0xDA:
            return size if WITHIN.fullmatch(content[at:]) else None
        if marker not in KINDS or (marker == 0xC0 and size):
            return None
        if marker == 0xE0 and not (len(body) == 14 and body[:5] == b"JFIF\0"):
            return None
        if marker == 0xC0:
            height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
            if (len(body), body[0], body[5]) != (15, 8, 3) or not 0 < max(width, height) <= 1_280:
                return None
            size = (width, height)
    return None
