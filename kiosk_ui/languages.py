"""The languages of the screens: Japanese, in which all words are written, and others by catalogues.

A catalogue is a gettext file (`words/*.po`) whose header names the language and how its readers
call it. One more file there is one more language; nothing here knows any by name but Japanese and
the easy kind of it. Posts stay in the Japanese they were written in, and pages say so.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from flask import Flask, g, request

from kiosk_ui.wording import GLOBALS
from node.words import Translate, reader

JAPANESE = "ja"
EASY = "ja-easy"
"""やさしい日本語: short words and sentences, and kana over kanji, for those who are learning."""

_NAME, _ORDER = "X-Name", "X-Order"
_CHOSEN = "chosen_language"  # of this request
_loading = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One that the screens may be read in."""

    key: str  # of its cookie and its file
    tag: str  # as pages name it to browsers (BCP 47)
    name: str  # as its readers call it
    order: int = 0

    @property
    def japanese(self) -> bool:
        """Whether its readers read what people post."""
        return self.tag == "ja"


@cache
def languages() -> Mapping[str, Language]:
    """Key to language, Japanese first."""
    found = [_from_header(file) for file in files("kiosk_ui").joinpath("words").iterdir()]
    others = sorted((each for each in found if each), key=lambda each: each.order)
    japanese = Language(key=JAPANESE, tag="ja", name="日本語")
    return {each.key: each for each in (japanese, *others)}


def language() -> Language:
    """The one that this visitor chose, or Japanese. A page depends on it as on `chosen_looks`."""
    if (chosen := g.get(_CHOSEN)) is None:
        known = languages()
        chosen = known.get(request.cookies.get("language", ""), known[JAPANESE])
        setattr(g, _CHOSEN, chosen)
    found: Language = chosen
    return found


def translator(key: str) -> Translate | None:
    """What says our messages in that language; None for Japanese."""
    if key == JAPANESE:
        return None
    return _translator(key)


def _translator(key: str) -> Translate:
    with _loading:  # several threads want it at once after a start, and one reads the file
        messages = catalogue(key)
    return lambda message: messages.get(message) or message


@cache
def catalogue(key: str) -> Mapping[str, str]:
    """Message to translation, of that language's file."""
    from babel.messages.pofile import read_po  # only once somebody reads another language

    with files("kiosk_ui").joinpath("words", f"{key}.po").open("rb") as file:
        entries = read_po(file)
    return {
        entry.id: entry.string
        for entry in entries
        if isinstance(entry.id, str) and isinstance(entry.string, str) and not entry.fuzzy
    }


def add_languages(app: Flask) -> None:
    """Let each page be drawn in the language of whoever asks."""

    @app.before_request
    def read() -> None:
        reader.set(translator(language().key))

    @app.teardown_request
    def unread(_: BaseException | None) -> None:
        reader.set(None)

    @app.context_processor
    def of_this_request() -> dict[str, object]:
        chosen = language()
        return {"language": chosen, "languages": languages().values()}

    app.jinja_env.globals.update(GLOBALS)


def _from_header(file: Traversable) -> Language | None:
    """The language of a catalogue, read from its first lines."""
    if not file.name.endswith(".po"):
        return None
    head: dict[str, str] = {}
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith('"') and ": " in line:
                name, value = line.strip().strip('"').removesuffix("\\n").split(": ", 1)
                head[name] = value
            elif not line.strip():
                break
    return Language(
        key=file.name.removesuffix(".po"),
        tag=head["Language"],
        name=head[_NAME],
        order=int(head[_ORDER]),
    )
