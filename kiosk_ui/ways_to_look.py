"""The links by which people change how pages look: the same on all pages, but for the way back.

So they are drawn once for each language and look, and where they lead back to is put in after.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

from flask import Flask
from markupsafe import Markup, escape

from kiosk_ui.languages import Language, languages
from kiosk_ui.links import leading_back
from kiosk_ui.wording import in_japanese

KEPT_MAX = 100
_ANYWHERE = "/anywhere"


def known_ways(
    app: Flask,
) -> tuple[
    Callable[[Language, Mapping[str, str], bool, str], Markup], Callable[[Language], Markup]
]:
    """To other looks, for the page at a path; and to the home screen in other languages."""

    def draw(macro: str, *told: object) -> Markup:
        template = app.jinja_env.get_template("_ways_to_look.html")
        drawn: Markup = getattr(template.module, macro)(*told)
        return drawn

    @lru_cache(KEPT_MAX)
    def ways(
        language: Language, chosen: tuple[tuple[str, str], ...], in_form: bool, _: bool
    ) -> Markup:
        return draw("ways_to_look", language, dict(chosen), in_form, _ANYWHERE)

    @lru_cache(KEPT_MAX)
    def ways_to_languages(language: Language, _: bool) -> Markup:
        return draw("ways_to_languages", language, languages().values())

    def ways_from(
        language: Language, chosen: Mapping[str, str], in_form: bool, here: str
    ) -> Markup:
        known = ways(language, tuple(chosen.items()), in_form, in_japanese())
        return known.replace(leading_back(_ANYWHERE), escape(leading_back(here)))

    return ways_from, lambda language: ways_to_languages(language, in_japanese())
