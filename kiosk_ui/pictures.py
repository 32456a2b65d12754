"""Pictures: of posts, of what waits for a look, and of what somebody is about to post.

Who may see a post may see its pictures, and nobody else. A phone may keep them for good, for what
is behind an address never changes; the machine's own browser keeps none, so none stays there.
"""

from base64 import b64encode
from dataclasses import dataclass

from flask import Blueprint, Response, abort, url_for

from kiosk_ui.kiosk import at_the_kiosk
from kiosk_ui.screen import Screen
from kiosk_ui.shown import UNTITLED
from kiosk_ui.signing_in import only_keepers
from node.moderation.elsewhere import Gone
from node.moderation.waiting import WaitingPost
from node.node import NotAllowed, NotSignedIn
from node.pictures.picture import Picture, joined, pictures_in
from node.post import Post, PostState
from node.words import say

_SEEN = frozenset({PostState.SHOWN, PostState.SUPERSEDED, PostState.STANDBY})
_KEPT_SECONDS = 31_536_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPicture:
    """One, as a page shows it."""

    source: str  # its address, or itself; empty while it hasn't arrived
    width: int
    height: int
    words: str  # for who can't see it
    caption: str  # what its author wrote


def picture_pages(screen: Screen) -> Blueprint:
    """`…/pictures/<name>.jpg`, the name being the digest."""
    pages = Blueprint("pictures", __name__)

    @pages.get("/records/<address>/pictures/<name>.jpg")
    def of_post(address: str, name: str) -> Response:
        post = screen.node.post(address)
        if post is None or post.state not in _SEEN:
            abort(404)
        picture = next((p for p in pictures_in(post.fields) if p.name == name), None) or abort(404)
        content = joined(screen.node.ledger.record(post.id), picture) or abort(404)
        response = _jpeg(content)
        if not at_the_kiosk():
            response.cache_control.private = True
            response.cache_control.max_age = _KEPT_SECONDS
            response.cache_control.immutable = True
        return response

    @pages.get("/pictures/<name>.jpg")
    def held(name: str) -> Response:
        """Known by its digest to who sent it, and to nobody else."""
        return _jpeg(screen.tray.get(name) or abort(404))

    @pages.get("/waiting/<int:id_>/pictures/<name>.jpg")
    def waiting(id_: int, name: str) -> Response:
        if (refused := only_keepers(screen)) is not None:
            return refused
        try:
            content = screen.desk.picture(id_, bytes.fromhex(name), by=screen.signed_in())
        except (Gone, ValueError):
            abort(404)
        except (NotAllowed, NotSignedIn):
            abort(403)
        return _jpeg(content or abort(404))

    return pages


def of_post(screen: Screen, post: Post, *, whole: bool = False) -> list[ShownPicture]:
    """Those of a post. `whole`: the pictures themselves, for a page that stands alone."""
    pictures = pictures_in(post.fields)
    stored = screen.node.ledger.record(post.id) if pictures else ()
    found: list[ShownPicture] = []
    for picture in pictures:
        content = joined(stored, picture)
        if content is None:
            source = ""
        elif whole:
            source = f"data:image/jpeg;base64,{b64encode(content).decode()}"
        else:
            source = url_for("pictures.of_post", address=post.address, name=picture.name)
        found.append(_shown(screen, post, picture, source))
    return found


def of_waiting(screen: Screen, waiting: WaitingPost, post: Post) -> list[ShownPicture]:
    """Those of what waits; `post`: what it may become."""
    return [
        _shown(
            screen,
            post,
            picture,
            url_for("pictures.waiting", id_=waiting.id, name=picture.name),
        )
        for picture in pictures_in(waiting.fields or {})
    ]


def _shown(screen: Screen, post: Post, picture: Picture, source: str) -> ShownPicture:
    title = post.text(screen.node.boards[post.board].title) or UNTITLED
    return ShownPicture(
        source=source,
        width=picture.width,
        height=picture.height,
        words=picture.words or say("「{title}」の写真（説明はありません）", title=title),
        caption=picture.words,
    )


def _jpeg(content: bytes) -> Response:
    response = Response(content, content_type="image/jpeg")
    response.headers["Content-Disposition"] = "inline"
    return response
