"""The one style sheet, put together from a file for each layer; what comes later overrules.

How large things are is said in millimetres where people stand before a screen: `--mm` is how many
pixels one takes, told by the machine's settings. Comments are not sent, but for `/*!`.
"""

import re
from importlib.resources import files

LAYERS = (
    "tokens",
    "themes",
    "base",
    "frame",
    "parts",
    "forms",
    "keeping",
    "finding",
    "search",
    "letters",
    "furigana",
    "keyboard",
    "layout",
    "home",
    "idle",
    "print",
)
"""Each is `static/style/<name>.css`. A board or feature with looks of its own is one more."""

_COMMENT = re.compile(r"/\*(?!!).*?\*/\s*", re.DOTALL)


def style_sheet(pixel_millimetres: float | None) -> bytes:
    """All layers, and after them what is known of the screen that stands here."""
    folder = files("kiosk_ui").joinpath("static", "style")
    parts = [f"@layer {', '.join(LAYERS)}, device;"]
    parts += [
        f"@layer {name} {{\n{_COMMENT.sub('', folder.joinpath(f'{name}.css').read_text())}}}"
        for name in LAYERS
    ]
    if pixel_millimetres is not None:
        parts.append(f"@layer device {{ .kiosk {{ --mm: {1 / pixel_millimetres:.3f}px; }} }}")
    return "\n".join(parts).encode() + b"\n"
