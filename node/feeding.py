"""Files from outside become records: each telegram or row one record, known ones left alone.

Reading a file is `node.feed`'s; here it meets what the ledger holds already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from node.boards.declaration import Board
from node.feed.item import Doubt, Item, Unreadable
from node.feed.reading import read
from node.node import Change, Node
from node.post import Post
from sync.errors import TooLarge
from sync.machine.files import read_bounded
from sync.machine.keys import Identity
from sync.machine.opening import open_identity
from sync.machine.settings import FEED_KEY_FILE, NotProvisioned
from sync.record import OUTSIDE

FILE_BYTES_MAX = 32 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Fed:
    """What became of one file."""

    kind: str
    new: int
    changed: int
    known: int
    doubts: Sequence[Doubt]

    @property
    def taken(self) -> int:
        """Records that were written."""
        return self.new + self.changed


class Feed:
    """The feed of an office: a key of its own, for what it passes on verbatim."""

    def __init__(self, node: Node) -> None:
        """Raises NotProvisioned where the machine has no feed key, or none that opens."""
        self._node = node
        self._identity: Identity = open_identity(node.settings, FEED_KEY_FILE)
        if self._identity.is_closed:
            raise NotProvisioned("この機械の鍵が開きません。kairan doctor がわけを言います。")

    def take_in(self, path: Path) -> Fed:
        """Read a file and write what is new in it. Raises Unreadable; then nothing is written."""
        try:
            content = read_bounded(path, FILE_BYTES_MAX)
        except OSError as wrong:
            raise Unreadable(f"開けません（{wrong.strerror}）。") from wrong
        if content is None:
            raise Unreadable(f"大きすぎます。{FILE_BYTES_MAX >> 20}MBまでです。")
        taken = read(path.name, content)
        fields = self._read(taken.items)
        new, changes = 0, []
        seen: set[tuple[str, bytes]] = set()
        with self._node.ledger.transaction():
            for item, said in zip(taken.items, fields, strict=True):
                name = (item.outside.key, item.outside.digest)
                change = None if name in seen else self._change(item, said)
                seen.add(name)
                if change is not None:
                    new += change.replaces is None
                    changes.append(change)
            try:
                self._node.write(changes, identity=self._identity)
            except TooLarge as wrong:
                raise Unreadable("一件の内容が大きすぎます。") from wrong
        return Fed(
            kind=taken.kind,
            new=new,
            changed=len(changes) - new,
            known=len(taken.items) - len(changes),
            doubts=taken.doubts,
        )

    def _read(self, items: Sequence[Item]) -> list[Mapping[str, object]]:
        """The fields of each, with readings where they are new; made before others must wait."""
        new = [item for item in items if self._change(item, item.fields) is not None]
        boards = self._node.boards
        fields = self._node.readings.added_to_all(
            [(boards[item.board], item.fields) for item in new]
        )
        with_readings = {id(item): said for item, said in zip(new, fields, strict=True)}
        return [with_readings.get(id(item), item.fields) for item in items]

    def _change(self, item: Item, said: Mapping[str, object]) -> Change | None:
        """What to write for it; None if it is known."""
        board = self._node.boards[item.board]
        fields: dict[str, object] = {**said, OUTSIDE: _outside(item)}
        held = self._node.views.by_outside_key(self._node.settings.town, item.outside.key)
        if not item.outside.issued:  # a row of a list: the newest edition is what stands
            ours = next((post for post in held if post.author == self._identity.public), None)
            if ours is not None:
                if _digest(ours) == item.outside.digest:
                    return None
                return Change(board=board, fields=_in_place_of(ours, fields, board), replaces=ours)
        if any(_digest(post) == item.outside.digest for post in held):
            return None
        return Change(board=board, fields=fields)


def _outside(item: Item) -> dict[str, object]:
    outside = item.outside
    return {
        "key": outside.key,
        "serial": outside.serial,
        "issued": outside.issued,
        "sent": outside.sent,
        "cancels": outside.cancels,
        "digest": outside.digest,
    }


def _digest(post: Post) -> object:
    outside = post.fields.get(OUTSIDE)
    return outside.get("digest") if isinstance(outside, dict) else None


def _in_place_of(post: Post, fields: dict[str, object], board: Board) -> dict[str, object]:
    """All fields anew; those that the row no longer has are cleared."""
    cleared = {field.name: None for field in board.fields if field.name in post.fields}
    return {**cleared, **fields}
