"""`…/aloud`: a post read aloud, for who can't or would rather not read it.

What is said is what its page shows, with the same readings as its furigana; what must not be
missed, that it is only practice, say, is said first, and again at the end. Who may see a post may
hear it, and nobody else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, abort, render_template, request, url_for

from kiosk_ui.allowances import READ_ALOUD, Allowance
from kiosk_ui.furigana import Furigana, Read
from kiosk_ui.kept_pages import KeptPages
from kiosk_ui.kiosk import at_the_kiosk
from kiosk_ui.languages import EASY
from kiosk_ui.looks import chosen_looks
from kiosk_ui.screen import Screen
from kiosk_ui.shown import Row, Shown
from node.errand import Busy
from node.post import Post, PostState
from node.speech.aloud import Sentence, sentences
from node.speech.voice import LETTERS_MAX

USUAL, SLOW = "usual", "slow"
_SEEN = frozenset({PostState.SHOWN, PostState.SUPERSEDED, PostState.STANDBY})
_REPLACED = "これは前の発表です。そのあとに新しい発表が出ています。"
_GOES_ON = "長いので、ここまで読みました。続きは、画面で読んでください。"
_ADDRESS = "画面のアドレスをごらんください。"
_NO_ROOM = 503


@dataclass(frozen=True, slots=True)
class Told:
    """All that is said of a post."""

    said: Sequence[Sentence]
    whole: bool  # whether that is all there is


def aloud_pages(screen: Screen, kept: KeptPages, furigana: Furigana) -> Blueprint:
    """A page with a player, and what it plays; nothing where no voice is installed."""
    pages = Blueprint("aloud", __name__)
    allowance = Allowance(READ_ALOUD)

    @pages.get("/records/<address>/aloud")
    @kept.page
    def listen(address: str) -> str:
        post = _post(screen, address)
        shown = screen.draw(post)
        return render_template(
            "aloud.html",
            shown=shown,
            back=url_for("records.record", address=address),
            replaced=post.state is not PostState.SHOWN,
            pace=SLOW if request.args.get("pace") == SLOW else USUAL,
            easy=_is_easy(shown),
            whole=told(post, shown, furigana, easy=_is_easy(shown)).whole,
        )

    @pages.get("/records/<address>/aloud/<any(usual, slow):pace>.mp3")
    def recording(address: str, pace: str) -> Response:
        post = _post(screen, address)
        easy = request.args.get("easy") == "yes"
        said = told(post, screen.draw(post), furigana, easy=easy).said
        slow = pace == SLOW
        found = screen.voice.recording(said, slow=slow)
        if found is None:
            if not at_the_kiosk() and allowance.take(request.remote_addr or ""):
                abort(429)
            try:
                found = screen.voice.say(said, slow=slow)
            except Busy:
                abort(_NO_ROOM)
        if not found.begins():
            abort(_NO_ROOM)
        # Who asks for all of it hears it while it is made. Others (Safari) ask for two bytes first,
        # to learn how many there are.
        if not found.is_whole and request.headers.get("Range", "bytes=0-") == "bytes=0-":
            return Response(found.pieces(), content_type="audio/mpeg")
        content = found.whole()
        if content is None:
            abort(_NO_ROOM)
        response = Response(content, content_type="audio/mpeg")
        response.make_conditional(request, accept_ranges=True, complete_length=len(content))
        return response

    return pages


def _post(screen: Screen, address: str) -> Post:
    post = screen.node.post(address) if screen.voice.is_here else None
    if post is None or post.state not in _SEEN:
        abort(404)
    return post


def _is_easy(shown: Shown) -> bool:
    return chosen_looks()["language"] == EASY and bool(shown.easy)


def told(post: Post, shown: Shown, furigana: Furigana, *, easy: bool) -> Told:
    """What is said of that post. `easy`: in やさしい日本語, where somebody wrote that."""
    first = list(_said(_before(post, shown), furigana))
    last = list(_said(_practice(shown), furigana))
    middle: list[Sentence] = []
    room = LETTERS_MAX - _letters(first) - _letters(last)
    for sentence in _said(_content(shown, easy=easy), furigana):
        room -= _letters([sentence])
        if room < 0:
            goes_on = _said([_GOES_ON], furigana)
            return Told([*first, *middle, *goes_on, *last], whole=False)
        middle.append(sentence)
    return Told([*first, *middle, *last], whole=True)


def _before(post: Post, shown: Shown) -> Iterator[str]:
    if post.state is not PostState.SHOWN:
        yield _REPLACED
    yield from _practice(shown)
    for mark in shown.marks:
        if not mark.practice:
            yield mark.label
    yield shown.title
    if shown.urgency:
        field = shown.board.field(shown.board.urgency)
        yield f"{field.label if field else ''}{shown.urgency}"


def _practice(shown: Shown) -> Iterator[str]:
    for mark in shown.marks:
        if mark.practice:
            yield f"これは{mark.label}です。本当の発表ではありません。"


def _content(shown: Shown, *, easy: bool) -> Iterator[str]:
    """Each a thing of its own: there is a pause between them."""
    if easy and shown.easy:
        yield shown.easy
        return
    for row in (*shown.list_rows, *(row for row in shown.rows if row not in shown.list_rows)):
        yield row.label
        yield from _value(row)


def _value(row: Row) -> Iterator[str]:
    if row.table:
        for label, text in row.table:
            yield from (label, text)
    elif row.link.startswith("http"):
        yield _ADDRESS
    else:
        yield row.text


def _said(texts: Iterator[str] | Sequence[str], furigana: Furigana) -> Iterator[Sentence]:
    for text in texts:
        if isinstance(text, Read):  # somebody wrote it
            yield from sentences(text, text.spans or furigana.read_names(text))
        else:
            yield from sentences(text, furigana.read(text))


def _letters(said: Sequence[Sentence]) -> int:
    return sum(len(kana or text) for sentence in said for text, kana in sentence)
