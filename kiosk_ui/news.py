"""What every page may have to say at once: that something changed, and which alerts stand.

It is all in one small message, the same on a stream and to whoever polls, so nobody misses what
came while they didn't listen. Other processes of this machine commit too; while somebody listens,
the ledger's version is looked at for all of them.
"""

import json
import sqlite3
import threading
from dataclasses import dataclass
from hashlib import sha256

from kiosk_ui import current
from kiosk_ui.drawn import Moment
from kiosk_ui.screen import Screen
from kiosk_ui.shown import Shown
from kiosk_ui.streams import Streams

LOOK_SECONDS = 0.04
ALERTS_MAX = 24
"""In one message; what presses most goes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """How it stands."""

    version: int
    alerts: str  # a mark for each that stands; a new or changed one has a new mark
    message: bytes


class News:
    """Of one node."""

    def __init__(self, screen: Screen) -> None:
        """Nothing is known yet."""
        self._screen = screen
        self._known: tuple[Moment, Now] | None = None

    def now(self) -> Now:
        """Drawn once for each version, and each minute: an alert grows old."""
        moment = self._screen.moment()
        known = self._known
        if known is None or known[0] != moment:
            known = self._known = (moment, self._draw(moment[0]))
        return known[1]

    def _draw(self, version: int) -> Now:
        standing = [
            item
            for board in self._screen.node.boards.values()
            if board.lane_class == "alert"
            for item in current.standing_alerts(self._screen, board)
        ][:ALERTS_MAX]
        marks = [_mark(item) for item in standing]
        told = {
            "version": version,
            "alerts": [
                {
                    "id": mark,
                    "marks": [each.label for each in item.loud],
                    "title": item.title,
                    "path": f"/records/{item.post.address}",
                }
                for mark, item in zip(marks, standing, strict=True)
            ],
        }
        message = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        return Now(version=version, alerts=" ".join(marks), message=message)


def _mark(item: Shown) -> str:
    return sha256(repr((item.post.address, item.post.versions)).encode()).hexdigest()[:8]


class Watch:
    """Tells streams what is new, in a thread that is there while somebody listens."""

    def __init__(self, screen: Screen, news: News, streams: Streams) -> None:
        """Nobody listens yet."""
        self._screen, self._news, self._streams = screen, news, streams
        self._lock = threading.Lock()
        self._watched = False

    def begin(self) -> None:
        """Somebody listens."""
        with self._lock:
            if not self._watched:
                self._watched = True
                threading.Thread(target=self._watch, name="news", daemon=True).start()

    def _watch(self) -> None:
        said = None
        while self._goes_on():
            try:
                now = self._news.now()
                if now.version != said:
                    self._streams.say(now.message)
                    said = now.version
            except sqlite3.Error as wrong:
                self._screen.give_up(wrong)
            threading.Event().wait(LOOK_SECONDS)

    def _goes_on(self) -> bool:
        with self._lock:
            self._watched = self._streams.count > 0
            return self._watched
