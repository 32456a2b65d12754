"""All that the screens say, gathered for the catalogues: `python -m kiosk_ui.gathering` mends them.

Templates, texts of `say` and what the boards' declarations tell people. After a word of the screens
has changed, each catalogue lists what it has no translation for yet; a test tells which.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment

from kiosk_ui.desk import DESK
from kiosk_ui.wording import Wording
from node.said_boards import SAID_BOARDS
from node.words import Said

HERE = Path(__file__).parent
CATALOGUES = HERE / "words"
NAMES = re.compile(r"\{(\w+)(?::[^{}]*)?\}")


@dataclass(slots=True)
class Message:
    """One thing that is said."""

    text: str
    where: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)  # that a translation may use

    @property
    def for_residents(self) -> bool:
        """Whether somebody may read it who reads little Japanese."""
        return any(Path(each).stem not in DESK for each in self.where)


def messages() -> dict[str, Message]:
    """Everything the screens may say, by its Japanese."""
    found: dict[str, Message] = {}
    for where, text, names in (*_in_templates(), *_in_python(), *_in_declarations()):
        message = found.setdefault(text, Message(text))
        message.where.add(where)
        message.names |= names | {match[1] for match in NAMES.finditer(text)}
    return found


def for_residents() -> dict[str, Message]:
    """What every catalogue has to have."""
    return {text: message for text, message in messages().items() if message.for_residents}


def _in_templates() -> Iterator[tuple[str, str, set[str]]]:
    environment = Environment(trim_blocks=True, lstrip_blocks=True, autoescape=True)
    for path in sorted((HERE / "templates").glob("*.html")):
        wording = Wording()
        wording.over(environment.parse(path.read_text()))
        for text in wording.messages:
            yield f"kiosk_ui/templates/{path.name}", text, set()


def _in_python() -> Iterator[tuple[str, str, set[str]]]:
    root = HERE.parent
    for path in sorted((*HERE.glob("*.py"), *root.joinpath("node").rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id != "say" or not node.args:
                continue
            names = {each.arg for each in node.keywords if each.arg}
            for text in ast.walk(node.args[0]):
                if isinstance(text, ast.Constant) and isinstance(text.value, str) and text.value:
                    yield str(path.relative_to(root)), text.value, names


def _in_declarations() -> Iterator[tuple[str, str, set[str]]]:
    for board in SAID_BOARDS.values():
        for text in _said(board):
            yield f"node/boards ({board.name})", text.message, set()


def _said(value: object) -> Iterator[Said]:
    if isinstance(value, Said):
        if value:
            yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _said(each)
    elif is_dataclass(value):
        for each in fields(value):
            yield from _said(getattr(value, each.name))


def mend(path: Path) -> int:
    """Write that catalogue anew, in order, without what nobody says any more; how many it lacks."""
    with path.open("rb") as file:
        there = read_po(file)
    known = {each.id: each.string for each in there if isinstance(each.id, str)}
    catalogue = Catalog(charset="utf-8", header_comment=there.header_comment)
    catalogue.mime_headers = []
    lacking = 0
    wanted = for_residents()
    for text in sorted(wanted, key=lambda text: (min(wanted[text].where), text)):
        said = known.get(text, "")
        lacking += not said
        catalogue.add(text, said, locations=[(where, 1) for where in sorted(wanted[text].where)])
    head, _, _ = path.read_text().partition("\n\n")
    with path.open("wb") as file:
        file.write(f"{head}\n\n".encode())
        write_po(file, catalogue, omit_header=True, include_lineno=False, width=100)
    return lacking


if __name__ == "__main__":
    for path in sorted(CATALOGUES.glob("*.po")):
        print(f"{path.name}: {mend(path)} without a translation")
