"""A place whose screen is on, for each test a new one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kiosk.place import Place
from tests.kiosk.place import place as one_place
from tests.kiosk.screen import why_not


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Its screen is on; the machine isn't yet."""
    if reason := why_not():
        pytest.skip(reason)
    with one_place(tmp_path) as made:
        yield made
