"""`/design` shows every piece that the style knows, those made later too."""

import re
from pathlib import Path

import kiosk_ui
from kiosk_ui.app import create_app
from tests.kiosk_ui.reading import elements
from tests.kiosk_ui.town import NOW, Town

STYLE = Path(kiosk_ui.__file__).parent / "static" / "style"
_COMMENT, _SELECTORS = re.compile(r"/\*.*?\*/", re.DOTALL), re.compile(r"[^{}]+(?=\{)")

NO_PIECES = {
    "how somebody wants pages to look": "furigana-on size-large size-larger theme-contrast"
    " theme-night",
    "kinds of pages": "ask attract calendar carry form home keypad looking message papers receipt"
    " record six-words-page status steps-page",
    "where pieces stand": "calendar-head column columns joining-code joining-columns lead"
    " looking-columns machines panel panel-1 panel-2 practice-strip tiles today",
    "what a script makes, or a state of the whole screen": "dark digits keyboard later letters-grid"
    " offscreen tools typing",
    "a link around slides, and words in a panel that is there": "attract-phone attract-touch",
    "lines of text without a look of their own": "card-line steps",
    "boxes of a browser's own, on phones": "in-date in-time",
    "in the frame of phones": "languages",
}
"""Names in the style that are no piece to be looked at by itself, and why."""


def test_every_piece_of_the_style_is_on_the_page_of_pieces(town: Town) -> None:
    app = create_app(town.kamigo, now=lambda: NOW, development=True)
    page = app.test_client().get("/design")
    assert page.status_code == 200
    shown = {
        name
        for tag in set(re.findall(r"<(\w+)", page.text))
        for attributes in elements(page, tag)
        for name in attributes.get("class", "").split()
    }
    style = "".join(_COMMENT.sub("", each.read_text()) for each in STYLE.glob("*.css"))
    known = set(re.findall(r"\.([a-z][a-z0-9-]*)", "".join(_SELECTORS.findall(style))))
    assert known - shown == {name for names in NO_PIECES.values() for name in names.split()}
