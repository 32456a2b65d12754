"""How this machine and the others are, in the words of a keeper: one sentence each, and what to do.

The screens and `kairan status` say the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from node.others import Machine, Meeting, Time, Word
from node.updating.telling import became

UNSURE = "日時未確認"
QUIET_DAYS = 3
"""After so long without a word somebody should look."""

_JST = timezone(timedelta(hours=9), "JST")
_ROADS = {
    "hub": "回線",
    "peer": "回線（決めてある番地）",
    "lan": "近くの回線（LAN）",
    "carrier": "USBメモリーやスマートフォン",
}
_SOURCES = {
    "carrier": "USBメモリーで届きました",
    "phone": "スマートフォンで届きました",
    "": "つながった機械から届きました",
}
_DISK_LOW = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is said of another machine."""

    name: str
    part: str  # "ハブ", "役場", "公民館"
    state: str  # "equal", "waiting", "trouble", "unknown"
    heading: str
    rows: tuple[tuple[str, str], ...]  # what it is about, and a sentence
    todo: tuple[str, ...]  # what is wrong, and what to do


def tell(machine: Machine, now: datetime, *, sure: bool) -> Told:
    """That machine in words; `sure`: whether our own clock is any good."""
    todo = tuple(_todo(machine, now, sure=sure))
    equal = machine.equal
    state = "trouble" if todo else "equal" if equal else "waiting"
    if not todo and not machine.meetings:
        state = "unknown"
    return Told(
        name=machine.name,
        part={"hub": "ハブ", "office": "役場"}.get(machine.part, "公民館など"),
        state=state,
        heading=_heading(machine, state),
        rows=tuple(_rows(machine, now, sure=sure)),
        todo=todo,
    )


def _heading(machine: Machine, state: str) -> str:
    if machine.equal and state == "equal":
        return "そろっています"
    match state:
        case "trouble":
            return "確かめてください"
        case "unknown":
            return "直接のやりとりは、まだありません"
    return "届くのを待っているものがあります"


def _rows(machine: Machine, now: datetime, *, sure: bool) -> Iterator[tuple[str, str]]:
    for meeting in machine.meetings:
        yield _ROADS.get(meeting.road, meeting.road), _met(meeting, now, sure=sure)
    if machine.lacking:
        yield "ここに来る分", f"あと{machine.lacking:,}件、まだここに届いていません。"
    elif machine.word:
        yield "ここに来る分", "知らされている分は、全部ここに届いています。"
    if machine.word:
        yield "機械の様子", _word(machine.word, now, sure=sure)
        yield "版", _version(machine.word)
    elif machine.part != "hub":
        yield "機械の様子", "まだ知らせが届いていません。"


def _met(meeting: Meeting, now: datetime, *, sure: bool) -> str:
    if meeting.equal is None:
        if meeting.road == "carrier":
            when = when_in_words(meeting.reached, now, sure=sure)
            left = meeting.unconfirmed or 0
            return f"{when}の受け取りのしるしでは、あと{left:,}件が届いていません。"
        return "まだ一度も同じになっていません。"
    when = when_in_words(meeting.equal, now, sure=sure)
    equal = f"同じ内容になりました（{UNSURE}）。"
    if when != UNSURE:
        equal = f"{when}に、同じ内容になりました。"
    if meeting.unconfirmed is None:
        return equal
    if meeting.unconfirmed:
        return f"{equal}そのあとの{meeting.unconfirmed:,}件は、相手に届いたしるしがまだありません。"
    return f"{equal}届いたしるしもあります。"


def _word(word: Word, now: datetime, *, sure: bool) -> str:
    road = _SOURCES.get(word.source, f"「{word.source}」から届きました")
    said = when_in_words(word.said, now, sure=sure)
    if not word.said.sure:
        came = when_in_words(word.came, now, sure=sure)
        said = f"{UNSURE}（ここに来たのは{came}）" if word.came.sure else UNSURE
    return f"{said}の知らせが、{road}。掲示は{word.records:,}件です。"


def _version(word: Word) -> str:
    runs = word.update
    if runs is None or not runs.number:
        return f"{word.software}です。"
    return f"更新で入れた{runs.version}（{runs.number}番）です。"


def _todo(machine: Machine, now: datetime, *, sure: bool) -> Iterator[str]:
    for back in machine.held_back:
        what = f"「{machine.name}」の記録{back.entries:,}件を、「{back.name}」"
        if back.certain:
            yield (
                f"{what}は受け取ったのに、ここへ渡していませんでした。"
                "役場の係に知らせ、直るまではUSBメモリーで運んでください。"
            )
        else:
            yield (
                f"{what}は受け取ったのに、ここへ渡していないようです。時計が確かでなく、"
                "行きちがいかもしれないので、続くときは役場の係に知らせてください。"
            )
    if not machine.equal:
        yield from dict.fromkeys(m.problem for m in machine.meetings if m.problem)
    word = machine.word
    if word is None:
        return
    if word.disk <= _DISK_LOW:
        yield "その機械の記憶装置の空きが少ないので、いらないファイルを片づけてください。"
    if word.update and (said := became(word.update.last, word.update.outcome)):
        yield f"その機械では、{said}。"
    if word.mishap:
        yield "その機械の記録が一度こわれたので、見あたらない投稿がないか確かめてください。"
    quiet = days_since(word.said, now) if sure else None
    if quiet is not None and quiet >= QUIET_DAYS:
        yield (
            f"{quiet}日のあいだ知らせが来ていないので、電源が入っているか見てもらい、"
            "入っていればUSBメモリーで運んでください。"
        )


def days_since(then: Time, now: datetime) -> int | None:
    """Whole days; None where nobody knows."""
    moment = _read(then)
    return (now - moment).days if moment and then.sure else None


def when_in_words(then: Time | None, now: datetime, *, sure: bool) -> str:
    """11月22日 午後6時30分（3時間前）; the age only where both clocks are good."""
    moment = _read(then) if then else None
    if moment is None or then is None or not then.sure:
        return UNSURE
    there = moment.astimezone(_JST)
    year = "" if there.year == now.astimezone(_JST).year else f"{there.year}年"
    half, hour = ("午前", there.hour) if there.hour < 12 else ("午後", there.hour - 12)
    text = f"{year}{there.month}月{there.day}日{half}{hour}時{there.minute}分"
    return f"{text}（{_ago(moment, now)}）" if sure else text


def _ago(then: datetime, now: datetime) -> str:
    """Rounded down to a unit."""
    seconds = (now - then).total_seconds()
    if seconds < -300:
        return "この機械の時計より先の時刻"
    if seconds < 60:
        return "たった今"
    if seconds < 3_600:
        return f"{int(seconds // 60)}分前"
    if seconds < 86_400:
        return f"{int(seconds // 3_600)}時間前"
    return f"{int(seconds // 86_400)}日前"


def _read(then: Time) -> datetime | None:
    try:
        moment = datetime.fromisoformat(then.at)
        return moment if moment.tzinfo else None
    except ValueError:  # the notebook may be mended by hand
        return None
