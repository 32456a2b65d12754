"""An alert of a known kind in the reader's words, beside the official ones."""

from collections.abc import Iterator, Sequence

from kiosk_ui.shown import Shown
from node.language.alerts import known_kinds
from node.words import Said, reader


def in_your_words(shown: Shown) -> tuple[Said, ...]:
    """For templates: what is in force; nothing for whoever reads the official words."""
    if reader.get() is None or shown.board.lane_class != "alert" or shown.over:
        return ()
    return known_kinds(shown.post.text(shown.board.title), _kinds(shown.post.fields.get("kinds")))


def _kinds(value: object) -> Iterator[Sequence[str]]:
    for row in value if isinstance(value, list) else ():
        if isinstance(row, list) and row and all(isinstance(text, str) for text in row):
            yield row
