"""The voice speaks in a program of its own; who listens hears it while it is made."""

import pytest

from node.errand import Busy, Errands, Failed, Late
from node.speech.aloud import sentences
from node.speech.voice import MAKING_MAX, Voice


def asked(text: str) -> list[tuple[tuple[str, str], ...]]:
    return list(sentences(text, []))


def test_a_recording_begins_before_it_is_whole_and_is_the_same_for_all_who_listen() -> None:
    voice = Voice()
    recording = voice.say(asked("公民館の行事です。" * 12), slow=False)
    assert recording.begins()
    first = next(recording.pieces())
    assert len(first) < len(recording.whole() or b"")
    assert first[0] == 0xFF, "MP3 begins with a frame"
    assert first[1] & 0xE0 == 0xE0
    again = voice.say(asked("公民館の行事です。" * 12), slow=False)
    assert again is recording
    assert b"".join(again.pieces()) == recording.whole()


def test_nothing_is_left_of_it_once_something_has_changed() -> None:
    voice = Voice()
    voice.say(asked("消される話。"), slow=False).whole()
    assert voice.held == 1
    voice.let_go()
    assert voice.held == 0
    assert voice.recording(asked("消される話。"), slow=False) is None


def test_few_wait_for_the_voice_and_the_others_are_told() -> None:
    voice = Voice()
    waiting = [voice.say(asked(f"{n}番目の話。"), slow=False) for n in range(MAKING_MAX)]
    with pytest.raises(Busy):
        voice.say(asked("もう一つの話。"), slow=False)
    assert all(recording.whole() for recording in waiting)
    assert voice.say(asked("もう一つの話。"), slow=False).whole()


def test_what_the_voice_cannot_say_ends_and_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    voice = Voice()
    monkeypatch.setattr(
        voice, "_errands", Errands("no.such.module", waiting_max=0, wait_seconds=1, run_seconds=9)
    )
    recording = voice.say(asked("声になりません。"), slow=False)
    assert not recording.begins()
    assert recording.whole() is None
    assert list(recording.pieces()) == []
    assert voice.held == 0


def test_where_its_libraries_are_missing_there_is_no_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Voice().is_here
    monkeypatch.setattr("node.speech.voice.LIBRARIES", ("lameenc", "no_such_library"))
    assert not Voice().is_here


def test_an_errand_that_takes_too_long_is_ended_and_one_that_ends_early_is_told_apart() -> None:
    sleeps, ends = b"import time; time.sleep(600)\n", b"import os; os._exit(7)\n"
    errands = Errands("code", waiting_max=0, wait_seconds=1, run_seconds=2)
    with pytest.raises(Late):
        errands.run(sleeps)
    with pytest.raises(Failed):
        list(errands.run_in_pieces(sleeps))
    assert errands.run(ends).code == 7
    with pytest.raises(Failed):
        list(errands.run_in_pieces(ends))
