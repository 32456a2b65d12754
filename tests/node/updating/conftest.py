"""A village whose machines try versions."""

from pathlib import Path

import pytest

from hub.hub import Hub, open_hub
from node.node import Node
from sync.machine.form import RELEASES
from sync.machine.settings import Part
from tests.node.builders import Village


@pytest.fixture
def village(tmp_path: Path) -> Village:
    return Village(tmp_path)


@pytest.fixture
def hub(village: Village) -> Hub:
    return open_hub(village.make("hub", Part.HUB))


@pytest.fixture
def node(village: Village, monkeypatch: pytest.MonkeyPatch) -> Node:
    """One where versions are tried, and that has none yet."""
    releases = village.folder / "releases"
    releases.mkdir()
    monkeypatch.setenv(RELEASES, str(releases))
    return village.node()
