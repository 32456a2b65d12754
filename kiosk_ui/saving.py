"""`…/save`: a post, or all of a board, as one file that a phone opens with no network.

Nothing in it points anywhere or runs; it says of when it is. A post's pictures are in it; those of
all of a board would be more than a phone takes.
"""

from collections.abc import Sequence
from urllib.parse import quote

from flask import Blueprint, Response, abort, make_response, render_template, url_for

from kiosk_ui import current, pictures
from kiosk_ui.lists import in_sections
from kiosk_ui.screen import Screen
from kiosk_ui.shown import Shown
from node.post import PostState

SAVED_MAX = 3_000
"""Posts in one file: of the largest guides that towns publish some megabytes."""


def saving_pages(screen: Screen) -> Blueprint:
    """Files to keep."""
    pages = Blueprint("saving", __name__)

    def file(
        title: str,
        path: str,
        parts: dict[str, list[Shown]],
        shown_pictures: Sequence[pictures.ShownPicture] = (),
    ) -> Response:
        html = render_template(
            "saved.html",
            title=title,
            parts=parts,
            pictures=shown_pictures,
            address=screen.outside_address(path),
            as_of=current.hour_in_words(screen),
        )
        return as_file(html, title)

    @pages.get("/boards/<name>/save")
    def of_board(name: str) -> Response:
        board = screen.board(name) or abort(404)
        items = current.standing(screen, board, limit=SAVED_MAX)
        return file(board.label, url_for("lists.board", name=name), in_sections(board, items))

    @pages.get("/records/<address>/save")
    def of_post(address: str) -> Response:
        post = screen.node.post(address)
        if post is None or post.state is not PostState.SHOWN:
            abort(404)
        shown = screen.draw(post)
        path = url_for("records.record", address=post.address)
        found = pictures.of_post(screen, post, whole=True)
        return file(shown.title, path, {"": [shown]}, found)

    return pages


def as_file(content: str | bytes, title: str, *, kind: str = "html") -> Response:
    """What a browser puts down beside its other files, under that name."""
    response = make_response(content)
    if kind == "pdf":
        response.content_type = "application/pdf"
    # RFC 6266: the name in full for those who read it so, a plain one for the others.
    name = f"attachment; filename=kairan.{kind}; filename*=UTF-8''{quote(_file_name(title))}.{kind}"
    response.headers["Content-Disposition"] = name
    return response


def _file_name(title: str) -> str:
    """What any file system takes as a name."""
    plain = "".join(sign if sign.isalnum() or sign in "ー・-_ " else " " for sign in title)
    return " ".join(plain.split())[:40] or "kairan"
