"""The darkroom itself: a picture from standard input, ours to standard output, and gone.

    python -m node.pictures.darkroom_process

What goes out was drawn anew from the dots alone, upright: nothing else that came in is in it.
"""

import sys
import warnings
from io import BytesIO

from PIL import Image, ImageOps

from node.errand import confine
from node.pictures.darkroom import Ending
from node.pictures.jpeg import SIDE_MAX
from node.pictures.picture import PICTURE_BYTES_MAX

MEMORY_BYTES_MAX = 448 << 20
"""With whoever serves pages it stays below what their unit may have."""
CPU_SECONDS_MAX = 20
PIXELS_MAX = 64_000_000
"""What phones take, as JPEG: of that no more than a quarter is decoded."""
WHOLE_PIXELS_MAX = 20_000_000
"""Of what can be decoded only whole; more than any screen has."""

_KINDS = ("JPEG", "PNG", "WEBP")
_QUALITIES = (80, 70, 60, 50, 40)
_SMALLER = 0.8


def main() -> Ending:
    """What becomes of it."""
    confine(memory_bytes=MEMORY_BYTES_MAX, cpu_seconds=CPU_SECONDS_MAX)
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # the limit is ours, and said so
    try:
        sys.stdout.buffer.write(develop(sys.stdin.buffer.read()))
    except MemoryError:
        return Ending.TOO_LARGE
    except _Refused as refused:
        return refused.why
    except Exception:  # what reads pictures may raise anything, given the right bytes
        return Ending.UNREADABLE
    return Ending.DONE


class _Refused(Exception):
    def __init__(self, why: Ending) -> None:
        super().__init__(why.name)
        self.why = why


def develop(sent: bytes) -> bytes:
    """A picture as we keep them, of any that we read."""
    with Image.open(BytesIO(sent), formats=_KINDS) as opened:
        is_jpeg = opened.format in ("JPEG", "MPO")
        if opened.width * opened.height > (PIXELS_MAX if is_jpeg else WHOLE_PIXELS_MAX):
            raise _Refused(Ending.TOO_LARGE)
        # A phone's JPEG may have a second picture for brighter screens; it is left out.
        if opened.format != "MPO" and getattr(opened, "n_frames", 1) > 1:
            raise _Refused(Ending.MOVING)
        opened.draft("RGB", (2 * SIDE_MAX, 2 * SIDE_MAX))  # a large JPEG is read in an eighth
        opened.load()
        many = opened.convert("RGBA") if opened.mode in ("P", "PA", "1") else opened
        small = many.reduce(_times_too_large(many))
        upright = ImageOps.exif_transpose(small)
    upright.thumbnail((SIDE_MAX, SIDE_MAX), Image.Resampling.LANCZOS)
    plain = _on_white(upright)
    while True:
        for quality in _QUALITIES:
            content = _drawn(plain, quality)
            if len(content) <= PICTURE_BYTES_MAX:
                return content
        smaller = (int(plain.width * _SMALLER) or 1, int(plain.height * _SMALLER) or 1)
        plain = plain.resize(smaller, Image.Resampling.LANCZOS)


def _times_too_large(picture: Image.Image) -> int:
    return max(1, max(picture.size) // (2 * SIDE_MAX))


def _on_white(picture: Image.Image) -> Image.Image:
    """Only its colours: on white where one could see through it."""
    if "transparency" in picture.info:
        picture = picture.convert("RGBA")
    if picture.mode in ("RGBA", "LA"):
        seen = picture.convert("RGBA")
        plain = Image.new("RGB", seen.size, "white")
        plain.paste(seen, mask=seen.getchannel("A"))
        return plain
    if picture.mode.startswith("I"):  # sixteen bits of grey
        picture = picture.point(lambda grey: grey / 256).convert("L")
    drawn = Image.new("RGB", picture.size)
    drawn.paste(picture.convert("RGB"))
    return drawn


def _drawn(picture: Image.Image, quality: int) -> bytes:
    written = BytesIO()
    picture.save(written, "JPEG", quality=quality, optimize=True, subsampling="4:2:0")
    return written.getvalue()


if __name__ == "__main__":
    sys.exit(main())
