"""Making a list shorter by touch: by the fields whose declaration says that people look by them.

What can be chosen is what stands on the board, so no choice leads to nothing. What a post doesn't
say it isn't found by.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import request

from kiosk_ui.screen import Screen
from node.boards.declaration import Board, Choice, Field, FieldType
from node.post import Post

POSTS_MAX = 5_000
WAYS_MAX = 8
"""Of a text that anybody writes as they like, so many of the commonest are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One touch: where it leads, and how many posts would be left."""

    label: str
    count: int
    chosen: bool
    arguments: Mapping[str, str]  # of the address, with this choice made, or taken back


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """What is left, and what may be chosen yet."""

    posts: Sequence[Post]
    chosen: Mapping[str, str]
    ways: Sequence[tuple[str, Sequence[Way]]]  # by the field's label


def narrowed(screen: Screen, board: Board) -> Narrowed | None:
    """None for a board that nobody looks through by its fields."""
    fields = [field for field in board.fields if field.narrows]
    if not fields:
        return None
    posts = [
        post for post in screen.node.posts(board, limit=POSTS_MAX) if not _is_over(board, post)
    ]
    chosen = {field.name: key for field in fields if (key := request.args.get(field.name))}
    ways = [(field.label, _ways(field, posts, chosen)) for field in fields]
    return Narrowed(
        posts=_left(posts, chosen),
        chosen=chosen,
        ways=[(label, each) for label, each in ways if each],
    )


def _left(posts: Sequence[Post], chosen: Mapping[str, str]) -> list[Post]:
    return [post for post in posts if all(post.text(name) == key for name, key in chosen.items())]


def _ways(field: Field, posts: Sequence[Post], chosen: Mapping[str, str]) -> list[Way]:
    others = {name: key for name, key in chosen.items() if name != field.name}
    counts = Counter(post.text(field.name) for post in _left(posts, others))
    picked = chosen.get(field.name, "")
    ways = [
        Way(
            label=choice.label,
            count=counts[choice.key],
            chosen=choice.key == picked,
            arguments=others if choice.key == picked else {**others, field.name: choice.key},
        )
        for choice in _choices(field, counts, picked)
    ]
    return ways if len(ways) > 1 or picked else []


def _choices(field: Field, counts: Counter[str], picked: str) -> list[Choice]:
    if field.type is FieldType.CHOICE:
        return [c for c in field.choices if counts[c.key] or c.key == picked]
    common = [text for text, _ in counts.most_common(WAYS_MAX + 1) if text][:WAYS_MAX]
    if picked and picked not in common:
        common.append(picked)
    return [Choice(key=text, label=text) for text in common]


def _is_over(board: Board, post: Post) -> bool:
    state = board.field(board.state)
    return state is not None and any(
        choice.over and choice.key == post.text(board.state) for choice in state.choices
    )
