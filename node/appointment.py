"""Posts that are on at some day, as entries of a calendar (RFC 5545).

Which fields say so is the board's declaration. Times are Japan's, and written in UTC, which every
calendar reads without being told of time zones.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING

from node.boards.declaration import Appointment, Board
from node.post import Post

if TYPE_CHECKING:
    from icalendar import Event

JAPAN = timezone(timedelta(hours=9), "JST")
_MADE_BY = "-//Kairan//Kairan//JA"


def has_appointment(board: Board, post: Post) -> bool:
    """Whether the post says a day on which something is on."""
    return board.appointment is not None and _day(post, board.appointment.starts_on) is not None


def appointment(board: Board, post: Post) -> bytes:
    """A file with that one entry, as short as it may be; it fits a QR code.

    Raises ValueError where `has_appointment` is false.
    """
    return _file([_event(board, post)])


def appointments(board: Board, posts: Iterable[Post], *, name: str) -> bytes:
    """A file with an entry for each post that says a day."""
    made = _file(_event(board, post) for post in posts if has_appointment(board, post))
    # Apple and Google show this as the calendar's name; a bare property, for no RFC has it.
    return made.replace(b"VERSION:2.0\r\n", b"VERSION:2.0\r\n" + _name(name), 1)


def _name(name: str) -> bytes:
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("x-wr-calname", name)
    lines = calendar.to_ical().splitlines(keepends=True)
    return b"".join(lines[1:-1])


def _file(events: Iterable["Event"]) -> bytes:
    from icalendar import Calendar  # only once somebody takes an appointment along

    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", _MADE_BY)
    for event in events:
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event(board: Board, post: Post) -> "Event":
    from icalendar import Event

    told = board.appointment
    first = _day(post, told.starts_on) if told else None
    if told is None or first is None:
        raise ValueError("nothing is on at a known day")
    event = Event()
    event.add("uid", f"{post.address}@{post.town}.kairan")
    event.add("dtstamp", _moment(post.changed.seconds))
    event.add("sequence", post.counter - 1)
    event.add("summary", _summary(board, post))
    begins, ends = _span(post, told, first)
    event.add("dtstart", begins)
    if ends is not None:
        event.add("dtend", ends)
    if place := post.text(told.place):
        event.add("location", place)
    state = post.text(board.state)
    if state in told.cancelled:
        event.add("status", "CANCELLED")
    elif state in told.unsure:
        event.add("status", "TENTATIVE")
    return event


def _summary(board: Board, post: Post) -> str:
    """The title; before it, so that nobody goes there for nothing, that it is off."""
    state = board.field(board.state)
    loud = next(
        (c.label for c in state.choices if c.loud and c.key == post.text(board.state))
        if state
        else iter(()),
        "",
    )
    return f"【{loud}】{post.text(board.title)}" if loud else post.text(board.title)


def _span(
    post: Post, told: Appointment, first: date
) -> tuple[date | datetime, date | datetime | None]:
    """Begin and end; whole days where no time is said. An end that isn't later says nothing."""
    last = _day(post, told.ends_on) or first
    begins, ends = _time(post, told.starts_at), _time(post, told.ends_at)
    if begins is None:
        return first, last + timedelta(days=1) if last > first else None
    start = datetime.combine(first, begins, JAPAN).astimezone(UTC)
    if ends is None:
        return start, None
    end = datetime.combine(last, ends, JAPAN).astimezone(UTC)
    return start, end if end > start else None


def _day(post: Post, field: str) -> date | None:
    try:
        day = date.fromisoformat(post.text(field))
    except ValueError:
        return None
    return day if 1 < day.year < 9_999 else None  # a day more, or some hours less, is a date too


def _time(post: Post, field: str) -> time | None:
    try:
        return time.fromisoformat(post.text(field)).replace(tzinfo=None)
    except ValueError:
        return None


def _moment(seconds: int) -> datetime:
    """When it was last changed; for a time that no clock shows, 1970."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
