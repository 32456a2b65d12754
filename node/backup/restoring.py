"""A machine goes on from a backup: its own, or that of the one whose place it takes.

The whole file is opened and its maker's signature looked at before anything is taken in. Entries
come in by the one door, so what an order of the office's took away stays away, and who restores a
backup over a ledger that goes further loses nothing. Done twice, it changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from node.backup.closed import Changed, Closed, Label, NotOurs, open_whole, read_head
from node.backup.content import Content, reached, read
from node.backup.local import put_back, take_back_lives
from node.backup.making import BACKUP_BYTES_MAX, ENDING, FOLDER
from node.carrying.file import Brought, take_in
from node.moderation.desk import Desk
from node.moderation.keeping import Restored as RestoredDesk
from node.node import Node, open_node
from sync.errors import Malformed, Unverified
from sync.machine.files import read_bounded, write_whole
from sync.machine.settings import SETTINGS_FILE


class CannotRestore(Exception):
    """It didn't come back, or not all of it. The message is for a screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A backup that was found, and not opened yet."""

    path: Path
    closed: Closed
    content: bytes

    @property
    def label(self) -> Label:
        """Whose it says to be."""
        return self.closed.label


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of it."""

    label: Label
    brought: Brought
    back: tuple[str, ...]  # what else came back, in words
    waiting: int  # posts that wait for a look again
    gone: int  # of these, what may have been erased since
    is_successor: bool  # another machine's: a successor is to be named, or was
    is_named: bool
    from_stolen: bool  # its maker was revoked: only entries came back


def find(path: Path) -> Found:
    """The backup in that file, or the only one on that stick. Raises CannotRestore."""
    try:
        return _found(_the_one(path) if path.is_dir() else path)
    except OSError as wrong:
        raise CannotRestore(f"{path} を読めません: {wrong.strerror}") from wrong


def _the_one(stick: Path) -> Path:
    """The newest, where all are of one machine."""
    there = sorted(
        path
        for folder in (stick, stick / FOLDER)
        if folder.is_dir()
        for path in folder.iterdir()
        if path.name.endswith(ENDING) and not path.name.startswith(".")
    )
    if not there:
        raise CannotRestore(f"{stick} に控え（{ENDING} のファイル）がありません。")
    if len({path.name.removesuffix(ENDING).rpartition("-")[0] for path in there}) > 1:
        listed = "\n".join(f"  {path}（{_name(path)}）" for path in there)
        raise CannotRestore(
            f"いくつかの機械の控えがあります。ファイルの名前で選んでください。\n{listed}"
        )
    return there[-1]


def _name(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return read_head(file).label.name
    except (OSError, NotOurs, Changed):
        return "読めません"


def _found(path: Path) -> Found:
    content = read_bounded(path, BACKUP_BYTES_MAX)
    if content is None:
        raise CannotRestore(f"{path} は大きすぎます。Kairan の控えか確かめてください。")
    try:
        with path.open("rb") as file:
            return Found(path=path, closed=read_head(file), content=content)
    except NotOurs as wrong:
        raise CannotRestore(
            f"{path} は Kairan の控えではないか、もっと新しい Kairan で作られたものです。"
        ) from wrong
    except Changed as wrong:
        raise CannotRestore(_DAMAGED) from wrong


_DAMAGED = (
    "この控えは壊れているか、途中で切れているか、書き換えられています。何も戻していません。"
    "別の控えがあれば、それを使ってください。"
)


def opened(found: Found, key: bytes) -> Content:
    """What is in it. Raises CannotRestore where it isn't as its machine made it."""
    try:
        return read(open_whole(found.content, key), found.label)
    except (Changed, Malformed, Unverified, NotOurs) as wrong:
        raise CannotRestore(_DAMAGED) from wrong


def restore(folder: Path, found: Found, content: Content, *, replaces: str = "") -> Restored:
    """Into the machine in that folder; where there is none, into a new one of that place.

    `replaces`: the name of the machine whose place this one takes. Raises CannotRestore,
    NotProvisioned; OSError and sqlite3.Error where the disk is full, after which it is done again.
    """
    label = found.label
    _make_settings(folder, label, content, replaces)
    node = open_node(folder)
    try:
        return _restore(node, label, content, replaces)
    finally:
        node.database.close()


def _make_settings(folder: Path, label: Label, content: Content, replaces: str) -> None:
    if (folder / SETTINGS_FILE).exists():
        return
    if replaces != label.name:
        raise CannotRestore(
            f"{folder} は、まだ機械のフォルダーではありません。新しい機械で「{label.name}」の"
            f"後を継ぐときは、--replaces '{label.name}' をつけてください。"
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(folder / SETTINGS_FILE, content.local.settings.encode())


def _restore(node: Node, label: Label, content: Content, replaces: str) -> Restored:
    own, town = node.identity.public, node.settings.town
    if label.town != town:
        raise CannotRestore(f"ほかの町（{label.town}）の控えです。何も戻していません。")
    is_successor = label.machine != own
    named = node.ledger.trust().succeeds(own, label.machine, town)
    if is_successor and not named and replaces != label.name:
        raise CannotRestore(
            f"これは「{label.name}」の控えで、この機械（{node.settings.name}）のものではありません。"
            "何も戻していません。この機械がその後を継ぐときだけ、"
            f"--replaces '{label.name}' をつけてください。"
        )
    Desk(node)  # makes its tables
    waits_again = RestoredDesk(node.database)
    brought = take_in(node, content.ledger, source="carrier")
    if not brought.whole:
        raise CannotRestore(_DAMAGED)
    take_back_lives(node, content.local)
    begin_anew(node)
    trust = node.ledger.trust()
    if is_successor and not trust.hears(label.machine, town):
        return Restored(
            label=label,
            brought=brought,
            back=(),
            waiting=0,
            gone=0,
            is_successor=True,
            is_named=named,
            from_stolen=True,
        )
    try:
        with node.ledger.transaction():
            waiting = waits_again.lay_out(
                content.local.desk,
                author=label.machine,
                frontier=dict(_frontier(node, label.machine, content)),
            )
        back = put_back(node, content.local)
    except Malformed as wrong:
        raise CannotRestore(
            "記事は戻しましたが、暗証番号や確認を待つ投稿は、この Kairan では読めない形でした。"
        ) from wrong
    return Restored(
        label=label,
        brought=brought,
        back=tuple(back),
        waiting=waiting,
        gone=waits_again.look(),
        is_successor=is_successor,
        is_named=trust.succeeds(own, label.machine, town),
        from_stolen=False,
    )


def begin_anew(node: Node) -> None:
    """Write on in a new life, unless ours is the newest that is known: others may hold more of it
    than came back.
    """
    own = node.identity.public
    with node.ledger.transaction():
        life = node.ledger.own_incarnation(own)
        lives = node.ledger.incarnations(own)
        if any(each != life and each[0] >= life[0] for each in lives):
            node.ledger.begin_incarnation(own)


def _frontier(node: Node, author: bytes, content: Content) -> Iterator[tuple[bytes, int]]:
    """How far that author's lanes go in the backup."""
    there = reached(content.ledger)
    for held in node.ledger.lanes():
        if held.lane.author == author:
            yield held.lane.id, there.get(held.lane.id, 0)
