"""Words that screens say: written in Japanese where they belong, said in the reader's language.

`say` gives the Japanese at once, so whoever knows no languages (commands, papers, files) reads it
as the text it is. A page that is drawn for a reader of another language asks such a text for its
message and gets the translation, filled in with the same values. What people wrote never comes
through here, so a post is never taken for a message.
"""

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Self

from markupsafe import Markup, escape

Translate = Callable[[str], str]
"""From a Japanese message to the reader's; what it lacks stays Japanese."""

reader: ContextVar[Translate | None] = ContextVar("reader", default=None)
"""Who reads what is drawn now; None: somebody who reads Japanese."""


class Said(str):
    """A text of ours: the Japanese, and what it was made of."""

    __slots__ = ("message", "values")
    message: str
    values: dict[str, object]

    @classmethod
    def of(cls, message: str, values: dict[str, object]) -> Self:
        """The message, with these values in their places."""
        said = cls(str(message).format(**values) if values else message)
        said.message = str(message)
        said.values = values
        return said

    def __html__(self) -> str:
        """As templates write it."""
        translate = reader.get()
        return str(escape(str(self))) if translate is None else said_by(translate, self)

    def __reduce__(self) -> tuple[object, ...]:
        return Said.of, (self.message, self.values)


def say(message: str, **values: object) -> Said:
    """A message in Japanese. `{name}` in it stands for the value of that name."""
    return Said.of(message, values)


def together(texts: Iterable[str], between: str = "、") -> Said:
    """Several texts of ours, one after the other."""
    values: dict[str, object] = {f"text{at}": text for at, text in enumerate(texts)}
    return say(between.join(f"{{{name}}}" for name in values), **values)


def said_by(translate: Translate, said: Said) -> Markup:
    """That text in another language, fit for a page."""
    message = escape(translate(said.message))
    return message.format(**said.values) if said.values else message
