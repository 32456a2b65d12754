"""Text as a QR code: one SVG path without styles, so that the strictest CSP lets it show."""

import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby

from markupsafe import Markup

from node.words import say

# All of Pillow would be loaded, for good, for drawers that nobody here asks for; without they are
# left out. It is read by whoever draws pictures, in processes of their own.
sys.modules.setdefault("qrcode.image.styles.moduledrawers.pil", None)  # type: ignore[arg-type]

from qrcode.constants import ERROR_CORRECT_M  # noqa: E402
from qrcode.main import QRCode  # noqa: E402

QUIET_MODULES = 4


_OPENS = say("このページを開くQRコード")


def qr(text: str, title: str = _OPENS) -> Markup:
    """An inline picture, black on white; the text itself is printed beside it."""
    return _picture(text).format(title=title)


@lru_cache(maxsize=512)
def _picture(text: str) -> Markup:
    """Without its title, which is in the reader's language."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_MODULES)
    code.add_data(text)
    matrix = code.get_matrix()
    size = len(matrix)
    return Markup(
        '<svg class="qr" viewBox="0 0 {size} {size}" role="img" shape-rendering="crispEdges">'
        "<title>{{title}}</title>"
        '<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path fill="#000" d="{path}"/></svg>'
    ).format(size=size, path="".join(_runs(matrix)))


def _runs(matrix: Sequence[Sequence[bool]]) -> Iterator[str]:
    """Each row's dark runs as rectangles, a third of the bytes of one per module."""
    for y, row in enumerate(matrix):
        x = 0
        for dark, modules in groupby(row):
            length = len(list(modules))
            if dark:
                yield f"M{x} {y}h{length}v1h-{length}z"
            x += length
