"""How many residents' posts go straight in: so many a day on each board, the rest waits for a look.

It fills up when a day begins by a clock that was set, after a day of running by one that wasn't,
and with every new decision about it. Nothing is refused because of a clock: what is beyond waits.
Phones leave a quarter of it to the kiosk, and one phone takes an eighth at most.
"""

from collections.abc import Callable
from datetime import timedelta, timezone
from hashlib import sha256

from node.moderation.sources import KIOSK, Share
from sync import cbor
from sync.admission import Wish
from sync.entry import Quality
from sync.machine import clock
from sync.machine.clock import Moment
from sync.machine.database import Database

DAY_SECONDS = 86_400.0
PHONES_REMEMBERED_MAX = 4_096
_JAPAN = timezone(timedelta(hours=9))
_SURE = (Quality.TRUSTED, Quality.CARRIED)


class Allowance:
    """What is used of it: in all on the disk; by which phone, in this process alone."""

    def __init__(self, database: Database, *, running: Callable[[], float] = clock.running) -> None:
        """Over the tables in that database; `running` is seconds that only grow."""
        self._database = database
        self._running = running
        self._filled: dict[str, float] = {}  # by board
        self._phones: dict[tuple[str, str], int] = {}  # by board and mark

    def take(self, board: str, source: str, wish: Wish, moment: Moment) -> bool:
        """Whether one more post goes straight in, and count it; in a transaction."""
        phones, kiosk = self._used(board, wish, moment)
        this = self._phones.get((board, source), 0)
        share = Share(all=phones + kiosk, phones=phones, this=this)
        if not share.leaves_room(wish.allowance, source):
            return False
        if source != KIOSK:
            if len(self._phones) >= PHONES_REMEMBERED_MAX and (board, source) not in self._phones:
                return False
            self._phones[board, source] = this + 1
        column = "kiosk" if source == KIOSK else "phones"
        self._database.connection.execute(
            f"UPDATE desk_allowances SET {column} = {column} + 1 WHERE board = ?", (board,)
        )
        return True

    def used(self, board: str) -> int:
        """How many went straight in since it was full."""
        row = self._database.connection.execute(
            "SELECT phones + kiosk FROM desk_allowances WHERE board = ?", (board,)
        ).fetchone()
        return int(row[0]) if row else 0

    def _used(self, board: str, wish: Wish, moment: Moment) -> tuple[int, int]:
        """By phones and by the kiosk, after it was filled up if that was due."""
        said = sha256(cbor.encode([list(version) for version in sorted(wish.said)])).digest()
        sure = moment.quality in _SURE
        day = moment.at.astimezone(_JAPAN).date().isoformat() if sure else ""
        connection = self._database.connection
        row = connection.execute(
            "SELECT day, said, phones, kiosk FROM desk_allowances WHERE board = ?", (board,)
        ).fetchone()
        now = self._running()
        if row is not None:
            began = self._filled.setdefault(board, now)
            # A clock that was set back is no new day; one that was never set is none either.
            is_due = (
                bytes(row[1]) != said
                or now - began >= DAY_SECONDS
                or (day > row[0] if day else False)
            )
            if not is_due:
                return row[2], row[3]
        self._filled[board] = now
        self._phones = {key: used for key, used in self._phones.items() if key[0] != board}
        before = row[0] if row is not None else ""
        connection.execute(
            "INSERT OR REPLACE INTO desk_allowances VALUES (?, ?, ?, 0, 0)",
            (board, max(day, before), said),
        )
        return 0, 0
