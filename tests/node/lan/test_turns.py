"""Few converse at once, nobody fetches what another fetches, and who fetches much makes room."""

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest

from node.lan.turns import TURNS_MAX, Enough, Turns
from tests.node.serving import until

ONE, OTHER = bytes(8), bytes([1]) * 8


class Talk:
    """A conversation in a thread of its own, that ends when it is told to."""

    def __init__(self, pool: ThreadPoolExecutor, turns: Turns, digest: bytes | None) -> None:
        self.began, self.end = Event(), Event()
        self.done: Future[None] = pool.submit(self._talk, turns, digest)

    def _talk(self, turns: Turns, digest: bytes | None) -> None:
        with turns.turn(digest):
            self.began.set()
            self.end.wait(60)


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
        road = turns.polite(lambda message: message)
        assert road(b"one") == b"one"
        assert road(b"two") == b"two"
        late = Talk(pool, turns, ONE)
        assert not late.began.wait(0.1)
        until(lambda: _enough(road))
        assert turns.polite(lambda message: message)(b"first") == b"first"
        talks[0].end.set()
        assert late.began.wait(60)
        assert road(b"three") == b"three"
        for talk in (*talks, late):
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
