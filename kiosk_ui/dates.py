"""Dates, times and ages in the words people use, in Japanese time.

`now` always comes from outside; what can't be read is shown as it was written.
"""

from datetime import UTC, date, datetime, time, timedelta, timezone

from sync.entry import Quality, Written

JAPAN = timezone(timedelta(hours=9), "JST")

_SURE = (Quality.TRUSTED, Quality.CARRIED)
_WEEKDAYS = "月火水木金土日"
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


def day_in_words(day: date, now: datetime) -> str:
    """4月1日（水）, with the year where it isn't this one."""
    year = "" if day.year == today(now).year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日（{weekday(day)}）"


def time_in_words(at: time) -> str:
    """午前9時, 正午, 午後1時30分."""
    if (at.hour, at.minute) == (12, 0):
        return "正午"
    half, hour = ("午前", at.hour) if at.hour < 12 else ("午後", at.hour - 12)
    return f"{half}{hour}時" + (f"{at.minute}分" if at.minute else "")


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
    return day_in_words(there.date(), now) + time_in_words(there.time())


def written_in_words(written: Written, now: datetime) -> str:
    """When a machine's clock says that something was written, and whether that clock was set."""
    moment = from_seconds(written.seconds)
    told = moment_in_words(moment, now) if moment else ""
    return told if told and written.quality in _SURE else f"{told}（日時未確認）"


def day_of(written: Written, now: datetime) -> str:
    """Its day, likewise."""
    moment = from_seconds(written.seconds)
    told = day_in_words(moment.date(), now) if moment else ""
    return told if told and written.quality in _SURE else f"{told}（日時未確認）"


def moment_text(text: str, now: datetime) -> str:
    """A MOMENT in Japanese time, and as its issuer wrote it where that is another time."""
    moment, written = read_moment(text), _offset(text)
    if moment is None:
        return text
    told = moment_in_words(moment, now)
    return told if written == timedelta(hours=9) else f"{told}（元の表記は {text}）"


def _offset(text: str) -> timedelta | None:
    try:
        return datetime.fromisoformat(text).utcoffset()
    except ValueError:
        return None


def ago(then: datetime, now: datetime) -> str:
    """3時間前: rounded down, so that nothing is shown newer by more than a unit."""
    seconds = (now - then).total_seconds()
    if seconds < -5 * _MINUTE:
        return "この機械の時計より先の時刻"
    if seconds < _MINUTE:
        return "たった今"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)}分前"
    if seconds < _DAY:
        return f"{int(seconds // _HOUR)}時間前"
    days = int(seconds // _DAY)
    if days < 60:
        return f"{days}日前"
    return f"{days // 30}か月前" if days < 365 else f"{days // 365}年前"


def nearness(day: date, until: date | None, now: datetime) -> str:
    """今日, 明日, 開催中 or nothing."""
    here = today(now)
    if until and day < here <= until:
        return "開催中"
    return {0: "今日", 1: "明日"}.get((day - here).days, "")
