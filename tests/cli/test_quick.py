"""Pages that take next to nothing: drawn in the loop, one in each of its rounds."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from threading import get_ident
from time import sleep

from cli.bodies import Places
from cli.door import Door
from cli.quick import CPU_SECONDS_MAX, HELD_UP_SECONDS, Kind, Quick, kind_of
from kiosk_ui import kept_pages
from kiosk_ui.app import create_app
from tests.kiosk_ui.town import EVENT
from tests.node.builders import Village

KIND = kind_of("/records/K7Q2")
NOW, LATER = (1, 5), (2, 5)


def with_quick(scene: Callable[[Quick], Awaitable[None]]) -> None:
    """Play it in a loop of its own."""

    async def play() -> None:
        await asyncio.wait_for(scene(Quick(asyncio.get_running_loop())), 60)

    asyncio.run(play())


def learned(quick: Quick) -> None:
    assert not quick.knows(KIND, NOW)
    quick.learn(KIND, NOW, CPU_SECONDS_MAX / 2)
    assert quick.knows(KIND, NOW)


def test_what_was_quick_is_known_until_something_is_new() -> None:
    async def scene(quick: Quick) -> None:
        learned(quick)
        assert not quick.knows(kind_of("/records/K7Q2/aloud"), NOW)
        assert not quick.knows(KIND, LATER)
        quick.learn(KIND, NOW, CPU_SECONDS_MAX / 2)  # asked for before that
        assert not quick.knows(KIND, LATER)
        quick.learn(KIND, LATER, CPU_SECONDS_MAX * 2)
        assert not quick.knows(KIND, LATER)

    with_quick(scene)


def test_between_two_of_them_the_loop_does_all_else() -> None:
    async def scene(quick: Quick) -> None:
        loop, seen = asyncio.get_running_loop(), list[str]()

        def draw(name: str) -> Callable[[], str]:
            def work() -> str:
                loop.call_soon(seen.append, "all else")
                seen.append(name)
                return name

            return work

        names = ["a", "b", "c"]
        assert await asyncio.gather(*(quick.do(KIND, draw(name)) for name in names)) == names
        await asyncio.sleep(0)
        assert seen == ["a", "all else", "b", "all else", "c", "all else"]

    with_quick(scene)


def test_what_goes_wrong_is_told_to_who_asked_and_the_next_is_drawn() -> None:
    def fail() -> None:
        raise KeyError("that one")

    async def scene(quick: Quick) -> None:
        left = asyncio.ensure_future(quick.do(KIND, fail))
        first, second = quick.do(KIND, fail), quick.do(KIND, lambda: "the next")
        await asyncio.sleep(0)
        left.cancel()
        wrong, right = await asyncio.gather(first, second, return_exceptions=True)
        assert isinstance(wrong, KeyError)
        assert right == "the next"

    with_quick(scene)


def test_what_was_held_up_is_quick_no_more() -> None:
    async def scene(quick: Quick) -> None:
        learned(quick)
        await quick.do(KIND, lambda: sleep(HELD_UP_SECONDS * 2))
        assert not quick.knows(KIND, NOW)

    with_quick(scene)


def test_no_page_that_may_wait_is_taken_for_one_that_is_kept(tmp_path: Path) -> None:
    """Kinds are told apart by their paths: those of kept pages hold nothing else that is asked."""
    app = create_app(Village(tmp_path).node())
    kept: dict[Kind, set[str]] = defaultdict(set)
    others: dict[Kind, set[str]] = defaultdict(set)
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()):
            drawn_by = app.view_functions[rule.endpoint].__code__.co_filename
            found = kept if drawn_by == kept_pages.__file__ else others
            found[kind_of(rule.rule)].add(rule.endpoint)
    assert {kind_of(path) for path in ("/", "/boards/event", "/records/K7Q2")} <= set(kept)
    assert not set(kept) & set(others)


def test_a_page_is_drawn_in_the_loop_once_one_like_it_was_quick(tmp_path: Path) -> None:
    """Through the door, as the server asks it; anything else, and who signed in, is for threads."""
    node = Village(tmp_path).node()
    app, drew = create_app(node), list[int]()

    @app.before_request
    def note() -> None:
        drew.append(get_ident())

    async def scene() -> None:
        door = Door(app, Places(1, of_address_max=1), threads=2, of_address_max=2)
        door.__rsgi_init__(asyncio.get_running_loop())
        try:
            await asyncio.wait_for(ask_all(door), 60)
        finally:
            door.__rsgi_del__(asyncio.get_running_loop())

    async def ask(door: Door, path: str, **headers: str) -> bool:
        """Whether it was drawn here; it is never what is kept."""
        proto = Proto()
        await door.__rsgi__(Asked(path, headers), proto)  # type: ignore[arg-type]
        assert proto.status == 200
        return drew.pop() == get_ident()

    async def ask_all(door: Door) -> None:
        while not await ask(door, "/"):
            pass  # the first of all draws what all show
        assert await ask(door, "/")
        assert not await ask(door, "/search")
        assert not await ask(door, "/search")
        session = app.extensions["screen"].sessions.cookie
        assert not await ask(door, "/", cookie=f"{session}=made-up")
        node.add(node.boards["event"], EVENT)
        assert not await ask(door, "/")

    asyncio.run(scene())


class Headers(dict[str, str]):
    """As granian gives them."""

    def get_all(self, name: str) -> list[str]:
        return [self[name]] if name in self else []


class Asked:
    """A request that is like no other."""

    count = 0

    def __init__(self, path: str, headers: Mapping[str, str]) -> None:
        Asked.count += 1
        self.method, self.path, self.query_string = "GET", path, f"anew={self.count}"
        self.scheme, self.http_version, self.authority = "http", "1.1", "192.0.2.1"
        self.client, self.server = "192.0.2.7:4000", "192.0.2.1:80"
        self.headers = Headers(host="192.0.2.1", **headers)


class Proto:
    """What answers go to."""

    status = 0

    def response_bytes(self, status: int, _headers: object, _content: bytes) -> None:
        self.status = status
