"""A version that lies at one machine of a LAN comes to the others, of which nobody was told."""

from functools import partial
from pathlib import Path

import pytest

from node.node import open_node
from sync.limits import PIECE_BYTES_MAX
from sync.machine.form import RELEASES
from tests.lan.machines import village
from tests.node.updating.by_line import CONTENT, decide, put, waiting
from tests.patience import until


def test_what_lies_at_one_comes_to_its_neighbours_and_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "releases").mkdir()
    monkeypatch.setenv(RELEASES, str(tmp_path / "releases"))
    assert len(CONTENT) > 2 * PIECE_BYTES_MAX
    with village(tmp_path, 3) as three:
        first, *others = (open_node(machine.folder) for machine in three)
        release = decide(three, first)
        put(first)
        first.database.close()
        three.start()
        for node in others:
            until(partial(waiting(node, release).exists))
            assert waiting(node, release).read_bytes() == CONTENT
            node.database.close()
