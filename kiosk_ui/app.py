"""The screens of one node as a WSGI application. Nothing happens at import time."""

from collections.abc import Callable
from datetime import datetime

from flask import Flask

from kiosk_ui import doorway
from kiosk_ui.allowances import count_forms, count_lookups
from kiosk_ui.aloud import aloud_pages
from kiosk_ui.candidates import candidate_words
from kiosk_ui.captive import captive_pages, lead_phones_in
from kiosk_ui.carrying import carrying_pages
from kiosk_ui.changing import changing_pages
from kiosk_ui.choosing import choosing_pages
from kiosk_ui.closed_pages import read_closed_pages
from kiosk_ui.compiled import Application
from kiosk_ui.connections import connections_page
from kiosk_ui.cookies import leave_out_unreadable_cookies
from kiosk_ui.decided import decided_pages
from kiosk_ui.design import design_page
from kiosk_ui.desk import keep_desk_in_japanese
from kiosk_ui.drafts import Drafts
from kiosk_ui.easing import add_easing, easing_pages
from kiosk_ui.elsewhere import town_certificate_pages
from kiosk_ui.erasing import erasing_pages
from kiosk_ui.erasure import erasure_pages
from kiosk_ui.errors import add_error_pages
from kiosk_ui.first_pages import FirstPages
from kiosk_ui.frame import add_frame
from kiosk_ui.furigana import Furigana
from kiosk_ui.handling import handling_pages
from kiosk_ui.headers import add_headers
from kiosk_ui.health import health_page
from kiosk_ui.hiding import hiding_pages
from kiosk_ui.home import home_page
from kiosk_ui.hosts import name_in, refuse_other_names
from kiosk_ui.idle import idle_pages
from kiosk_ui.joining import joining_page
from kiosk_ui.keeping import keeping_pages
from kiosk_ui.kept_pages import KeptPages
from kiosk_ui.languages import add_languages
from kiosk_ui.letters import letters_pages
from kiosk_ui.lists import list_pages
from kiosk_ui.live import live_pages
from kiosk_ui.looks import looks_page
from kiosk_ui.news import News
from kiosk_ui.papers import paper_pages
from kiosk_ui.passphrase import passphrase_pages
from kiosk_ui.people import people_pages
from kiosk_ui.pictures import picture_pages
from kiosk_ui.posting import posting_pages
from kiosk_ui.queries import write_queries_in_ascii
from kiosk_ui.reach import Reach
from kiosk_ui.reading_keys import reading_keys_pages
from kiosk_ui.receipts import receipts_pages
from kiosk_ui.records import record_pages
from kiosk_ui.reporting import reporting_pages, reports_pages
from kiosk_ui.row_numbers import RowNumber
from kiosk_ui.same_site import refuse_strangers
from kiosk_ui.saving import saving_pages
from kiosk_ui.screen import Screen
from kiosk_ui.search import search_page
from kiosk_ui.sessions import Sessions
from kiosk_ui.signed_in import add_sessions
from kiosk_ui.signing_in import signing_in_pages
from kiosk_ui.signing_in_elsewhere import signing_in_elsewhere_pages
from kiosk_ui.six_words import only_chooses, six_words_pages
from kiosk_ui.static_files import read_static_files, static_pages
from kiosk_ui.steps import steps_pages
from kiosk_ui.stick import stick_page
from kiosk_ui.streams import Streams
from kiosk_ui.switching import switching_pages
from kiosk_ui.taking import taking_pages
from kiosk_ui.towns import towns_page
from kiosk_ui.uploads import take_uploads
from kiosk_ui.waiting import waiting_pages
from kiosk_ui.wishing import wishing_pages
from kiosk_ui.writing import writing_pages
from node.language.names import read_names
from node.moderation.desk import Desk
from node.node import Node
from node.pins import PASSPHRASES_FILE, Pins
from node.wifi.plan import own_name
from sync.machine import clock

FORM_BYTES_MAX = 256 << 10


def create_app(
    node: Node,
    *,
    reach: Reach | None = None,
    now: Callable[[], datetime] = clock.at,
    start_anew: Callable[[], None] = lambda: None,
    development: bool = False,
    closed: bool = False,
) -> Flask:
    """The application of that node; `reach` says where phones find it.

    `start_anew` is called when the ledger was given up and this process should end.
    `closed`: it is served over TLS, to whoever is elsewhere. `development` adds pages for those who
    build the screens.
    """
    short = node.identity.public[:4].hex()
    screen = Screen(
        node=node,
        now=now,
        desk=Desk(node),
        pins=Pins(node.settings.folder),
        passphrases=Pins(node.settings.folder, file=PASSPHRASES_FILE),
        closed_pages=read_closed_pages(node.settings.folder, node.settings.https),
        sessions=Sessions(
            cookie=f"__Host-elsewhere-{short}" if closed else f"session-{short}", elsewhere=closed
        ),
        drafts=Drafts(cookie=f"visit-{short}"),
        reach=reach or Reach(named=node.settings.called),
        start_anew=start_anew,
    )
    static = read_static_files(node.settings.pixel_millimetres)
    kept = KeptPages(screen, FirstPages(static["app.css"].content))
    news, streams = News(screen), Streams()
    furigana = Furigana(read_names(node.settings.folder))
    app = Application("kiosk_ui", static_folder=None)
    app.url_map.converters["int"] = RowNumber
    app.config["MAX_CONTENT_LENGTH"] = FORM_BYTES_MAX
    app.extensions["screen"] = screen
    app.extensions["streams"] = streams
    app.extensions["kept"] = kept
    for pages in (
        home_page(screen, kept),
        list_pages(screen, kept),
        record_pages(screen, kept),
        picture_pages(screen),
        aloud_pages(screen, kept, furigana),
        search_page(screen),
        candidate_words(screen),
        taking_pages(screen, kept),
        paper_pages(screen),
        saving_pages(screen),
        posting_pages(screen),
        steps_pages(screen),
        changing_pages(screen),
        carrying_pages(screen),
        stick_page(screen),
        idle_pages(screen, kept),
        live_pages(screen, kept, news, streams),
        connections_page(screen, kept),
        joining_page(screen),
        towns_page(screen, kept),
        signing_in_pages(screen),
        signing_in_elsewhere_pages(screen),
        passphrase_pages(screen),
        town_certificate_pages(screen),
        people_pages(screen),
        hiding_pages(screen),
        choosing_pages(screen),
        receipts_pages(screen),
        waiting_pages(screen),
        reporting_pages(screen),
        reports_pages(screen),
        wishing_pages(screen),
        decided_pages(screen),
        erasure_pages(screen),
        erasing_pages(screen),
        keeping_pages(screen),
        handling_pages(screen),
        switching_pages(screen),
        writing_pages(screen),
        easing_pages(screen),
        six_words_pages(screen),
        letters_pages(screen),
        reading_keys_pages(screen),
        looks_page(),
        captive_pages(screen),
        static_pages(static),
        health_page(screen),
        doorway.doorway_pages(node),
    ):
        app.register_blueprint(pages)
    if development:
        app.register_blueprint(design_page(screen))
    add_languages(app)
    add_frame(app, screen, static, news, furigana)
    add_easing(app)
    keep_desk_in_japanese(app)
    write_queries_in_ascii(app)
    leave_out_unreadable_cookies(app)
    kept.answer_before(app)
    take_uploads(app)
    lead_phones_in(app, screen)
    certified = screen.closed_pages.names if screen.closed_pages else ()
    wifi = node.settings.wifi
    names = [name_in(node.settings.called), *certified]
    names += [own_name(node.settings)] if wifi and wifi.made_here else []
    refuse_other_names(app, names, but=doorway.ENDPOINTS)
    refuse_strangers(app, but=doorway.ENDPOINTS)
    add_sessions(app, screen, but=doorway.ENDPOINTS | {"carrying.hand_over", "idle.leave"})
    count_forms(
        app,
        but=doorway.ENDPOINTS | {"carrying.hand_over", "easing.look", "writing.save"},
        unless={"six_words.go": only_chooses},
    )
    count_lookups(app)
    add_headers(app, but=doorway.ENDPOINTS)
    add_error_pages(app, screen)
    return app
