"""What people look for, and why a post is among what was found.

What was typed is cut into words; a post is found that has them all, in whatever fields. Of each
word the first place where a post has it is shown, as it is written there, also if it was typed in
kana.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from node.boards.declaration import Board, FieldType
from node.language.asking import Spans
from node.language.kana import letters, sound
from node.post import Post
from node.readings import reading_of

TYPED_MAX = 60  # characters
WORDS_MAX = 6
_BEFORE, _AFTER = 14, 30  # characters shown around a word

_SHOWN = frozenset({FieldType.TEXT, FieldType.LONG_TEXT, FieldType.PHONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a post has a word: the text around it, cut where it begins and ends."""

    field: str
    label: str
    before: str
    word: str
    after: str


def words_of(typed: str) -> tuple[str, ...]:
    """The words in what was typed, as many as are looked for."""
    words = dict.fromkeys(word for word in typed[:TYPED_MAX].split() if letters(word))
    return tuple(words)[:WORDS_MAX]


def places(board: Board, post: Post, words: Sequence[str]) -> list[Place]:
    """Where the post has these words, each place once; the title first."""
    found: dict[tuple[str, int], Place] = {}
    for word in words:
        said, heard = letters(word), sound(word)
        for name, label, text in _texts(board, post):
            at = _written_at(text, said) or _heard_at(board, post, name, text, heard)
            if at is not None:
                found.setdefault((name, at[0]), _around(name, label, text, *at))
                break
    return list(found.values())


def _texts(board: Board, post: Post) -> Iterator[tuple[str, str, str]]:
    """Name, label and text of what a page of the post shows."""
    fields = [field for field in board.fields if field.type in _SHOWN and field.shown]
    for field in sorted(fields, key=lambda field: field.name != board.title):
        if text := post.text(field.name):
            yield field.name, field.label, text


_Letter = tuple[str, int, int]
"""What is compared, and from where to where that stands in the text."""


def _read(text: str, spans: Spans) -> list[_Letter]:
    """The text as it is read; kana over several kanji stand for all of these."""
    read: list[_Letter] = []
    at = 0
    for start, length, kana in spans:
        read += _written(text, at, start, sound)
        read += [(letter, start, start + length) for letter in sound(kana)]
        at = start + length
    return read + _written(text, at, len(text), sound)


def _written(text: str, start: int, end: int, fold: object = letters) -> list[_Letter]:
    assert callable(fold)
    written: list[_Letter] = []
    at = start
    while at < end:
        until = at + 1
        while until < end and text[until] in _MARKS:
            until += 1
        written += [(letter, at, until) for letter in fold(text[at:until])]
        at = until
    return written


_MARKS = "\u3099\u309a゛゜ﾞﾟ"  # they belong to what stands before them


def _written_at(text: str, word: str) -> tuple[int, int] | None:
    """From where to where it is written in the text."""
    # Most texts don't have it: that is seen without a look at each letter.
    return _where(_written(text, 0, len(text)), word) if word in letters(text) else None


def _heard_at(board: Board, post: Post, name: str, text: str, word: str) -> tuple[int, int] | None:
    """From where to where it is read so."""
    spans = reading_of(board, post.fields, name)
    pieces, at = list[str](), 0
    for start, length, kana in spans:
        pieces += text[at:start], kana
        at = start + length
    pieces.append(text[at:])
    return _where(_read(text, spans), word) if word in "".join(map(sound, pieces)) else None


def _where(of: list[_Letter], word: str) -> tuple[int, int] | None:
    at = "".join(letter for letter, _, _ in of).find(word)
    if at < 0:
        return None
    stretch = of[at : at + len(word)]
    return min(start for _, start, _ in stretch), max(end for _, _, end in stretch)


def _around(name: str, label: str, text: str, start: int, end: int) -> Place:
    before, after = text[max(0, start - _BEFORE) : start], text[end : end + _AFTER]
    return Place(
        field=name,
        label=label,
        before=("…" if start > _BEFORE else "") + " ".join(before.split("\n")),
        word=" ".join(text[start:end].split("\n")),
        after=" ".join(after.split("\n")) + ("…" if end + _AFTER < len(text) else ""),
    )
