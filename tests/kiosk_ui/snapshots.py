"""Pictures as phones take them, and files that only call themselves so."""

import struct
import zlib
from io import BytesIO

from PIL import Image

PLACE = "上郷の家の前でとった"
MAKER = "KiriPhone-7"


def photo(width: int = 1600, height: int = 1200, *, turned: bool = False) -> bytes:
    """A JPEG that says where and with what it was taken; red on the left, blue on the right."""
    picture = Image.new("RGB", (width, height), "red")
    picture.paste("blue", (width // 2, 0, width, height))
    exif = Image.Exif()
    exif[0x010F] = MAKER
    exif[0x010E] = PLACE.encode().decode("latin-1")
    exif[0x8825] = {1: "N", 2: (35.0, 41.0, 22.0), 3: "E", 4: (139.0, 41.0, 30.0)}
    if turned:
        exif[0x0112] = 6  # to be shown a quarter further right
    written = BytesIO()
    picture.save(written, "JPEG", exif=exif, comment=PLACE.encode(), quality=90)
    return written.getvalue()


def noisy(width: int = 1600, height: int = 1200) -> bytes:
    """A PNG that hardly packs."""
    dots = Image.effect_noise((width, height), 120)
    return _as(Image.merge("RGB", (dots, dots.rotate(90), dots.rotate(180))), "PNG")


def _as(picture: Image.Image, kind: str, **how: object) -> bytes:
    written = BytesIO()
    picture.save(written, kind, **how)
    return written.getvalue()


def _png(width: int, height: int, dots: bytes) -> bytes:
    """A PNG that claims that size, whatever is in it."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(dots, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


_SMALL = Image.new("RGB", (64, 48), "green")

TRICKS: dict[str, bytes] = {
    "nothing of a picture": b"\xff\xd8\xff" + bytes(4_000),
    "a page named .jpg": b"<!doctype html><script>alert(1)</script>",
    "an SVG named .jpg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "a JPEG that breaks off": photo()[:9_000],
    "a PNG of four thousand million dots": _png(65_500, 65_500, bytes(1 << 20)),
    "a bomb: 300 MB of zeros in 300 kB": _png(10_000, 10_000, bytes(300_000_000)),
    "a PNG that claims more than it has": _png(4_000, 4_000, bytes(100)),
    "a text in a PNG that unpacks to a gigabyte": _png(8, 8, bytes(200)).replace(
        b"IDAT", b"zTXt", 1
    ),
    "a moving GIF": _as(_SMALL, "GIF", save_all=True, append_images=[Image.new("RGB", (64, 48))]),
    "a moving WebP": _as(_SMALL, "WEBP", save_all=True, append_images=[Image.new("RGB", (64, 48))]),
    "a moving PNG": _as(_SMALL, "PNG", save_all=True, append_images=[Image.new("RGB", (64, 48))]),
    "a TIFF": _as(_SMALL, "TIFF"),
    "a PostScript program": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "an ICO": _as(_SMALL, "ICO"),
    "a PDF": b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF",
}
