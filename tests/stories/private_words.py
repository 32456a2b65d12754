"""Every control of the screens into which somebody may type, and what must become of the words.

They are found in the templates and among the fields declared beside the boards', so one that is
new is missed here the day it is there; and a story types all that isn't for everybody.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from urllib.parse import quote_plus

SCREENS = Path(__file__).resolve().parents[2] / "kiosk_ui"
_CONTROL = re.compile(r"<(?:input|textarea)\b[^>]*>")
_NO_WORDS = frozenset({"hidden", "radio", "checkbox", "file"})


class Becomes(Enum):
    """Of what was typed."""

    SEALED = auto()  # only its readers' keys open it
    HASHED = auto()  # it is compared, and never kept
    FORGOTTEN = auto()  # it is answered, and never written down
    WAITS = auto()  # in clear at that machine alone, for its keeper
    OPEN = auto()  # it is for everybody, or says nothing of anybody


@dataclass(frozen=True, slots=True)
class Typed:
    """What a story types there."""

    becomes: Becomes
    words: tuple[str, ...] = ()


def typed(becomes: Becomes, *words: str) -> Typed:
    return Typed(becomes, words)


Control = tuple[str, str]
"""The file, and the control's name as it is written there."""

PIN, PASSPHRASE = "730518264937", "kanariya tomaru kiiro mizube"
CONTROLS: Mapping[Control, Typed] = {
    ("writing.py", "message"): typed(Becomes.SEALED, "カナリヤ本文きいろいとり"),
    ("writing.py", "name"): typed(Becomes.SEALED, "カナリヤ名前きいろいとり"),
    ("writing.py", "contact"): typed(Becomes.SEALED, "カナリヤ連絡先きいろいとり"),
    ("_letters.html", "message"): typed(
        Becomes.SEALED, "カナリヤつづききいろいとり", "カナリヤ返事きいろいとり"
    ),
    ("erasure_ask.html", "words"): typed(Becomes.SEALED, "カナリヤ消してきいろ"),
    ("erasure_ask.html", "name"): typed(Becomes.SEALED, "カナリヤ依頼きいろ"),
    ("erasure_ask.html", "contact"): typed(Becomes.SEALED, "カナリヤ電話きいろ"),
    ("keypad.html", "typed"): typed(Becomes.HASHED, PIN),  # and a code that is made
    ("passphrase.html", "passphrase"): typed(Becomes.HASHED, PASSPHRASE),
    ("passphrase.html", "again"): typed(Becomes.HASHED, PASSPHRASE),
    ("sign_in_elsewhere.html", "passphrase"): typed(
        Becomes.HASHED, PASSPHRASE, "kanariya chigau kotoba desu"
    ),
    # Some type there what belongs below.
    ("sign_in_elsewhere.html", "name"): typed(Becomes.FORGOTTEN, "kanariya oboechigai"),
    ("search.html", "q"): typed(Becomes.FORGOTTEN, "カナリヤさがしもの"),
    ("six_words.html", "typed"): typed(Becomes.FORGOTTEN),  # six words that are drawn
    ("_design_more.html", ""): typed(Becomes.FORGOTTEN),  # a piece to look at, in no form
    ("step.html", "{{ control.field.name }}"): typed(
        Becomes.FORGOTTEN, "カナリヤ書きかけ一", "カナリヤ書きかけ二"
    ),
    # What waits for a look, what was declined, and what waits for the office's.
    ("_control.html", ""): typed(
        Becomes.WAITS, "カナリヤ待つ会", "カナリヤ断られた会", "カナリヤ役場を待つ会"
    ),
    ("_pictures.html", "{{ slot.name }}-words"): typed(Becomes.WAITS, "カナリヤ写真の説明"),
    ("report.html", "words"): typed(Becomes.WAITS, "カナリヤ知らせきいろ"),
    # Names of who keeps a place are told to the town, and the page says so.
    ("sign_in_name.html", "name"): typed(Becomes.OPEN),
    ("people.html", "name"): typed(Becomes.OPEN),
    # Whom to call stands on every screen.
    ("people.html", "who"): typed(Becomes.OPEN),
    ("people.html", "telephone"): typed(Becomes.OPEN),
    # What a town says of how it handles things is printed for everybody.
    ("handling.html", "{{ name }}"): typed(Becomes.OPEN),
    # Why a town does without something stands on the pages that lack it.
    ("switch.html", "reason"): typed(Becomes.OPEN),
    # What a machine shows for its office to answer opens nothing.
    ("people_telephone.html", "number"): typed(Becomes.OPEN),
    # A town's card and its number are read out by telephone.
    ("towns.html", "card"): typed(Becomes.OPEN),
    ("towns.html", "number"): typed(Becomes.OPEN),
    # Numbers of receipts that say how something stands, and never what it says.
    ("_slip.html", "code"): typed(Becomes.OPEN),
    ("wishes.html", "allowance"): typed(Becomes.OPEN),
    ("posting.py", "readers"): typed(Becomes.OPEN),
}


def of(*becomes: Becomes) -> list[str]:
    """The words that must become of it."""
    found = [word for each in CONTROLS.values() if each.becomes in becomes for word in each.words]
    return list(dict.fromkeys(found))


def was_sent(word: str, sent: bytes) -> bool:
    """Whether it stands in what a browser sent, as forms write it."""
    return quote_plus(word).encode() in sent or word.encode() in sent


def there_are() -> Iterator[Control]:
    """All controls of the screens that take words."""
    for path in sorted(SCREENS.glob("templates/**/*.html")):
        for control in _CONTROL.findall(path.read_text()):
            if _told(control, "type") not in _NO_WORDS:
                yield path.name, _told(control, "name")
    for path in sorted(SCREENS.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Field":
                yield (
                    path.name,
                    next(
                        ast.literal_eval(each.value) for each in node.keywords if each.arg == "name"
                    ),
                )


def _told(control: str, attribute: str) -> str:
    found = re.search(rf'\b{attribute}="([^"]*)"', control)
    return found[1] if found else ""
