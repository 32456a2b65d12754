"""What every template may use: who and where we are, how large letters are, how to draw a QR."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache

from flask import Flask, request
from markupsafe import Markup

from kiosk_ui.alert_words import in_your_words
from kiosk_ui.cards import kept_card
from kiosk_ui.controls import Control
from kiosk_ui.dates import month, weekday
from kiosk_ui.furigana import Furigana, expect, is_expected
from kiosk_ui.kiosk import at_the_kiosk
from kiosk_ui.languages import language
from kiosk_ui.links import known_links
from kiosk_ui.looks import LOOKS, chosen_looks
from kiosk_ui.news import News
from kiosk_ui.picking import Picker, picker
from kiosk_ui.screen import Screen
from kiosk_ui.static_files import StaticFile
from kiosk_ui.taking import wifi_code
from kiosk_ui.unbroken import unbroken
from kiosk_ui.ways_to_look import known_ways
from node.calling import Call, WhomToCall
from node.qr import qr

CALLS_MAX = 50
"""Ways in which whom to call is said: by language and readings, here and on phones."""


def add_frame(
    app: Flask,
    screen: Screen,
    static: Mapping[str, StaticFile],
    news: News,
    furigana: Furigana,
) -> None:
    """Give it to all templates."""
    url_for = known_links(app)
    ways_to_look, ways_to_languages = known_ways(app)
    whom = WhomToCall(screen.node.settings.folder)

    def static_url(name: str) -> str:
        return url_for("static_files.static_file", name=name, v=static[name].digest)

    def picker_of(control: Control, others: Sequence[Control]) -> Picker | None:
        return picker(control, others, screen.now())

    app.jinja_env.globals.update(
        url_for=url_for,
        kept_card=kept_card,
        icon=known_icons(app),
        qr=qr,
        picker_of=picker_of,
        wifi_code=wifi_code,
        weekday=weekday,
        month=month,
        in_your_words=in_your_words,
        static_url=static_url,
        ways_to_look=ways_to_look,
        ways_to_languages=ways_to_languages,
        looks=LOOKS,
        place=screen.node.settings.name,
        town=screen.node.town_name,
        boards=screen.node.boards,
        news_now=news.now,
        whom_to_call=whom.now,
        call_panel=known_call(app, whom),
    )

    app.jinja_env.globals["expect_furigana"] = expect
    app.jinja_env.filters["furigana"] = furigana.over
    app.jinja_env.filters["unbroken"] = unbroken

    @app.context_processor
    def of_this_request() -> dict[str, object]:
        here = request.full_path.rstrip("?") if request.method == "GET" else "/"
        return {"chosen": chosen_looks(), "at_the_kiosk": at_the_kiosk(), "here": here}


def known_call(app: Flask, whom: WhomToCall) -> Callable[[bool], Markup]:
    """Whom to call, as it stands on each screen: drawn once for each language."""

    @lru_cache(CALLS_MAX)
    def drawn(told: Call | None, at_the_kiosk: bool, language: str, readings: bool) -> Markup:
        macro = app.jinja_env.get_template("_call.html").module.call  # type: ignore[attr-defined]  # its macro
        made: Markup = macro(told, at_the_kiosk)
        return made

    return lambda kiosk: drawn(whom.now(), kiosk, language().key, is_expected())


def known_icons(app: Flask) -> Callable[[str], Markup]:
    """The pictures beside words, each drawn once: it depends on its name alone."""

    @cache
    def icon(name: str) -> Markup:
        drawn: Markup = app.jinja_env.get_template("_icons.html").module.icon(name)  # type: ignore[attr-defined]  # its macro
        return drawn

    return icon
