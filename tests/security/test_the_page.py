"""docs/SECURITY.md names a test for each claim; here it is seen that each of them is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "SECURITY.md"


def named_tests() -> list[tuple[str, str]]:
    """`folder/test_file::test_name`, as the page names them below tests/."""
    return re.findall(r"`([a-z_/]+)::(test_\w+)`", PAGE.read_text())


def test_every_test_that_the_page_names_is_there() -> None:
    named = named_tests()
    assert len(named) > 40
    missing = []
    for file, name in named:
        path = ROOT / "tests" / f"{file}.py"
        tree = ast.parse(path.read_bytes()) if path.is_file() else ast.Module([], [])
        if name not in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}:
            missing.append(f"{file}::{name}")
    assert missing == []


def test_every_test_in_this_folder_is_on_the_page() -> None:
    written = {
        (f"security/{path.stem}", node.name)
        for path in Path(__file__).parent.glob("test_*.py")
        if path != Path(__file__)
        for node in ast.parse(path.read_bytes()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    assert written <= set(named_tests())
