"""A post in a list, as it was drawn for whoever read it in that language before.

It is kept in the post that it is drawn of (`kiosk_ui/drawn.py`), and so no longer than that.
"""

from collections.abc import Callable

from markupsafe import Markup

from kiosk_ui.furigana import is_expected
from kiosk_ui.languages import language
from kiosk_ui.shown import Shown

OF_POST_MAX = 4
"""By list, language and readings: so many of one post are kept."""


def kept_card(draw: Callable[..., Markup], shown: Shown, *told: object, **named: object) -> Markup:
    """What the macro `draw` makes of the post and the rest; it must depend on nothing else."""
    key = (told, tuple(named.items()), language().key, is_expected())
    card = shown.cards.get(key)
    if card is None:
        card = draw(shown, *told, **named)
        if len(shown.cards) >= OF_POST_MAX:
            shown.cards.clear()
        shown.cards[key] = card
    return card
