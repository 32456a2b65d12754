"""The style sheets, put together from a file for each layer; what comes later overrules.

What only a kiosk draws is a sheet of its own, so that no phone fetches it.

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
    "picking",
    "print",
)
"""Each is `static/style/<name>.css`. A board or feature with looks of its own is one more."""

KIOSK_LAYERS = ("keyboard", "idle", "picking")

_COMMENT = re.compile(r"/\*(?!!).*?\*/\s*", re.DOTALL)
_INDENTED = re.compile(r"\n\s+")
_DECLARED = re.compile(r"(?<=[{;\n])([-\w]+): ")
_AROUND = re.compile(r" ?([{};]) ?(\}?)")
"""Signs beside which a blank says nothing; no string in a sheet of ours holds one."""


def style_sheet(pixel_millimetres: float | None) -> bytes:
    """What everybody sees, and after it what is known of the screen that stands here."""
    parts = [f"@layer {', '.join(LAYERS)}, device;"]
    parts += [_layer(name) for name in LAYERS if name not in KIOSK_LAYERS]
    if pixel_millimetres is not None:
        parts.append(f"@layer device {{ .kiosk {{ --mm: {1 / pixel_millimetres:.3f}px; }} }}")
    return "\n".join(parts).encode() + b"\n"


def kiosk_sheet() -> bytes:
    """What a kiosk draws beside that, in its places among the layers that the first one names."""
    return "\n".join(map(_layer, KIOSK_LAYERS)).encode() + b"\n"


def _layer(name: str) -> str:
    file = files("kiosk_ui").joinpath("static", "style", f"{name}.css")
    return f"@layer {name} {{\n{_tight(_COMMENT.sub('', file.read_text()))}}}"


def _tight(rules: str) -> str:
    """Without blanks that are for who writes them."""
    tight = _AROUND.sub(r"\1\2", _INDENTED.sub("\n", rules)).replace(";}", "}")
    return _DECLARED.sub(r"\1:", tight)
