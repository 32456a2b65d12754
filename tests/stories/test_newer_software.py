"""What only newer software knows passes through older machines, which show nothing of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from sync.writing import Draft
from tests.patience import until
from tests.stories.desk import Desk
from tests.stories.machines import Machine, town, wait_until_all_hold_the_same

pytestmark = pytest.mark.slow

NEWER = Path(__file__).parent / "newer"  # Python reads its sitecustomize.py at every start
EVENT = {"state": "planned", "starts_on": "2031-04-05", "place": "上郷公民館"}


@contextmanager
def _newer(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is started meanwhile is newer software."""
    with monkeypatch.context() as patch:
        patch.setenv("PYTHONPATH", str(NEWER), prepend=os.pathsep)
        yield


def _shows(machine: Machine, page: str, words: str) -> bool:
    return words in machine.visitor.reads(page)


def test_a_kind_and_a_field_that_are_not_known_here_stand_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with town(tmp_path / "town") as machines:
        _, office, here, there = machines
        for machine in machines:
            machine.start()
        desk = Desk(tmp_path / "town", tmp_path)
        (shown, *_), first = desk.write(
            Draft(kind="event/write", fields={**EVENT, "title": "だれでも見られる会"}),
            Draft(kind="event/write", fields={**EVENT, "title": "古い印の会", "later": "いつか"}),
        )
        page = desk.page(shown)
        here.kairan("import", desk.stick(first))
        for machine in (here, there):
            until(partial(_shows, machine, page, "だれでも見られる会"))
            assert _shows(machine, "/boards/event", "古い印の会"), "a field nobody must understand"

        (_, seats, closed), later = desk.write(
            Draft(
                kind="event/write",
                fields={"title": "許しのいる会", "!leave": "山田さん"},
                record=shown,
                parents=[shown],
                counter=2,
            ),
            Draft(kind="seats/write", fields={"title": "上郷小学校", "free": "12"}),
            Draft(kind="seats/close", fields={"why": "満員"}),
        )
        here.kairan("import", desk.stick(later))
        wait_until_all_hold_the_same((office, here, there))
        for machine in (office, here, there):
            assert "まだ表示できません" in machine.visitor.reads(page)
            for path in ("/", "/boards/event"):
                assert not _shows(machine, path, "許しのいる会")
                assert not _shows(machine, path, "だれでも見られる会"), "it may be true no more"
                assert not _shows(machine, path, "上郷小学校")
            assert machine.visitor.open("/boards/seats").status == 404
            assert machine.visitor.open(desk.page(seats)).status == 404
            assert machine.visitor.open(desk.page(closed)).status == 404
            assert machine.status().not_shown == {"not_understood": 1, "no_board": 1}
            assert machine.status().holes == 0

        # The machine that came by it through older ones is made new, and shows all of it.
        there.stop()
        with _newer(monkeypatch):
            there.start()
            assert "99.0" in there.kairan("status")
        assert "許しのいる会" in there.visitor.reads(page)
        assert "許しのいる会" in there.visitor.reads("/boards/event")
        assert "上郷小学校" in there.visitor.reads("/boards/seats")
        ours = there.visitor.post("seats", title="下郷小学校", free="3000")
        there.visitor.edit(ours, free="2961")
        until(lambda: here.status().not_shown == {"not_understood": 1, "no_board": 2})
        assert here.visitor.open(ours).status == 404

        # The other one is made new years later, and holds by then all there is to show.
        here.stop()
        with _newer(monkeypatch):
            here.start()
            until(partial(_shows, here, ours, "2961"))
            for board in ("seats", "event"):
                assert here.board(board) == there.board(board) != []
