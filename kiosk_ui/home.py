"""The home screen: all of it in one look."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template

from kiosk_ui import current, dates
from kiosk_ui.kept_pages import KeptPages
from kiosk_ui.screen import Screen
from kiosk_ui.shown import Shown
from node.boards.declaration import Board
from node.membership import in_words
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


def home_page(screen: Screen, kept: KeptPages) -> Blueprint:
    """`/`."""
    pages = Blueprint("home", __name__)

    @pages.get("/")
    @kept.page
    def home() -> str:
        return render_template(
            "home.html",
            today=dates.day_in_words(dates.today(screen.now()), screen.now()),
            alerts=[
                current.alerts(screen, board)
                for board in screen.node.boards.values()
                if board.lane_class == "alert"
            ],
            panels=list(_panels(screen)),
            address=screen.outside_address("/"),
            mishap=_mishap(screen),
            membership=screen.node.membership,
            not_a_member=in_words(screen.node.membership, fingerprint(screen.node.identity.public)),
        )

    return pages


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
