"""What the kiosk does when nobody touches it: forget the visitor, show what is on, or go dark.

Nothing here is asked by a phone. `static/kiosk.js` watches for touches and asks these pages.
"""

from datetime import datetime, time, timedelta

from flask import Blueprint, Response, abort, jsonify, render_template, request

from kiosk_ui import current, dates, forms
from kiosk_ui.kept_pages import KeptPages
from kiosk_ui.kiosk import at_the_kiosk
from kiosk_ui.looks import forget_looks
from kiosk_ui.screen import Screen
from kiosk_ui.shown import Shown
from sync.entry import Quality
from sync.machine import clock

SLIDES_MAX = 12
PRESSES = 4
"""From this 警戒レベル on, the screen stays on all night."""


def idle_pages(screen: Screen, kept: KeptPages) -> Blueprint:
    """`/leave`, `/attract`, `/kiosk` and `/away`."""
    pages = Blueprint("idle", __name__)

    @pages.post("/leave")
    def leave() -> Response:
        response = forget_looks(screen.drafts.forget(forms.see_other("/")))
        if screen.sessions.of_this_request():
            screen.sessions.end()
            screen.sessions.remember(response)
        return response

    @pages.get("/attract")
    @kept.page
    def attract() -> str:
        _only_here()
        alerts = [
            current.alerts(screen, board)
            for board in screen.node.boards.values()
            if board.lane_class == "alert"
        ]
        return render_template(
            "attract.html",
            today=dates.day_in_words(dates.today(screen.now()), screen.now()),
            alerts=[item for each in alerts for item in (*each.real, *each.practice)],
            coming=_coming(screen)[:SLIDES_MAX],
            address=screen.outside_address("/"),
        )

    @pages.get("/kiosk")
    def state() -> Response:
        _only_here()
        screen.heartbeat.beat(rests="rests" in request.args)
        return jsonify(
            version=screen.node.version(),
            dark=is_dark(screen, sure=is_sure()),
        )

    @pages.get("/away")
    def away() -> str:
        return render_template("away.html")

    return pages


def _only_here() -> None:
    if not at_the_kiosk():
        abort(404)


def _coming(screen: Screen) -> list[Shown]:
    """What is on today, else what is next, of every board that goes by days."""
    coming = [
        item
        for board in screen.node.boards.values()
        if board.lane_class != "alert" and current.is_by_day(board)
        for item in current.to_come(screen, board)
    ]
    today = [item for item in coming if item.nearness in ("今日", "開催中")]
    return today or coming


def is_sure() -> bool:
    """Whether this machine's clock may darken its screen."""
    return clock.now().quality is not Quality.UNKNOWN


def is_dark(screen: Screen, *, sure: bool) -> bool:
    """Whether the screen is to be off: at night, by a clock that is sure of its time.

    What was announced since it went off puts it on, and so does what presses.
    """
    hours = screen.node.settings.screen_off
    if hours is None or not sure:
        return False
    since = off_since(screen.now(), *hours)
    if since is None:
        return False
    for board in screen.node.boards.values():
        if board.lane_class == "alert":
            for item in current.alerts(screen, board).real:
                issued = current.issued(item)
                if item.urgency >= PRESSES or issued is None or issued >= since:
                    return False
    return True


def off_since(now: datetime, begins: time, ends: time) -> datetime | None:
    """When tonight's dark hours began; None outside of them."""
    here = now.astimezone(dates.JAPAN)
    for day in (here.date(), here.date() - timedelta(days=1)):
        since = datetime.combine(day, begins, dates.JAPAN)
        until = datetime.combine(day + timedelta(days=ends <= begins), ends, dates.JAPAN)
        if since <= here < until:
            return since
    return None
