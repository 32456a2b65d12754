"""Templates are written in Japanese and know no other language; here their words become messages.

When a template is read, each run of words between two tags, and each value of an attribute, that
holds Japanese is drawn in two ways: as it was written, and, for whoever reads another language, as
a message. In a message `{name}` stands for what the template puts there, and `<b>` for a tag with
all its attributes. Words in expressions become texts of `say`. So no word of a template can be
forgotten, and Japanese pages are drawn exactly as they were written.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask.templating import Environment
from jinja2 import nodes
from markupsafe import Markup, escape

from node.words import Said, reader, say, together

JAPANESE = re.compile(r"[\u3001-\u301f\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uff01-\uff5e]")
_INLINE = frozenset({"b", "br", "em", "i", "small", "span", "strong", "wbr"})
_SINGLE = frozenset({"br", "wbr"})
_PIECE = re.compile(r"\{(\w+)\}|<(/?)(\w+)>")
_WHOLE_TAG = re.compile(r"<(/?)(\w+)[^<>]*>")
_TAG = re.compile(r"</?\s*([a-zA-Z0-9]+)")
_JAPANESE, _NOTHING = Markup(' lang="ja"'), Markup("")
_APART = frozenset({"icon", "qr"})
"""Pictures beside words: no part of the sentence where they begin or end it."""


@dataclass(frozen=True, slots=True)
class _Tag:
    """A tag among words."""

    text: str

    @property
    def name(self) -> str:
        found = _TAG.match(self.text)
        return found[1].lower() if found else ""

    @property
    def closes(self) -> bool:
        return self.text.startswith("</")


_Piece = str | nodes.Expr | _Tag
"""Written text, an expression, or a tag."""


class WordedEnvironment(Environment):
    """Reads templates so that their words can be said in any language."""

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        template = super()._parse(source, name, filename)
        Wording().over(template)
        template.set_environment(self)
        return template


class Wording:
    """What is done to one template; collects its messages."""

    def __init__(self) -> None:
        """Nothing read yet; a template begins between two tags."""
        self.messages: list[str] = []
        self._in_tag = False
        self._quote = ""

    def over(self, node: nodes.Node) -> None:
        """Replace what has words in it, in the order in which it is written."""
        for name, value in node.iter_fields():
            if isinstance(value, list):
                setattr(node, name, [new for each in value for new in self._each(each)])
            elif isinstance(value, nodes.Const):
                setattr(node, name, self._constant(value))
            elif isinstance(value, nodes.Node):
                self.over(value)

    def _each(self, value: object) -> Iterator[object]:
        if isinstance(value, nodes.Output):
            yield from self._output(value)
        elif isinstance(value, nodes.Const):
            yield self._constant(value)
        else:
            if isinstance(value, nodes.Node):
                self.over(value)
            yield value

    def _constant(self, constant: nodes.Const) -> nodes.Expr:
        if not isinstance(constant.value, str) or not JAPANESE.search(constant.value):
            return constant
        self.messages.append(constant.value)
        said = nodes.Call(nodes.Name("say", "load"), [constant], [], None, None)
        said.set_lineno(constant.lineno)
        return said

    def _output(self, output: nodes.Output) -> Iterator[nodes.Node]:
        new: list[nodes.Node] = []
        for node in output.nodes:
            if isinstance(node, nodes.Const):
                new.append(self._constant(node))
            elif not isinstance(node, nodes.TemplateData):
                self.over(node)
                new.append(node)
            else:
                new.append(node)
        run: list[_Piece] = []
        for is_words, pieces in self._runs(new):
            if is_words and _has_words(pieces):
                lead, middle, trail = _trimmed(pieces)
                if lead or run:
                    yield nodes.Output(_written([*run, *lead])).set_lineno(output.lineno)
                yield self._in_either(middle).set_lineno(output.lineno)
                run = trail
            else:
                run += pieces
        if run:
            yield nodes.Output(_written(run)).set_lineno(output.lineno)

    def _in_either(self, pieces: Sequence[_Piece]) -> nodes.If:
        message, values, tags = _message(pieces)
        self.messages.append(message)
        call = nodes.Call(
            nodes.Name("say_with_tags", "load"),
            [
                nodes.Const(message),
                nodes.Dict([nodes.Pair(nodes.Const(k), v) for k, v in values.items()]),
                nodes.Dict([nodes.Pair(nodes.Const(k), v) for k, v in tags.items()]),
            ],
            [],
            None,
            None,
        )
        as_written = nodes.Output(_written(pieces))
        test = nodes.Call(nodes.Name("in_japanese", "load"), [], [], None, None)
        return nodes.If(test, [as_written], [], [nodes.Output([call])])

    def _runs(self, parts: Sequence[nodes.Node]) -> Iterator[tuple[bool, list[_Piece]]]:
        """The pieces, cut at tags that end a sentence and at the ends of attributes."""
        run: list[_Piece] = []
        for part in parts:
            if not isinstance(part, nodes.TemplateData):
                assert isinstance(part, nodes.Expr)
                run.append(part)
                continue
            for kind, text in self._cut(part.data):
                if kind == "words":
                    run.append(text)
                else:
                    yield True, run
                    run = []
                    yield False, [text]
        yield True, run

    def _cut(self, data: str) -> Iterator[tuple[str, str]]:
        """What is between tags or quotes, and what is neither."""
        at = begun = 0
        inside = self._in_tag
        while at < len(data):
            sign = data[at]
            if self._quote:
                if sign == self._quote:
                    yield "words", data[begun:at]
                    begun, self._quote = at, ""
            elif inside:
                if sign in "\"'":
                    yield "code", data[begun : at + 1]
                    begun, self._quote = at + 1, sign
                elif sign == ">":
                    yield "code", data[begun : at + 1]
                    begun, inside = at + 1, False
            elif sign == "<":
                whole = _WHOLE_TAG.match(data, at)
                if whole and whole[2].lower() in _INLINE and not JAPANESE.search(whole[0]):
                    at = whole.end()
                    continue
                yield "words", data[begun:at]
                begun, inside = at, True
            at += 1
        self._in_tag = inside
        yield ("code" if inside and not self._quote else "words"), data[begun:]


def _split(text: str) -> Iterator[_Piece]:
    """Written text, and the tags in it."""
    for part in re.split(r"(<[^<>]*>)", text):
        if part.startswith("<"):
            yield _Tag(text=part)
        elif part:
            yield part


def _has_words(pieces: Sequence[_Piece]) -> bool:
    return any(
        isinstance(piece, str) and JAPANESE.search(re.sub(r"<[^<>]*>", "", piece))
        for piece in pieces
    )


def _trimmed(pieces: Sequence[_Piece]) -> tuple[list[_Piece], list[_Piece], list[_Piece]]:
    """What stands before the sentence, the sentence, and what stands behind it."""
    apart = [
        each for piece in pieces for each in (_split(piece) if isinstance(piece, str) else [piece])
    ]
    first, last = 0, len(apart)
    while True:
        if first < last and _is_blank(apart[first]):
            first += 1
        elif first < last and _is_blank(apart[last - 1]):
            last -= 1
        elif (
            first < last
            and _is_open(apart[first])
            and _partner(apart, first, last) in (None, last - 1)
        ):
            last -= _partner(apart, first, last) == last - 1
            first += 1
        elif first < last and _is_close(apart[last - 1]) and not _is_closed_in(apart, first, last):
            last -= 1
        else:
            break
    lead, middle, trail = apart[:first], apart[first:last], apart[last:]
    if middle and isinstance(middle[0], str):
        bare = middle[0].lstrip()
        lead.append(middle[0][: len(middle[0]) - len(bare)])
        middle[0] = bare
    if middle and isinstance(middle[-1], str):
        bare = middle[-1].rstrip()
        trail.insert(0, middle[-1][len(bare) :])
        middle[-1] = bare
    return lead, middle, trail


def _is_blank(piece: _Piece) -> bool:
    if isinstance(piece, str):
        return not piece.strip()
    if isinstance(piece, _Tag):
        return piece.name in _SINGLE
    called = piece.node if isinstance(piece, nodes.Call) else None
    return isinstance(called, nodes.Name) and called.name in _APART


def _is_open(piece: _Piece) -> bool:
    return isinstance(piece, _Tag) and not piece.closes and piece.name not in _SINGLE


def _is_close(piece: _Piece) -> bool:
    return isinstance(piece, _Tag) and piece.closes


def _partner(pieces: Sequence[_Piece], first: int, last: int) -> int | None:
    """Where the tag that opens at `first` is closed."""
    depth = 0
    for at in range(first, last):
        if _is_open(pieces[at]):
            depth += 1
        elif _is_close(pieces[at]):
            depth -= 1
            if not depth:
                return at
    return None


def _is_closed_in(pieces: Sequence[_Piece], first: int, last: int) -> bool:
    """Whether the tag that closes at the end was opened within."""
    return any(
        _partner(pieces, at, last) == last - 1
        for at in range(first, last - 1)
        if _is_open(pieces[at])
    )


def _message(
    pieces: Sequence[_Piece],
) -> tuple[str, Mapping[str, nodes.Expr], Mapping[str, nodes.Expr]]:
    """How it reads in a catalogue, what its names stand for, and its tags."""
    message = ""
    values: dict[str, nodes.Expr] = {}
    tags: dict[str, nodes.Expr] = {}
    open_tags: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            message += piece
        elif isinstance(piece, _Tag):
            if piece.closes and open_tags:
                message += f"</{open_tags.pop()}>"
                continue
            name = _free(piece.name, tags)
            tags[name] = nodes.Const(piece.text)
            message += f"<{name}>"
            if piece.name not in _SINGLE:
                open_tags.append(name)
        else:
            name = _free(_name(piece), values)
            values[name] = piece
            message += f"{{{name}}}"
    return " ".join(message.split("\n")), values, tags


def _free(name: str, taken: Mapping[str, object]) -> str:
    return next(n for n in (name, *(f"{name}{at}" for at in range(2, 99))) if n not in taken)


def _name(expression: nodes.Expr) -> str:
    """What an expression is about: the last name in it."""
    match expression:
        case nodes.Name(name=name) | nodes.Getattr(attr=name):
            return str(name)
        case nodes.Getitem(arg=nodes.Const(value=str(name))) if name.isidentifier():
            return name
        case nodes.Getitem(node=node):
            return _name(node)
        case nodes.Filter(node=nodes.Expr() as node) | nodes.Call(node=node):
            return _name(node)
    return "text"


def _written(pieces: Sequence[_Piece]) -> list[nodes.Expr]:
    """The pieces as the template had them."""
    return [
        nodes.TemplateData(piece)
        if isinstance(piece, str)
        else nodes.TemplateData(piece.text)
        if isinstance(piece, _Tag)
        else piece
        for piece in pieces
        if piece != ""
    ]


def in_japanese() -> bool:
    """Whether whoever reads this reads what the templates say."""
    return reader.get() is None


def say_with_tags(message: str, values: Mapping[str, object], tags: Mapping[str, str]) -> Markup:
    """A template's message in the reader's language. What catalogues say is ours, and trusted."""
    translate = reader.get()
    assert translate is not None
    parts: list[str] = []
    at = 0
    translated = translate(message).replace('"', "&#34;")  # for it may stand in an attribute
    for found in _PIECE.finditer(translated):
        parts.append(translated[at : found.start()])
        at = found.end()
        if found[1]:
            parts.append(str(escape(values.get(found[1], ""))))
        elif found[2]:
            parts.append(f"</{found[3].rstrip('0123456789')}>")
        else:
            parts.append(tags.get(found[3], found[0]))
    return Markup("".join((*parts, translated[at:])))  # noqa: S704  # see above


def lang_of(text: str) -> Markup:
    """For the tag around a text that people wrote, on the pages of who reads other languages."""
    return _JAPANESE if reader.get() is not None and not isinstance(text, Said) else _NOTHING


def in_its_language(text: str) -> str:
    """The same for a text that has no tag of its own."""
    return Markup('<span lang="ja">{}</span>').format(text) if lang_of(text) else text


GLOBALS = {
    "say": say,
    "together": together,
    "in_japanese": in_japanese,
    "say_with_tags": say_with_tags,
    "lang_of": lang_of,
    "in_its_language": in_its_language,
}
