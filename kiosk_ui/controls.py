"""A board's form as it is drawn: each field with what was typed, and what is wrong with it.

What was typed is shown again letter by letter; a date that is no date gets a plain box, for a
browser's date box would throw it away.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from node.boards.declaration import EASY, Board, Choice, Field, FieldType
from node.words import say

_SHAPES = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "time": re.compile(r"\d\d:\d\d"),
    "datetime-local": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d"),
}
_INPUTS = {FieldType.DATE: "date", FieldType.TIME: "time", FieldType.MOMENT: "datetime-local"}
_KEYBOARDS = {FieldType.NUMBER: "numeric", FieldType.PHONE: "tel", FieldType.LINK: "url"}
_JAPAN = "+09:00"
_LINE_CHARACTERS_MAX = 200  # what may be longer gets more than a line
_NO_CHOICE = Choice(key="", label=say("えらばない"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One field of the form."""

    field: Field
    typed: str
    problem: str = ""
    present: str | None = None  # in words, what somebody else has put there meanwhile

    @property
    def id(self) -> str:
        """Of the element, in links and labels."""
        return f"f-{self.field.name}"

    @property
    def shape(self) -> str:
        """How it is drawn: "choices", "check", "area" or an input's type."""
        match self.field.type:
            case FieldType.CHOICE:
                return "choices"
            case FieldType.FLAG:
                return "check"
            case FieldType.LONG_TEXT:
                return "area"
        if self.field.length_max > _LINE_CHARACTERS_MAX or "\n" in self.typed:
            return "area"
        shape = _INPUTS.get(self.field.type, "text")
        return shape if not self.typed or _fits(shape, self.typed) else "text"

    @property
    def is_easy(self) -> bool:
        """Whether it is where a post is told in やさしい日本語."""
        return self.field.name == EASY

    @property
    def keyboard(self) -> str:
        """The on-screen keyboard that suits it."""
        return _KEYBOARDS.get(self.field.type, "")

    @property
    def rows(self) -> int:
        """Of an area."""
        return 6 if self.field.type is FieldType.LONG_TEXT else 3

    @property
    def choices(self) -> Sequence[Choice]:
        """Those of the field, and none of them where that is allowed."""
        optional = not (self.field.required or self.field.default)
        return (*self.field.choices, _NO_CHOICE) if optional else self.field.choices

    @property
    def described_by(self) -> str:
        """The ids of what explains it."""
        parts = (
            ("hint", self.field.hint),
            ("present", self.present is not None),
            ("problem", self.problem),
        )
        return " ".join(f"{self.id}-{part}" for part, there in parts if there)


def controls(
    board: Board,
    typed: Mapping[str, str],
    *,
    problems: Mapping[str, str] | None = None,
    present: Mapping[str, str] | None = None,
) -> list[Control]:
    """The form of a board."""
    return [
        Control(
            field=field,
            typed=typed.get(field.name, ""),
            problem=(problems or {}).get(field.name, ""),
            present=(present or {}).get(field.name),
        )
        for field in board.form_fields()
    ]


def defaults(board: Board) -> dict[str, str]:
    """What a blank form starts with."""
    return {field.name: field.default for field in board.form_fields()}


def as_typed(board: Board, fields: Mapping[str, object]) -> dict[str, str]:
    """A post's fields as a person would have typed them."""
    return {field.name: _as_typed(field, fields.get(field.name)) for field in board.form_fields()}


def to_parse(board: Board, typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed, a moment without an offset being one in Japan."""
    return {
        field.name: _to_parse(field, typed.get(field.name, "")) for field in board.form_fields()
    }


def _to_parse(field: Field, text: str) -> str:
    local = field.type is FieldType.MOMENT and _fits("datetime-local", text)
    return text + _JAPAN if local else text


def _as_typed(field: Field, value: object) -> str:
    if field.type is FieldType.FLAG:
        return "yes" if value is True else ""
    if not isinstance(value, str):
        return ""
    if field.type is FieldType.MOMENT and value.endswith(f":00{_JAPAN}"):
        local = value.removesuffix(f":00{_JAPAN}")
        return local if _fits("datetime-local", local) else value
    return value


def _fits(shape: str, text: str) -> bool:
    return shape == "text" or bool(_SHAPES[shape].fullmatch(text))
