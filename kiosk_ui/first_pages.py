"""The first page that somebody opens brings the style sheet along.

A sheet of its own is asked for once the page is there, and on a slow line that is one more way
there and back before anything is seen. Who comes from another page of ours has the sheet by then;
who comes by a QR code, or in a browser that forgets all, hasn't. For the pages after the first it
is fetched behind what is read.
"""

import base64
import re
import zlib
from hashlib import sha256
from struct import pack
from typing import TYPE_CHECKING

from kiosk_ui.headers import guarding

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

_LINK = re.compile(rb'<link rel="stylesheet" href="([^"]+)">\n')
_STYLE, _END_OF_STYLE, _END = b"<style>", b"</style>\n", b"</body>"
_PREFETCH = b'<link rel="prefetch" href="%b" as="style">\n'
_RAW = -zlib.MAX_WBITS  # deflate alone
_GZIP_HEAD = bytes([0x1F, 0x8B, zlib.DEFLATED, *[0] * 6, 0xFF])  # RFC 1952, 2.3


def is_first(environ: "WSGIEnvironment") -> bool:
    """Whether who asks comes from elsewhere (RFC 9110, 10.1.3)."""
    here = f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST', '')}/"
    return not environ.get("HTTP_REFERER", "").startswith(here)


class FirstPages:
    """With one sheet, which is packed once for all of them."""

    def __init__(self, sheet: bytes) -> None:
        """`sheet`: CSS, as it is sent by itself."""
        self._sheet = sheet
        self._packed = _deflate(sheet, 9)
        digest = base64.b64encode(sha256(sheet).digest()).decode()
        self.guarding = guarding(style=f"'sha256-{digest}'")

    def packed(self, page: bytes, level: int) -> bytes | None:
        """That page with the sheet in it, as gzip (RFC 1952); None where it has none to bring."""
        links, end = list(_LINK.finditer(page)), page.rfind(_END)
        if len(links) != 1:  # the kiosk has two, and a line as short as can be
            return None
        (link,) = links
        before = page[: link.start()] + _STYLE
        after = b"".join((_END_OF_STYLE, page[link.end() : end], _PREFETCH % link[1], page[end:]))
        whole = zlib.crc32(after, zlib.crc32(self._sheet, zlib.crc32(before)))
        size = len(before) + len(self._sheet) + len(after)
        return b"".join(
            (
                _GZIP_HEAD,
                _deflate(before, level),
                self._packed,
                _deflate(after, level, zlib.Z_FINISH),
                pack("<II", whole, size),
            )
        )


def _deflate(part: bytes, level: int, end: int = zlib.Z_FULL_FLUSH) -> bytes:
    """One that needs nothing of what stands before it (RFC 1951); others may follow."""
    packer = zlib.compressobj(level, wbits=_RAW)
    return packer.compress(part) + packer.flush(end)
