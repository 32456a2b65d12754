"""The places for pictures in a form: what a phone sent, looked at once and held until it is posted.

A browser sends a file once. So what became a picture is held here, in memory alone and not for
long, and the form names it: whatever else is to be mended, nobody chooses their picture again.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import g, request, url_for

from kiosk_ui.kiosk import at_this_machine
from node.boards.declaration import PICTURES
from node.errand import Busy
from node.form import readable
from node.node import Node
from node.pictures.darkroom import Darkroom, Ending, Undeveloped
from node.pictures.picture import (
    PICTURES_MAX,
    WORDS_CHARACTERS_MAX,
    Picture,
    picture_of,
    pictures_in,
)
from node.pictures.room import has_room
from node.post import Post
from node.words import Said, say, together

HELD_MAX = 60

_TROUBLE: Mapping[Ending, Said] = {
    Ending.UNREADABLE: say(
        "写真として読み取れませんでした。ほかの写真を、えらびなおしてください。"
    ),
    Ending.TOO_LARGE: say(
        "写真が大きすぎて、読み取れません。小さい写真を、えらびなおしてください。"
    ),
    Ending.MOVING: say("動く画像は、のせられません。動かない写真を、えらびなおしてください。"),
}
_BUSY = say(
    "ほかの人の写真を受け取っているところです。少し待って、写真をもう一度えらんで送ってください。"
)
_NO_ROOM = say(
    "この機械には、いま写真を置くところがありません。写真を付けなければ、文章はのせられます。"
)
_LOST = say("お預かりしていた写真が、この機械に残っていません。もう一度えらんでください。")
_TOO_LONG = say("写真の説明は{most}文字までです。短くしてください。", most=WORDS_CHARACTERS_MAX)


class Tray:
    """Pictures that were sent and not posted yet."""

    def __init__(self) -> None:
        """Empty."""
        self.darkroom = Darkroom()
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def hold(self, name: str, content: bytes) -> None:
        """For as long as there are not many newer ones."""
        with self._lock:
            self._held[name] = content
            self._held.move_to_end(name)
            while len(self._held) > HELD_MAX:
                self._held.popitem(last=False)

    def get(self, name: str) -> bytes | None:
        """The one of that name."""
        with self._lock:
            return self._held.get(name)

    def let_go(self) -> None:
        """Those of this request are posted, and are where their posts are."""
        with self._lock:
            for picture in g.get("pictures", ()):
                self._held.pop(picture.name, None)

    def named_in(self, fields: Mapping[str, object]) -> list[bytes]:
        """Those that these fields name and that are here: so no post had them before."""
        held = [self.get(picture.name) for picture in pictures_in(fields)]
        return [content for content in held if content is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One place in the form."""

    number: int
    kept: str = ""  # the name of the picture that is in it
    address: str = ""  # where that is to be seen
    words: str = ""

    @property
    def name(self) -> str:
        """Of its inputs; more follows."""
        return f"picture-{self.number}"


def slots(values: Mapping[str, str], post: Post | None) -> list[Slot]:
    """As they are drawn; the machine's own screen has no pictures to choose from."""
    there = {picture.name for picture in pictures_in(post.fields)} if post else set()
    found: list[Slot] = []
    for number in range(1, PICTURES_MAX + 1):
        kept, words = (
            values.get(f"picture-{number}-kept", ""),
            values.get(f"picture-{number}-words", ""),
        )
        if post and kept in there:
            address = url_for("pictures.of_post", address=post.address, name=kept)
        else:
            address = url_for("pictures.held", name=kept) if kept else ""
        if kept or not at_this_machine():
            found.append(Slot(number=number, kept=kept, address=address, words=words))
    return found


def as_typed(fields: Mapping[str, object]) -> dict[str, str]:
    """What the form of a post with pictures begins with."""
    typed: dict[str, str] = {}
    for number, picture in enumerate(pictures_in(fields), 1):
        typed[f"picture-{number}-kept"] = picture.name
        typed[f"picture-{number}-words"] = picture.words
    return typed


def changed() -> dict[str, str]:
    """What became of what this request sent, in the place of what was typed."""
    found: dict[str, str] = g.get("picture_slots", {})
    return found


def take_in(node: Node, tray: Tray, post: Post | None) -> Said:
    """Look at what this request sent; what is wrong with it, in a sentence, or nothing."""
    became: dict[str, str] = {}
    g.picture_slots = became
    pictures: list[Picture] = []
    troubles: list[Said] = []
    for number in range(1, PICTURES_MAX + 1):
        name = f"picture-{number}"
        if request.form.get(f"{name}-off"):
            became |= {f"{name}-kept": "", f"{name}-words": ""}
        try:
            picture = _one(node, tray, post, name, became)
        except _Trouble as trouble:
            troubles.append(trouble.said)
            continue
        if picture is not None and picture.digest not in {other.digest for other in pictures}:
            pictures.append(picture)
    g.pictures = pictures
    return together(dict.fromkeys(troubles), between=" ")


def named() -> dict[str, object]:
    """The field that names the pictures of this request; none where there is none."""
    pictures: Sequence[Picture] = g.get("pictures", ())
    return {PICTURES: [picture.item for picture in pictures]} if pictures else {}


class _Trouble(Exception):
    """What is wrong with one of them, in a sentence."""

    def __init__(self, said: Said) -> None:
        super().__init__(said)
        self.said = said


def _one(
    node: Node, tray: Tray, post: Post | None, name: str, became: dict[str, str]
) -> Picture | None:
    words = "" if f"{name}-words" in became else readable(request.form.get(f"{name}-words", ""))
    if len(words) > WORDS_CHARACTERS_MAX:
        raise _Trouble(_TOO_LONG)
    words = " ".join(words.split())
    sent = request.files.get(name)
    content = sent.read() if sent is not None else b""
    if content:
        if not has_room(node):
            raise _Trouble(_NO_ROOM)
        try:
            picture, developed = tray.darkroom.develop(content, words)
        except Busy as wrong:
            raise _Trouble(_BUSY) from wrong
        except Undeveloped as wrong:
            raise _Trouble(_TROUBLE[wrong.why]) from wrong
        tray.hold(picture.name, developed)
        became[f"{name}-kept"] = picture.name
        return picture
    kept = became.get(f"{name}-kept", request.form.get(f"{name}-kept", ""))
    if not kept:
        return None
    for picture in pictures_in(post.fields) if post else ():
        if picture.name == kept:
            return Picture(
                digest=picture.digest,
                length=picture.length,
                width=picture.width,
                height=picture.height,
                words=words,
            )
    if (held := tray.get(kept)) is not None:
        return picture_of(held, words)
    became[f"{name}-kept"] = ""
    raise _Trouble(_LOST)
