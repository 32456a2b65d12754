"""What can be seen in a machine's folder before anything of it is opened: of a hub's too.

The ledger is read and never opened as a machine would, for that moves a damaged one aside and
makes tables anew; who only asks changes nothing.
"""

import errno
import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from node.doctor.finding import Finding, Grave
from node.pins import PASSPHRASES_FILE, PINS_FILE
from node.reading_files import READING_FOLDER
from sync.machine.database import Ask, looked_into
from sync.machine.disk import Disk, read_disk
from sync.machine.disk import in_words as disk_in_words
from sync.machine.own_keys import has_key, own_key
from sync.machine.pin import PAGES_FILE, TLS_FILE
from sync.machine.seal import OPENED, SEAL_FILE
from sync.machine.settings import (
    FEED_KEY_FILE,
    KEY_FILE,
    LEDGER_FILE,
    SEED_FILE,
    NotProvisioned,
    read_settings,
)
from sync.machine.tpm import DEVICE

STOPPERS = frozenset({"settings", "not begun", "key", "folder", "ledger", "schema"})
"""With one of these nothing else can be looked at without changing something."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_PROBE_BYTES = 64 << 10
_LIVES = LEDGER_FILE.replace(".sqlite", ".lives")
_SECRETS = (
    *(KEY_FILE, FEED_KEY_FILE, SEED_FILE, PINS_FILE, PASSPHRASES_FILE, SEAL_FILE),
    *(TLS_FILE, PAGES_FILE),
)


def look(folder: Path, software: str) -> Iterator[Finding]:
    """All that is wrong there. `software`: the version that looks."""
    try:
        read_settings(folder)
    except NotProvisioned as wrong:
        yield Finding(
            name="settings",
            grave=Grave.NOW,
            said=(str(wrong),),
            todo="フォルダーの場所を確かめるか、控えから戻してください（kairan restore）。",
        )
        return
    yield from _disk(folder)
    if not has_key(folder, KEY_FILE) and not any(
        (folder / name).exists() for name in (LEDGER_FILE, _LIVES)
    ):
        yield Finding(
            name="not begun",
            grave=Grave.KNOW,
            said=("この機械は、まだ一度も動いていません。",),
            todo="動かすと、鍵を作って町の仲間になるか、その手続きを画面に出します。",
        )
        return
    yield from _keys(folder)
    yield from _tpm(folder)
    yield from _private(folder)
    yield from _owner(folder)
    yield from _ledger(folder / LEDGER_FILE, software)


def _disk(folder: Path) -> Iterator[Finding]:
    """By writing something, and reading it again."""
    disk = read_disk(folder)
    if disk is not Disk.WELL:
        yield Finding(name="disk", grave=Grave.NOW, said=tuple(disk_in_words(disk)))
        return
    probe = os.urandom(_PROBE_BYTES)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(probe)
            file.flush()
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            file.seek(0)
            same = file.read() == probe
        why = "" if same else "書いたものと、読んだものが違います"
    except OSError as wrong:
        if wrong.errno in (errno.EACCES, errno.EPERM):
            yield Finding(
                name="folder",
                grave=Grave.NOW,
                said=(f"{folder} に書くことを許されていません。",),
                todo="この機械を動かしている利用者（ふつうは kairan）で打ってください。",
            )
            return
        why = wrong.strerror or str(wrong)
    if why:
        yield Finding(
            name="damaged disk",
            grave=Grave.NOW,
            said=(f"記憶装置が壊れかけています（{why}）。",),
            todo="すぐに控えを書き（kairan backup）、記憶装置か機械を取りかえてください。",
        )


def _keys(folder: Path) -> Iterator[Finding]:
    for name in (KEY_FILE, FEED_KEY_FILE):
        path = folder / name
        try:
            if own_key(folder, name).is_closed:
                yield _closed(name)
        except FileNotFoundError:
            if name == KEY_FILE:
                yield Finding(
                    name="key",
                    grave=Grave.NOW,
                    said=(f"この機械の鍵（{path}）がありません。",),
                    todo="控えに鍵は入っていません。新しい機械として、控えから後を継がせてください"
                    "（docs/BACKUP.md）。",
                )
        except PermissionError:
            yield Finding(
                name="key",
                grave=Grave.NOW,
                said=(f"この機械の鍵（{path}）を読むことを許されていません。",),
                todo="この機械を動かしている利用者（ふつうは kairan）で打ってください。",
            )
        except (OSError, ValueError):
            yield Finding(
                name="key",
                grave=Grave.NOW,
                said=(f"この機械の鍵（{path}）が壊れています。",),
                todo="新しい機械として、控えから後を継がせてください（docs/BACKUP.md）。",
            )


def _closed(name: str) -> Finding:
    seen = (
        "この機械の TPM では開きません。ディスクを別の機械から移したか、TPM が消されたか、"
        "基板が替わっています。"
        if os.access(DEVICE, os.F_OK)
        else "鍵を閉じた TPM が見つかりません。ディスクを別の機械から移したか、"
        "機械の設定（BIOS）で TPM が切れています。"
    )
    return Finding(
        name="closed key",
        grave=Grave.NOW,
        said=(f"この機械の鍵（{name}）が開きません。掲示板を見せることだけをしています。", seen),
        todo="電源を切り、入れ直してください。ディスクを移したのなら、元の機械に戻してください。"
        "BIOS で TPM（Security Device、PTT、fTPM）を入れてください。"
        "それでも開かなければ、新しい機械として後を継がせてください（docs/BACKUP.md）。",
    )


def _tpm(folder: Path) -> Iterator[Finding]:
    """One that was asked at this start, and closed nothing."""
    if OPENED.is_dir() and not (folder / SEAL_FILE).exists():
        yield Finding(
            name="tpm",
            grave=Grave.SOON,
            said=("この機械には TPM がありますが、鍵は閉じていません。",),
            todo="systemctl status kairan-seal で、わけを見ます。入れ直しても同じなら、"
            "BIOS で TPM を消去（Clear）してから、もう一度起動してください。",
        )


def _private(folder: Path) -> Iterator[Finding]:
    secrets = [folder / name for name in _SECRETS] + sorted(folder.glob(f"{READING_FOLDER}/*"))
    open_ = [path for path in (folder, *secrets) if _is_open(path)]
    if open_:
        names = "、".join(str(path) for path in open_[:5])
        yield Finding(
            name="permissions",
            grave=Grave.NOW,
            said=(f"この機械のほかの利用者にも読めるものがあります: {names}",),
            todo=f"chmod -R go-rwx {folder} を打ってください。",
        )


def _is_open(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & _OTHERS)
    except OSError:
        return False


def _owner(folder: Path) -> Iterator[Finding]:
    owner = folder.stat().st_uid
    others = [
        path.name for path in sorted(folder.iterdir()) if _owner_of(path) not in (owner, None)
    ]
    if others:
        yield Finding(
            name="owner",
            grave=Grave.NOW,
            said=(f"持ち主の違うファイルがあり、機械が書けません: {'、'.join(others[:5])}",),
            todo=f"chown -R --reference={folder} {folder} を打ってください。",
        )


def _owner_of(path: Path) -> int | None:
    try:
        return path.lstat().st_uid
    except OSError:
        return None


def _ledger(path: Path, software: str) -> Iterator[Finding]:
    if not path.exists():
        return
    try:
        with looked_into(path) as ask:
            said = (ask("PRAGMA quick_check(1)") or ("",))[0]
            by = _made_by(ask)
    except sqlite3.OperationalError as wrong:
        if "disk I/O" in str(wrong):
            yield _damaged(str(wrong))
        return  # it is in use, or on a disk that can't be written; whoever opens it says more
    except sqlite3.DatabaseError as wrong:
        yield _damaged(str(wrong))
        return
    if said != "ok":
        yield _damaged(said)
    elif by is not None and _numbers(by) > _numbers(software):
        yield Finding(
            name="schema",
            grave=Grave.NOW,
            said=(
                f"記録は、もっと新しい Kairan（{by}）で使われていました。"
                f"いまのものは {software} です。",
            ),
            todo="Kairan を新しいものに戻してください。",
        )


def _damaged(why: str) -> Finding:
    return Finding(
        name="ledger",
        grave=Grave.NOW,
        said=(f"記録のファイル（{LEDGER_FILE}）が壊れています（{why}）。",),
        todo="機械を動かすと、壊れたものをよけて新しく作り、ほかの機械から取り戻します。"
        "そのあとで、控えからも戻してください（kairan restore）。",
    )


def _made_by(ask: Ask) -> str | None:
    """The version of the software that made the views."""
    try:
        row = ask("SELECT software FROM views")
    except sqlite3.OperationalError:  # a hub has none
        return None
    return str(row[0]) if row else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())
