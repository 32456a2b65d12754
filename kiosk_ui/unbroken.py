"""Names that lose their look where a line ends inside them: 「Wi-Fi」 broke at its hyphen.

No style tells one hyphen from another, and a hyphen that doesn't break (U+2011) is a box in some
fonts and found by no search. So the finished page keeps them together, whoever wrote them.
"""

from markupsafe import Markup

NAME = "Wi-Fi"
_WHOLE = f'<span class="whole">{NAME}</span>'
_BARE_ENDS = tuple(f"</{name}>" for name in ("title", "textarea", "option", "script", "style"))


def unbroken(page: str) -> Markup:
    """The page as it is sent. Words in attributes, and where no tag may stand, are left alone."""
    page = str(page)  # a Markup would write our tags as text
    parts, done = list[str](), 0
    at = page.find(NAME)
    while at >= 0:
        begins, ends = page.rfind(">", 0, at) + 1, page.find("<", at)
        is_text = "<" not in page[begins:at] and ends >= 0
        if is_text and not page.startswith(_BARE_ENDS, ends):
            parts += page[done:begins], _together(page[begins:ends])
            done = ends
        at = page.find(NAME, max(at + len(NAME), done))
    return Markup("".join((*parts, page[done:])))  # noqa: S704  # escaped where it was written


def _together(text: str) -> str:
    """As one piece, also where a page puts its pieces side by side."""
    return f"<span>{text.replace(NAME, _WHOLE)}</span>"
