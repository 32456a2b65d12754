"""A picture as we make them: a baseline JPEG with nothing in it but the picture.

Others' machines may write anything into their entries, and browsers are large. So what isn't just
this is shown to nobody: no places, names or dates (APP1), no colour tables, nothing behind its end.
"""

from sync.errors import Malformed

SIDE_MAX = 1_280

_START, _END = b"\xff\xd8", b"\xff\xd9"
_SEGMENTS_MAX = 64


def size_of(content: bytes) -> tuple[int, int]:
    """Its width and height. Raises Malformed."""
    if not content.startswith(_START):
        raise Malformed("not a JPEG")
    at, size = 2, (0, 0)
    for _ in range(_SEGMENTS_MAX):
        if content[at : at + 1] != b"\xff" or len(content) < at + 4:
            raise Malformed("a JPEG that breaks off")
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4])
        segment = content[at + 4 : at + 2 + length]
        if length < 2 or len(segment) != length - 2:
            raise Malformed("a JPEG that breaks off")
        at += 2 + length
        match marker:
            case 0xE0 if len(segment) == 14 and segment.startswith(b"JFIF\0"):
                pass
            case 0xDB | 0xC4:
                pass
            case 0xC0 if size == (0, 0):
                size = _frame(segment)
            case 0xDA if size != (0, 0):
                _scan(content, at)
                return size
            case _:
                raise Malformed(f"a JPEG with a segment {marker:02x}")
    raise Malformed("a JPEG of too many segments")


def _frame(segment: bytes) -> tuple[int, int]:
    """Three components of eight bits."""
    height, width = int.from_bytes(segment[1:3]), int.from_bytes(segment[3:5])
    if len(segment) != 15 or segment[0] != 8 or segment[5] != 3:
        raise Malformed("a JPEG of another depth or number of colours")
    if not (0 < width <= SIDE_MAX and 0 < height <= SIDE_MAX):
        raise Malformed("a JPEG that is too large")
    return width, height


def _scan(content: bytes, at: int) -> None:
    """One scan, up to the end of the file: within it every FF is followed by a 0."""
    if not content.endswith(_END) or len(content) < at + 2:
        raise Malformed("a JPEG that breaks off")
    inside = content[at:-2]
    if inside.count(b"\xff") != inside.count(b"\xff\0"):
        raise Malformed("a JPEG with more than one picture in it")
