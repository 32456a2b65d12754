"""What follows from a machine's status: one list, for screen, `kairan status` and doctor."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from node.doctor.finding import Finding, Grave
from node.membership import Membership
from node.membership import in_words as membership_in_words
from node.others import Machine, Time
from node.telling import QUIET_DAYS, days_since
from node.updating.telling import became, what_to_do
from sync.entry import Quality
from sync.machine.clock import Moment
from sync.machine.disk import in_words as disk_in_words
from sync.machine.mishap import in_words as mishap_in_words
from sync.machine.settings import Part

if TYPE_CHECKING:
    from node.status import Status

BACKUP_DAYS = 40
LOOK_DAYS = 3
ROOM_BYTES = 1 << 30
LOG_BYTES = 64 << 20
_MIB = 1 << 20
_BY_LINE = "回線があれば、ひとりでに届きます。なければ、役場のUSBメモリーで運んでもらってください。"
_METERED = (
    "お金のかかる回線（ハブ）からは受け取りません。近くの機械か、役場のUSBメモリーから届きます。"
)


def known(status: "Status", moment: Moment) -> Iterator[Finding]:
    """All of it, as of now by a clock that may be wrong."""
    yield from _of_keepers(status)
    yield from _update(status)
    yield from _room(status)
    sure = moment.quality >= Quality.CARRIED
    if not sure:
        yield Finding(
            name="clock",
            grave=Grave.SOON,
            said=(
                "この機械の時計が合っているか、分かりません。日時を「日時未確認」と示しています。",
            ),
            todo="回線につないで時刻を合わせるか、時刻合わせ（systemd-timesyncd）が動いているか"
            "確かめてください。",
        )
    yield from _unheard(status.others, moment.at, sure=sure)
    yield from _waiting(status, moment.at, sure=sure)
    yield from _backup(status, moment.at, sure=sure)


def _of_keepers(status: "Status") -> Iterator[Finding]:
    membership = membership_in_words(Membership(status.membership), status.fingerprint)
    if membership:
        yield _told("membership", Grave.NOW, *membership)
    if status.part == Part.OFFICE:
        for name in status.in_doubt:
            yield _told(
                "in doubt",
                Grave.NOW,
                f"「{name}」と名のる機械が2台以上あります。どちらが本物かを確かめてください"
                "（kairan confirm）。",
            )
    if mishap := list(mishap_in_words(status.mishap)):
        yield _told("mishap", Grave.NOW, *mishap)
    if disk := list(disk_in_words(status.disk)):
        yield _told("disk", Grave.NOW, *disk)
    if status.holes:
        yield _told(
            "holes",
            Grave.KNOW,
            f"まだ届いていない内容が{status.holes}件あります。自動で取り寄せます。",
        )
    if status.waiting:
        yield _told(
            "waiting bundles",
            Grave.KNOW,
            f"前の便を待っている束が{status.waiting}件あります。届けば自動で載ります。",
        )
    machines = {machine.key for machine in status.others}
    for peer in status.peers:
        if peer.problem:
            never = "" if peer.synced else "まだ一度も同じになっていません。"
            yield Finding(
                name="hub" if peer.road == "hub" else "peer",
                grave=Grave.SOON,
                said=(f"{peer.name or peer.address}とは、{never}{peer.problem}",),
                # The screen has it beside that machine's name.
                for_keeper=peer.key not in machines,
            )


def _told(name: str, grave: Grave, *said: str) -> Finding:
    return Finding(name=name, grave=grave, said=said, for_keeper=True)


def _update(status: "Status") -> Iterator[Finding]:
    runs = status.update
    if runs is None:
        return
    if said := became(runs.last, runs.outcome):
        yield Finding(
            name="update",
            grave=Grave.SOON,
            said=(f"{said}。",),
            todo=what_to_do(runs.outcome),
            for_keeper=True,
        )
    if runs.trying:
        yield _told("update on trial", Grave.KNOW, f"新しい版（{runs.trying}）をためしています。")
    if runs.waits_for and runs.no_room:
        yield Finding(
            name="update waited for",
            grave=Grave.SOON,
            said=(
                f"新しい版（{runs.waits_for}）のファイルを受け取る空きが、記憶装置にありません。",
            ),
            todo="いらないファイルを片づけてください。",
            for_keeper=True,
        )
    elif runs.waits_for:
        yield _told(
            "update waited for",
            Grave.KNOW,
            f"新しい版（{runs.waits_for}）のファイルが、まだ届いていません"
            f"（{_megabytes(runs.size)}MBのうち{_megabytes(runs.arrived)}MB）。"
            f"{_METERED if runs.metered else _BY_LINE}",
        )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f}"


def _room(status: "Status") -> Iterator[Finding]:
    if status.free_bytes < ROOM_BYTES and status.disk == "well":
        yield Finding(
            name="room",
            grave=Grave.SOON,
            said=(f"記憶装置の空きが{status.free_bytes // _MIB:,}MBしかありません。",),
            todo="いらないファイルを片づけるか、大きい記憶装置に取りかえてください。",
        )
    if status.log_bytes > LOG_BYTES:
        yield Finding(
            name="log",
            grave=Grave.SOON,
            said=(f"書きかけの記録（台帳の -wal）が{status.log_bytes // _MIB:,}MBあります。",),
            todo="kairan sync が動いているか確かめてください。動いていれば、機械を起動しなおすと"
            "小さくなります。",
        )


def _unheard(others: list[Machine], now: datetime, *, sure: bool) -> Iterator[Finding]:
    """Of nobody at all; of one alone the list of machines tells."""
    times = [time for machine in others for time in _heard(machine)]
    if others and not times:
        yield Finding(
            name="unheard",
            grave=Grave.SOON,
            said=("ほかの機械とは、まだ一度もやりとりがありません。",),
            todo="回線とハブの番地を確かめるか、USBメモリーで運んでください。",
        )
    days = [past for time in times if (past := days_since(time, now)) is not None]
    if sure and days and min(days) >= QUIET_DAYS:
        yield Finding(
            name="unheard",
            grave=Grave.SOON,
            said=(f"{min(days)}日のあいだ、どの機械ともやりとりがありません。",),
            todo="回線のケーブルとルーターを確かめ、直るまではUSBメモリーで運んでください。",
        )


def _heard(machine: Machine) -> Iterator[Time]:
    for meeting in machine.meetings:
        if meeting.reached is not None:
            yield meeting.reached
    if machine.word is not None:
        yield machine.word.came


def _waiting(status: "Status", now: datetime, *, sure: bool) -> Iterator[Finding]:
    days = days_since(status.posts_wait_since, now) if status.posts_wait_since and sure else None
    if days is not None and days >= LOOK_DAYS:
        yield Finding(
            name="waiting posts",
            grave=Grave.SOON,
            said=(
                f"確認を待つ投稿が{status.posts_waiting}件あり、いちばん古いものは{days}日"
                "待っています。",
            ),
            todo="公民館の管理人に、「確かめる」の画面を見てもらってください。",
        )


def _backup(status: "Status", now: datetime, *, sure: bool) -> Iterator[Finding]:
    todo = "USBメモリーを差して、kairan backup を打ってください。"
    if status.backup is None:
        yield Finding(
            name="backup", grave=Grave.SOON, said=("控えがまだ一度も書かれていません。",), todo=todo
        )
        return
    days = days_since(status.backup, now) if sure else None
    if days is not None and days >= BACKUP_DAYS:
        yield Finding(
            name="backup",
            grave=Grave.SOON,
            said=(f"最後に控えを書いてから、{days}日たっています。",),
            todo=todo,
        )
