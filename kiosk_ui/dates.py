"""Dates, times and ages in the words people use, in Japanese time.

`now` always comes from outside; what can't be read is shown as it was written.
"""

from datetime import UTC, date, datetime, time, timedelta, timezone

from node.words import say
from sync.entry import Quality, Written

JAPAN = timezone(timedelta(hours=9), "JST")

_SURE = (Quality.TRUSTED, Quality.CARRIED)
_WEEKDAYS = (say("月"), say("火"), say("水"), say("木"), say("金"), say("土"), say("日"))
_MONTHS = (
    *(say("1月"), say("2月"), say("3月"), say("4月"), say("5月"), say("6月")),
    *(say("7月"), say("8月"), say("9月"), say("10月"), say("11月"), say("12月")),
)
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def today(now: datetime) -> date:
    """The date in Japan."""
    return now.astimezone(JAPAN).date()


def read_date(text: str) -> date | None:
    """YYYY-MM-DD as a date."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_moment(text: str) -> datetime | None:
    """RFC 3339 with an offset as a moment."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(JAPAN) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def from_seconds(seconds: int) -> datetime | None:
    """Seconds since 1970 as a moment; None for a number that no clock shows."""
    try:
        return datetime.fromtimestamp(seconds, UTC).astimezone(JAPAN)
    except (ValueError, OverflowError, OSError):
        return None


def weekday(day: date) -> str:
    """月 to 日."""
    return _WEEKDAYS[day.weekday()]


def month(day: date) -> str:
    """1月 to 12月."""
    return _MONTHS[day.month - 1]


def day_in_words(day: date, now: datetime) -> str:
    """4月1日（水）, with the year where it isn't this one."""
    if day.year == today(now).year:
        return say(
            "{month}月{day}日（{weekday}）",
            month=day.month,
            month_name=month(day),
            day=day.day,
            weekday=weekday(day),
        )
    return say(
        "{year}年{month}月{day}日（{weekday}）",
        year=day.year,
        month=day.month,
        month_name=month(day),
        day=day.day,
        weekday=weekday(day),
    )


def time_in_words(at: time) -> str:
    """午前9時, 正午, 午後1時30分."""
    if (at.hour, at.minute) == (12, 0):
        return say("正午")
    if at.minute:
        return say(
            "午前{hour}時{minute}分" if at.hour < 12 else "午後{hour}時{minute}分",
            hour=at.hour % 12,
            minute=at.minute,
        )
    return say("午前{hour}時" if at.hour < 12 else "午後{hour}時", hour=at.hour % 12)


def date_text(text: str, now: datetime) -> str:
    """A DATE as people read it."""
    day = read_date(text)
    return day_in_words(day, now) if day else text


def time_text(text: str) -> str:
    """A TIME as people read it."""
    try:
        return time_in_words(time.fromisoformat(text))
    except ValueError:
        return text


def moment_in_words(moment: datetime, now: datetime) -> str:
    """4月1日（水）午後1時30分, in Japan."""
    there = moment.astimezone(JAPAN)
    return beside(day_in_words(there.date(), now), time_in_words(there.time()))


def beside(day: str, at: str) -> str:
    """A day and its time."""
    return say("{day}{time}", day=day, time=at)


def written_in_words(written: Written, now: datetime) -> str:
    """When a machine's clock says that something was written, and whether that clock was set."""
    moment = from_seconds(written.seconds)
    told = moment_in_words(moment, now) if moment else ""
    return told if told and written.quality in _SURE else say("{told}（日時未確認）", told=told)


def day_of(written: Written, now: datetime) -> str:
    """Its day, likewise."""
    moment = from_seconds(written.seconds)
    told = day_in_words(moment.date(), now) if moment else ""
    return told if told and written.quality in _SURE else say("{told}（日時未確認）", told=told)


def moment_text(text: str, now: datetime) -> str:
    """A MOMENT in Japanese time, and as its issuer wrote it where that is another time."""
    moment, written = read_moment(text), _offset(text)
    if moment is None:
        return text
    told = moment_in_words(moment, now)
    return (
        told
        if written == timedelta(hours=9)
        else say("{told}（元の表記は {text}）", told=told, text=text)
    )


def _offset(text: str) -> timedelta | None:
    try:
        return datetime.fromisoformat(text).utcoffset()
    except ValueError:
        return None


def ago(then: datetime, now: datetime) -> str:
    """3時間前: rounded down, so that nothing is shown newer by more than a unit."""
    seconds = (now - then).total_seconds()
    if seconds < -5 * _MINUTE:
        return say("この機械の時計より先の時刻")
    if seconds < _MINUTE:
        return say("たった今")
    if seconds < _HOUR:
        return say("{minutes}分前", minutes=int(seconds // _MINUTE))
    if seconds < _DAY:
        return say("{hours}時間前", hours=int(seconds // _HOUR))
    days = int(seconds // _DAY)
    if days < 60:
        return say("{days}日前", days=days)
    if days < 365:
        return say("{months}か月前", months=days // 30)
    return say("{years}年前", years=days // 365)


def nearness(day: date, until: date | None, now: datetime) -> str:
    """今日, 明日, 開催中 or nothing."""
    here = today(now)
    if until and day < here <= until:
        return say("開催中")
    return {0: say("今日"), 1: say("明日")}.get((day - here).days, "")
