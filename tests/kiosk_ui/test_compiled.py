"""An image has its templates as Python, read when it was made; a machine reads none of them."""

from pathlib import Path

import pytest

from kiosk_ui import compiled
from kiosk_ui.app import create_app
from kiosk_ui.compiled import compile_into
from kiosk_ui.wording import WordedEnvironment
from tests.node.builders import Village

TEMPLATES = Path(compiled.__file__).with_name("templates")


def test_each_template_is_compiled_as_the_screens_would_compile_it(tmp_path: Path) -> None:
    compile_into(tmp_path / "compiled")
    screens = create_app(Village(tmp_path / "town").node()).jinja_env
    as_screens_would = {
        str(screens.compile((TEMPLATES / name).read_text(), name, raw=True, defer_init=True))
        for name in screens.list_templates()
    }
    assert {path.read_text() for path in (tmp_path / "compiled").iterdir()} == as_screens_would
    assert len(as_screens_would) == sum(path.is_file() for path in TEMPLATES.rglob("*"))


def test_screens_whose_templates_are_compiled_read_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = Village(tmp_path / "town").node()
    pages = ("/", "/boards/event", "/design", "/nowhere")

    def drawn() -> list[str]:
        visitor = create_app(node, development=True).test_client()
        return [visitor.get(page).text for page in pages]

    as_written = drawn()
    compile_into(tmp_path / "compiled")
    monkeypatch.setattr(compiled, "COMPILED", tmp_path / "compiled")
    monkeypatch.delattr(WordedEnvironment, "_parse")
    monkeypatch.delattr("jinja2.Environment._parse")
    assert drawn() == as_written
