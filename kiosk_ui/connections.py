"""How this machine gets on with the others, for its keeper: nothing is shown newer than it is."""

from flask import Blueprint, render_template

from kiosk_ui import dates
from kiosk_ui.kept_pages import KeptPages
from kiosk_ui.screen import Screen
from node.status import for_a_keeper, status
from node.words import say
from sync.machine import clock
from sync.machine.clock import Moment


def connections_page(screen: Screen, kept: KeptPages) -> Blueprint:
    """`/status`."""
    pages = Blueprint("connections", __name__)

    @pages.get("/status")
    @kept.page
    def connections() -> str:
        moment = Moment(screen.now(), clock.now().quality)
        now = status(screen.node, moment)
        words = for_a_keeper(now, moment)
        return render_template(
            "connections.html",
            words=words,
            fingerprint=now.fingerprint,
            version=now.update.version if now.update else now.version,
            troubles=words.troubles,
            begun=any(told.state != "unknown" for told in words.others),
            equal=bool(words.others) and all(told.state == "equal" for told in words.others),
            as_of=dates.moment_in_words(screen.now(), screen.now())
            if words.sure
            else say("日時未確認"),
            counts=[
                (board.label, now.records.get(name, 0))
                for name, board in screen.node.boards.items()
            ]
            + ([(say("役場の決定や期限で内容が消えた投稿"), now.erased)] if now.erased else []),
        )

    return pages
