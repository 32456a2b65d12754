"""Few converse at once, nobody fetches what another fetches, and who fetches much makes room."""

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest

from node.lan.turns import TURNS_MAX, WAIT_SECONDS_MAX, Enough, Turn, Turns
from tests.patience import PATIENCE_SECONDS, until

ONE, OTHER = bytes(8), bytes([1]) * 8


class Talk:
    """A conversation in a thread of its own, that ends when it is told to."""

    turn: Turn

    def __init__(self, pool: ThreadPoolExecutor, turns: Turns, digest: bytes | None) -> None:
        self.began, self.end = Event(), Event()
        self.done: Future[None] = pool.submit(self._talk, turns, digest)

    def _talk(self, turns: Turns, digest: bytes | None) -> None:
        with turns.turn(digest) as self.turn:
            self.began.set()
            while not self.end.wait(0.01):
                self.turn.moves()


class Silent(Talk):
    """One that waits for an answer that doesn't come."""

    def _talk(self, turns: Turns, digest: bytes | None) -> None:
        with turns.turn(digest) as turn:
            turn.polite(self._road)(b"offer")

    def _road(self, message: bytes) -> bytes:
        self.began.set()
        assert self.end.wait(PATIENCE_SECONDS)
        return message


def test_what_one_fetches_another_waits_for() -> None:
    turns = Turns()
    with ThreadPoolExecutor() as pool:
        one, same, other = (Talk(pool, turns, digest) for digest in (ONE, ONE, OTHER))
        assert one.began.wait(60)
        assert other.began.wait(60)
        assert not same.began.wait(0.1)
        one.end.set()
        assert same.began.wait(60)
        same.end.set()
        other.end.set()


def test_so_many_converse_at_once_and_who_fetches_much_makes_room() -> None:
    turns = Turns()
    with ThreadPoolExecutor() as pool:
        talks = [Talk(pool, turns, None) for _ in range(TURNS_MAX)]
        assert all(talk.began.wait(60) for talk in talks)
        road = talks[0].turn.polite(lambda message: message)
        assert road(b"one") == b"one"
        assert road(b"two") == b"two"
        late = Talk(pool, turns, ONE)
        assert not late.began.wait(0.1)
        until(lambda: _enough(road))
        assert talks[1].turn.polite(lambda message: message)(b"first") == b"first"
        talks[0].end.set()
        assert late.began.wait(60)
        assert road(b"three") == b"three"
        for talk in (*talks, late):
            talk.end.set()


def test_who_gets_no_answer_holds_up_nobody_that_fetches_the_same() -> None:
    turns = Turns()
    with ThreadPoolExecutor() as pool:
        silent = Silent(pool, turns, ONE)
        assert silent.began.wait(60)
        same = Talk(pool, turns, ONE)
        assert same.began.wait(WAIT_SECONDS_MAX / 2)
        same.end.set()
        silent.end.set()


def test_all_may_be_without_an_answer_and_another_has_its_turn() -> None:
    turns = Turns()
    with ThreadPoolExecutor() as pool:
        silent = [Silent(pool, turns, None) for _ in range(TURNS_MAX)]
        assert all(talk.began.wait(60) for talk in silent)
        other = Talk(pool, turns, OTHER)
        assert other.began.wait(WAIT_SECONDS_MAX / 2)
        for talk in (*silent, other):
            talk.end.set()


def test_a_conversation_that_fails_gives_its_turn_back() -> None:
    turns = Turns()
    for _ in range(2 * TURNS_MAX):
        with pytest.raises(OSError, match="lost"), turns.turn(ONE):
            raise OSError("lost")


def _enough(road: object) -> bool:
    assert callable(road)
    try:
        road(b"more")
    except Enough:
        return True
    return False
