"""The threads behind the door: few while all goes well, more for what is held up."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, Event

import pytest

from cli.hands import FREE, Hands

SECONDS_MAX = 60.0


def with_hands(
    scene: Callable[[Hands], Awaitable[None]], *, most: int = 8, before_end: Event | None = None
) -> None:
    """Play it with hands of a loop's own."""

    async def play() -> None:
        hands = Hands(asyncio.get_running_loop(), most=most)
        try:
            await asyncio.wait_for(scene(hands), SECONDS_MAX)
        finally:
            if before_end:
                before_end.set()
            hands.end()

    asyncio.run(play())


async def come_to(count: int, hands: Hands) -> None:
    """Wait until there are so many of them."""
    while hands.count != count:
        await asyncio.sleep(0.01)


def test_each_is_given_what_its_own_question_gave() -> None:
    async def scene(hands: Hands) -> None:
        assert hands.count == FREE
        asked = range(2_000)
        answered = await asyncio.gather(*(hands.do(partial(pow, each, 2)) for each in asked))
        assert answered == [each * each for each in asked]

    with_hands(scene)


def test_what_goes_wrong_is_told_to_who_asked_and_the_next_is_answered() -> None:
    def fail() -> None:
        raise KeyError("that one")

    async def scene(hands: Hands) -> None:
        for _ in range(FREE + 1):
            with pytest.raises(KeyError, match="that one"):
                await hands.do(fail)
        assert await hands.do(lambda: "the next") == "the next"

    with_hands(scene)


def test_what_is_held_up_keeps_nobody_else_waiting_and_its_threads_go_again() -> None:
    go_on = Event()

    async def scene(hands: Hands) -> None:
        held = [asyncio.ensure_future(hands.do(go_on.wait)) for _ in range(FREE + 3)]
        assert await hands.do(lambda: "answered") == "answered"
        assert not any(each.done() for each in held)
        go_on.set()
        assert await asyncio.gather(*held) == [True] * len(held)
        await come_to(FREE, hands)

    with_hands(scene, before_end=go_on)


def test_there_are_never_more_than_were_said() -> None:
    most, together, working = 4, Barrier(4), []

    def meet() -> None:
        working.append(threading.current_thread())
        together.wait(SECONDS_MAX)

    async def scene(hands: Hands) -> None:
        # Each waits for three others: with fewer threads none would ever end.
        await asyncio.gather(*(hands.do(meet) for _ in range(most * 3)))
        assert len(set(working)) <= most

    with_hands(scene, most=most)


def test_who_leaves_takes_nobody_along() -> None:
    go_on = Event()

    async def scene(hands: Hands) -> None:
        leaving = asyncio.ensure_future(hands.do(go_on.wait))
        await asyncio.sleep(0)
        leaving.cancel()
        go_on.set()
        assert await hands.do(lambda: "answered") == "answered"

    with_hands(scene, before_end=go_on)


def test_at_the_end_what_was_begun_is_done_and_what_was_not_never_is() -> None:
    begun, go_on, done = threading.Semaphore(0), Event(), []

    def act(name: str) -> None:
        begun.release()
        go_on.wait(SECONDS_MAX)
        done.append(name)

    async def scene(hands: Hands) -> None:
        asked = [asyncio.ensure_future(hands.do(partial(act, name))) for name in "abc"]
        await asyncio.sleep(0)
        with ThreadPoolExecutor() as waiting:
            for _ in range(2):
                await asyncio.wrap_future(waiting.submit(begun.acquire))
        hands.end()
        with pytest.raises(asyncio.CancelledError):
            await asked[2]
        go_on.set()
        await asyncio.gather(*asked[:2])
        await come_to(0, hands)
        assert sorted(done) == ["a", "b"]

    with_hands(scene, most=2, before_end=go_on)
