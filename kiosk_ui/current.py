"""What is current on a board, as its declaration has it: what stands, what is to come, what is new.

Nothing is hidden by a clock alone: what is old is counted and pointed to.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from kiosk_ui import dates
from kiosk_ui.screen import Screen
from kiosk_ui.shown import Shown
from node.boards.declaration import Board, FieldType

ALERTS_MAX = 1_000
ALERTS_SHOWN_MAX = 6
OLD_AFTER = timedelta(days=3)
"""What presses by no stated level and is older than this is pointed to instead of shown."""

LONGEST = timedelta(days=400)
"""What began earlier than that is over, whatever it says."""
EVENTS_MAX = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """What an alert board has to say now."""

    board: Board
    real: Sequence[Shown]  # what presses most first
    more: int  # stand too
    old: int  # stand too, but were issued long ago
    practice: Sequence[Shown]
    newest: str  # when the newest one held was issued, in words; "" where none is held
    newest_age: str


def alerts(screen: Screen, board: Board) -> Alerts:
    """What stands, apart from what is only practice."""
    shown = all_alerts(screen, board)
    standing = [item for item in shown if not item.over]
    real = [item for item in standing if not item.practice]
    pressing = _pressing(real, screen.now())
    newest = max(filter(None, map(issued, shown)), default=None)
    return Alerts(
        board=board,
        real=pressing[:ALERTS_SHOWN_MAX],
        more=len(pressing[ALERTS_SHOWN_MAX:]),
        old=len(real) - len(pressing),
        practice=_practice(standing, screen.now())[:ALERTS_SHOWN_MAX],
        newest=dates.moment_in_words(newest, screen.now()) if newest else "",
        newest_age=dates.ago(newest, screen.now()) if newest else "",
    )


def standing_alerts(screen: Screen, board: Board) -> list[Shown]:
    """What stands now and isn't old, what presses most first; practice after it."""
    standing = [item for item in all_alerts(screen, board) if not item.over]
    real = [item for item in standing if not item.practice]
    return _pressing(real, screen.now()) + _practice(standing, screen.now())


def all_alerts(screen: Screen, board: Board) -> Sequence[Shown]:
    """The newest `ALERTS_MAX`, in the order that every page and paper has them."""

    def drawn() -> Iterable[Shown]:
        newest_first = map(screen.draw, screen.node.posts(board, limit=ALERTS_MAX))
        return sorted(newest_first, key=_place)

    return screen.drawn.once(screen.moment(), ("alerts", board.name), drawn)


def _place(item: Shown) -> tuple[bool, bool, int]:
    """What is in force before practice, practice before what is over; what presses most first."""
    in_force = not item.over and not item.practice
    return item.over, item.practice, -item.urgency if in_force else 0


def _pressing(real: Sequence[Shown], now: datetime) -> list[Shown]:
    return [item for item in real if item.urgency or not _is_old(item, now)]


def presses(item: Shown, now: datetime) -> bool:
    """Whether it is an alert that is in force, and no old one."""
    real = item.board.lane_class == "alert" and not item.over and not item.practice
    return real and bool(_pressing([item], now))


def is_of_no_use(item: Shown, now: datetime) -> bool:
    """Whether it is over: by its own word, by its day, or as an alert that got old."""
    is_old = item.board.lane_class == "alert" and _is_old(item, now) and not item.urgency
    return item.over or is_past(item, now) or is_old


def _practice(standing: Sequence[Shown], now: datetime) -> list[Shown]:
    return [item for item in standing if item.practice and not _is_old(item, now)]


def issued(item: Shown) -> datetime | None:
    """When its issuer says it was announced."""
    return dates.read_moment(item.post.text(item.board.order.field))


def _is_old(item: Shown, now: datetime) -> bool:
    moment = issued(item)
    return moment is not None and now - moment > OLD_AFTER


def is_by_day(board: Board) -> bool:
    """Whether it is a board of things that are on at some day."""
    field = board.field(board.order.field)
    return field is not None and field.type is FieldType.DATE and not board.order.newest_first


def is_by_arrival(board: Board) -> bool:
    """Whether what was posted last stands first."""
    return not board.order.field and board.order.newest_first


def to_come(screen: Screen, board: Board) -> Sequence[Shown]:
    """What is on today or later, or at a day that isn't known; the next one first."""

    def drawn() -> Iterator[Shown]:
        since = (dates.today(screen.now()) - LONGEST).isoformat()
        posts = screen.node.posts(board, limit=EVENTS_MAX, since=since)
        return (item for post in posts if not is_past(item := screen.draw(post), screen.now()))

    return screen.drawn.once(screen.moment(), ("to come", board.name), drawn)


def between(screen: Screen, board: Board, first: date, last: date) -> list[Shown]:
    """What is on at some day from `first` to `last`."""
    posts = screen.node.posts(board, limit=EVENTS_MAX, since=(first - LONGEST).isoformat())
    drawn = (screen.draw(post) for post in posts)
    return [item for item in drawn if item.day and item.day <= last and _last_day(item) >= first]


def is_on(item: Shown, day: date) -> bool:
    """Whether it is on that day."""
    return item.day is not None and item.day <= day <= _last_day(item)


def _last_day(item: Shown) -> date:
    first = item.day or date.min
    return max(dates.read_date(item.post.text(item.board.order.until)) or first, first)


def standing(screen: Screen, board: Board, *, limit: int) -> Sequence[Shown]:
    """What a paper or a file of the board holds: what is to come, or what isn't over."""
    if is_by_day(board):
        return to_come(screen, board)[:limit]
    if board.lane_class == "alert":
        return [item for item in all_alerts(screen, board) if not item.over][:limit]
    posts = screen.node.posts(board, limit=limit)
    return [item for post in posts if not (item := screen.draw(post)).over]


def hour_in_words(screen: Screen) -> str:
    """The full hour: what is taken along again within it is the same to the letter."""
    hour = screen.now().replace(minute=0, second=0, microsecond=0)
    return dates.moment_in_words(hour, screen.now())


def has_begun(screen: Screen) -> Callable[[Shown], bool]:
    """Whether it began on an earlier day."""
    today = dates.today(screen.now())
    return lambda item: item.day is not None and item.day < today


def past(screen: Screen, board: Board) -> list[Shown]:
    """All the rest, the last one first."""
    coming = {item.post.address for item in to_come(screen, board)}
    posts = screen.node.posts(board, limit=EVENTS_MAX)
    return [screen.draw(post) for post in posts if post.address not in coming][::-1]


def is_past(item: Shown, now: datetime) -> bool:
    """Whether its last day is over."""
    last = dates.read_date(item.post.text(item.board.order.until)) or item.day
    return last is not None and max(last, item.day or last) < dates.today(now)


def newest(screen: Screen, board: Board, *, limit: int) -> Sequence[Shown]:
    """What came last and still stands."""

    def drawn() -> Iterator[Shown]:
        posts = screen.node.posts(board, limit=10 * limit)
        standing = (item for post in posts if not (item := screen.draw(post)).over)
        return islice(standing, limit)

    return screen.drawn.once(screen.moment(), ("newest", board.name, limit), drawn)
