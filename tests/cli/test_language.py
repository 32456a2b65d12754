"""Readings are made by a process that is there while it is asked."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from cli.supervise import OnDemand, end, kairan, supervise
from node.language.asking import Elsewhere
from node.language.line import listen
from node.language.process import answer_all
from node.language.reader import Reader
from sync.machine.settings import Part
from tests.cli.kairan import kairan as typed
from tests.cli.kairan import message, refused
from tests.node.builders import Village
from tests.patience import until


@pytest.fixture
def language(tmp_path: Path) -> Iterator[OnDemand]:
    """As `kairan node` supervises it."""
    folder = Village(tmp_path).make("上郷", Part.NODE)
    stop = Event()
    with listen(folder) as listener:
        command = kairan("language", "--data", str(folder), "--descriptor", str(listener.fileno()))
        process = OnDemand("language", command, listener=listener)
        supervisor = Thread(target=supervise, args=([process], stop))
        supervisor.start()
        yield process
        stop.set()
        supervisor.join()


def test_it_is_started_by_the_first_question_and_again_by_the_next(
    language: OnDemand, tmp_path: Path
) -> None:
    assert language.child is None
    asked = Elsewhere(tmp_path / "上郷")
    until(lambda: asked.read(["会"], {}) != [()] or _patient(asked))
    first = language.child
    assert first is not None
    end([language])
    assert first.returncode == 0, "it was told to end, and did"
    until(lambda: asked.read(["会"], {}) != [()] or _patient(asked))
    assert language.child is not first


def _patient(asked: Elsewhere) -> bool:
    """On a busy machine the dictionary may take longer than a person waits."""
    asked._quiet_until = 0.0
    return False


def test_it_ends_when_nobody_asks(tmp_path: Path) -> None:
    folder = Village(tmp_path).make("上郷", Part.NODE)
    with listen(folder) as listener:
        answer_all(listener, Reader(), stop=Event(), idle_seconds=0.5)


def test_a_hub_reads_nothing(tmp_path: Path) -> None:
    folder = Village(tmp_path).make("hub", Part.HUB)
    assert "ハブ" in refused("language", "--data", folder)


def test_a_folder_that_is_no_machines_is_refused(tmp_path: Path) -> None:
    said = typed("language", "--data", tmp_path)
    assert "機械の設定" in message(said)
