"""Names that lose their look where a line ends inside them: 「Wi-Fi」 broke at its hyphen.

No style tells one hyphen from another, and a hyphen that doesn't break (U+2011) is a box in some
fonts and found by no search. So the finished page keeps them together, whoever wrote them.
"""

import re

from markupsafe import Markup

NAME = "Wi-Fi"
_TEXT = re.compile(rf"(?<=>)[^<>]*{NAME}[^<>]*(?=<(?!/(?:title|textarea|option|script|style)>))")
_WHOLE = f'<span class="whole">{NAME}</span>'


def unbroken(page: str) -> Markup:
    """The page as it is sent. Words in attributes, and where no tag may stand, are left alone."""
    return Markup(_TEXT.sub(_together, page))  # noqa: S704  # escaped where it was written


def _together(text: re.Match[str]) -> str:
    """As one piece, also where a page puts its pieces side by side."""
    return f"<span>{text[0].replace(NAME, _WHOLE)}</span>"
