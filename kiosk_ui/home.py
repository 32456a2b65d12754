"""The home screen: all of it in one look.

What stands between its head and its foot is the same for everybody who reads that language, so it
is drawn once a moment (`kiosk_ui/drawn.py`) and not for each size of letters.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template
from markupsafe import Markup

from kiosk_ui import current, dates
from kiosk_ui.furigana import is_expected
from kiosk_ui.kept_pages import KeptPages
from kiosk_ui.kiosk import at_the_kiosk
from kiosk_ui.languages import language
from kiosk_ui.screen import Screen
from kiosk_ui.shown import Shown
from node.boards.declaration import Board
from node.membership import Membership, in_words
from node.words import say
from sync.letters import fingerprint

TO_COME_MAX = 5
NEWEST_MAX = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The first few posts of a board."""

    board: Board
    heading: str
    nothing: str
    items: Sequence[Shown]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What stands there."""

    alerts: Sequence[current.Alerts]
    panels: Sequence[Panel]
    address: str  # for phones
    mishap: str
    membership: Membership
    not_a_member: Sequence[str]


def home_page(screen: Screen, kept: KeptPages) -> Blueprint:
    """`/`."""
    pages = Blueprint("home", __name__)

    @pages.get("/")
    @kept.page
    def home() -> str:
        return render_template(
            "home.html",
            today=dates.day_in_words(dates.today(screen.now()), screen.now()),
            main=main,
        )

    def main(draw: Callable[[Home, bool], Markup]) -> Markup:
        """What the macro `draw` makes of it; asked for within the page that it is part of."""
        address, kiosk = screen.outside_address("/"), at_the_kiosk()
        name = ("home", language().key, is_expected(), address, kiosk)
        return screen.drawn.part(screen.moment(), name, lambda: draw(_home(screen, address), kiosk))

    return pages


def _home(screen: Screen, address: str) -> Home:
    return Home(
        alerts=[
            current.alerts(screen, board)
            for board in screen.node.boards.values()
            if board.lane_class == "alert"
        ],
        panels=list(_panels(screen)),
        address=address,
        mishap=_mishap(screen),
        membership=screen.node.membership,
        not_a_member=in_words(screen.node.membership, fingerprint(screen.node.identity.public)),
    )


def _mishap(screen: Screen) -> str:
    """When the ledger was begun anew, in words; "" where it wasn't, or that was dismissed."""
    mishap = screen.node.mishap()
    if mishap is None:
        return ""
    found = dates.read_moment(mishap.found) if mishap.clock == "trusted" else None
    return dates.moment_in_words(found, screen.now()) if found else say("日時未確認")


def _panels(screen: Screen) -> Iterator[Panel]:
    for board in screen.node.boards.values():
        if board.lane_class == "alert":
            continue
        if current.is_by_day(board):
            # What runs for weeks must not hide what is on tomorrow.
            items = sorted(current.to_come(screen, board), key=current.has_begun(screen))
            yield Panel(
                board=board,
                heading=say("これからの{label}", label=board.label),
                nothing=say("これからの{label}は、まだのっていません。", label=board.label),
                items=items[:TO_COME_MAX],
                more=len(items[TO_COME_MAX:]),
            )
        elif current.is_by_arrival(board):
            yield Panel(
                board=board,
                heading=say("新しい{label}", label=board.label),
                nothing=say("{label}は、まだのっていません。", label=board.label),
                items=current.newest(screen, board, limit=NEWEST_MAX),
                more=max(0, sum(screen.node.sections(board).values()) - NEWEST_MAX),
            )
