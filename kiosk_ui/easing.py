"""Beside やさしい日本語, while a keeper writes it: what is hard in it, and how it might be said.

A button asks, with all that was typed; where there is a script, it asks by itself at `/easier`.
Nobody else can ask, and what is asked is kept nowhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, abort, make_response, render_template, request

from kiosk_ui.screen import Screen
from node.language.easier import TEXT_LETTERS_MAX, Kind, hints

AID = "easier"
"""The name of the button; its value is the field's."""

SHOWN_MAX = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Aid:
    """What is said about a text."""

    blank: bool  # nothing is written yet
    pieces: Sequence[tuple[str, bool]]  # the text, and whether that piece of it is hard
    changes: Mapping[str, str]  # what is written, to what might be
    negatives: Mapping[str, str]
    long: Sequence[str]  # sentences

    @property
    def count(self) -> int:
        """How many things there are to think about."""
        return len(self.changes) + len(self.negatives) + len(self.long)


def aid(text: str) -> Aid:
    """What is hard in it."""
    found = hints(text)
    said: dict[Kind, dict[str, str]] = {kind: {} for kind in Kind}
    for hint in found:
        said[hint.kind].setdefault(text[hint.start : hint.end].strip(), hint.easier)
    marked = [(hint.start, hint.end) for hint in found if hint.kind is not Kind.LONG]
    changes = list((said[Kind.WORD] | said[Kind.SIGN]).items())
    return Aid(
        blank=not text.strip(),
        pieces=list(_pieces(text, marked)),
        changes=dict(changes[:SHOWN_MAX]),
        negatives=said[Kind.NEGATIVE],
        long=list(said[Kind.LONG])[:SHOWN_MAX],
    )


def _pieces(text: str, marked: Sequence[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    at = 0
    for start, end in marked:
        yield text[at:start], False
        yield text[start:end], True
        at = end
    yield text[at:], False


def easing_pages(screen: Screen) -> Blueprint:
    """`/easier`, for the script."""
    pages = Blueprint("easing", __name__)

    @pages.post("/easier")
    def look() -> Response:
        if screen.signed_in() is None:
            abort(403)
        text = request.form.get("text", "")[:TEXT_LETTERS_MAX]
        return make_response(render_template("_easier_found.html", found=aid(text)))

    return pages


def add_easing(app: Flask) -> None:
    """For templates: what is hard in the field for which the button was pressed; else None."""

    def aid_asked(field: str, text: str) -> Aid | None:
        return aid(text) if request.form.get(AID) == field else None

    app.jinja_env.globals["aid_asked"] = aid_asked
