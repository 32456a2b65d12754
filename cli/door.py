"""Every request on its way in, in one thread that waits for nobody: the server's event loop.

What is kept is answered there at once. Bodies are awaited and streams told what is new there too,
so neither holds a thread; the application, which is plain WSGI, answers all else in a few of them,
or here where a page like it took next to nothing (`cli/quick.py`).
"""

import asyncio
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

from granian.rsgi import HTTPProtocol, ProtocolClosed, Scope  # type: ignore[attr-defined]  # all documented

from cli.bodies import Places, awaited, brings_body
from cli.hands import Hands
from cli.lingering import THIS_MACHINE
from cli.quick import Quick, kind_of
from kiosk_ui.streams import QUIET_SECONDS, Stream

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from flask import Flask

    from kiosk_ui.drawn import Moment
    from kiosk_ui.kept_pages import KeptPages

_T = TypeVar("_T")
_Headers = list[tuple[str, str]]
_Environ = dict[str, Any]
_Answer = tuple[int, _Headers, bytes | Stream]
_Asked = tuple[str, str, str, str, str, str, str, str, str]
_Kept = tuple[int, _Headers, bytes]
ANSWERS_MAX = 200
ANSWERS_BYTES_MAX = 4 << 20
"""To questions that came to the letter before; let go with the pages that they are."""
ASKED_LETTERS_MAX = 1_000
_BARE = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})


class Door:
    """One application's, as granian asks it (RSGI)."""

    def __init__(self, app: "Flask", places: Places, *, threads: int, of_address_max: int) -> None:
        """`places`: where bodies are awaited; `threads`: in which the application answers.

        `of_address_max`: that one address has of them; who asks for more waits in the loop.
        """
        self._app, self._places = app, places
        self._threads_max, self._of_address_max = threads, of_address_max
        self._free = asyncio.Semaphore(threads)
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._kept: KeptPages | None = app.extensions.get("kept")
        self._loop: asyncio.AbstractEventLoop
        self._hands: Hands
        self._quick: Quick
        self._looked: Moment | None = None
        self._answers: dict[_Asked, _Kept] = {}
        self._answers_bytes = 0
        self._known_at: Moment | None = None

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """The server is about to take connections."""
        self._loop = loop
        self._hands = Hands(loop, most=self._threads_max)
        self._quick = Quick(loop)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """It has taken its last."""
        self._hands.end()

    async def __rsgi__(self, scope: Scope, proto: HTTPProtocol) -> None:
        """Answer one request."""
        if self._kept and scope.method == "GET":
            asked = _asked(scope)
            known = self._known(asked) or self._learned(asked)
            if known:
                proto.response_bytes(*known)
                return
        await self._loop.create_task(self._ask(scope, proto))

    def _known(self, asked: _Asked) -> _Kept | None:
        """What was answered to that very question, as long as nothing is new."""
        try:
            moment = self._moment()
        except sqlite3.Error:  # the application knows what to say
            return None
        if moment != self._known_at:
            self._answers.clear()
            self._answers_bytes, self._known_at = 0, moment
        return self._answers.get(asked)

    def _learned(self, asked: _Asked) -> _Kept | None:
        assert self._kept
        known = self._kept.answer(_few(asked), self._moment)
        if known is None:
            return None
        status, headers, (body,) = known
        answer = int(status[:3]), headers, body
        self._answers_bytes += len(body)
        few = len(self._answers) < ANSWERS_MAX and self._answers_bytes <= ANSWERS_BYTES_MAX
        if few and sum(map(len, asked)) <= ASKED_LETTERS_MAX:
            self._answers[asked] = answer
        return answer

    def _moment(self) -> "Moment":
        """How the data stands, looked up once for all who asked before it was.

        Whoever asks while or after it is looked up comes later in the loop than that it is
        forgotten: nobody is given what is older than their question.
        """
        if self._looked is None:
            assert self._kept
            self._loop.call_soon(self._forget)
            self._looked = self._kept.moment()
        return self._looked

    def _forget(self) -> None:
        self._looked = None

    async def _ask(self, scope: Scope, proto: HTTPProtocol) -> None:
        environ = _environ(scope)
        with suppress(ProtocolClosed):  # they left
            if brings_body(environ):
                async with AsyncExitStack() as place:
                    said: _Answer | None = await awaited(environ, proto, self._places, place)
                    status, headers, content = said or await self._answered(environ, place)
            else:
                status, headers, content = await self._answered(environ)
            if isinstance(content, Stream):
                await self._tell(content, status, headers, proto)
            else:
                proto.response_bytes(status, headers, content)

    async def _answered(self, environ: _Environ, place: AsyncExitStack | None = None) -> _Answer:
        """By the application; from then on others may have the body's place."""
        address = environ["REMOTE_ADDR"]
        most = self._threads_max if address in THIS_MACHINE else self._of_address_max
        turn = self._turns.setdefault(address, asyncio.Semaphore(most))
        async with turn, self._free:
            if place:
                await place.aclose()
            work = partial(_answer, self._app, environ)
            if self._kept and self._kept.may_be(environ):
                return await self._drawn(self._kept, environ, work)
            return await self._hands.do(work)

    async def _drawn(
        self, kept: "KeptPages", environ: _Environ, work: Callable[[], _Answer]
    ) -> _Answer:
        """Here, where the last of its kind was quick."""
        try:
            moment = self._moment()
        except sqlite3.Error:  # the application knows what to say
            return await self._hands.do(work)
        kind = kind_of(environ["PATH_INFO"])
        if self._quick.knows(kind, moment):
            kept.draw_at_once(environ)
            return await self._quick.do(kind, work)
        answer, cpu_seconds = await self._hands.do(partial(_timed, work))
        if kept.is_one(environ):
            self._quick.learn(kind, moment, cpu_seconds)
        return answer

    async def _tell(
        self, stream: Stream, status: int, headers: _Headers, proto: HTTPProtocol
    ) -> None:
        """All that is said on it, until it is over or nobody is there any more."""
        due = asyncio.Event()
        stream.when_due(lambda: self._loop.call_soon_threadsafe(due.set))
        left = self._loop.create_task(_left(proto, due))
        try:
            out = proto.response_stream(status, headers)
            while not left.done():
                due.clear()
                await out.send_bytes(stream.due())
                if stream.over:
                    break
                with suppress(TimeoutError):
                    await asyncio.wait_for(due.wait(), QUIET_SECONDS)
        finally:
            left.cancel()
            stream.close()


async def _left(proto: HTTPProtocol, then: asyncio.Event) -> None:
    """Done once they are gone."""
    await proto.client_disconnect()
    then.set()


def _answer(app: "WSGIApplication", environ: _Environ) -> _Answer:
    """All the application says; a stream, which has no end, as it is."""
    told: tuple[int, _Headers] = (500, [])

    def start_response(status: str, headers: _Headers, *_: object) -> Callable[[bytes], None]:
        nonlocal told
        told = int(status[:3]), headers
        return _write

    body = app(environ, start_response)
    if isinstance(body, Stream):
        return *told, body
    try:
        return *told, b"".join(body)
    finally:
        if close := getattr(body, "close", None):
            close()


def _timed(work: Callable[[], _T]) -> tuple[_T, float]:
    """What it gives, and the CPU seconds of this thread that it took."""
    began = time.thread_time()
    return work(), time.thread_time() - began


def _write(_: bytes) -> None:
    """Nobody writes so since the last century (PEP 3333)."""
    raise NotImplementedError


def _asked(scope: Scope) -> _Asked:
    """Of what was asked, what a kept page depends on, as it was said."""
    headers = scope.headers  # a copy of all of them, made when it is asked for
    said, scheme = headers.get, scope.scheme
    host = said("host", "")
    here = f"{scheme}://{host}/"
    return (
        scope.path,
        scope.query_string,
        host,
        here if said("referer", "").startswith(here) else "",
        _all(headers, "cookie"),
        said("if-none-match", ""),
        said("accept-encoding", ""),
        scheme,
        _host(scope.client),
    )


def _few(asked: _Asked) -> _Environ:
    """The same as the application is told (PEP 3333)."""
    path, query, host, referrer, cookies, etag, accepted, scheme, address = asked
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": _as_wsgi(path),
        "QUERY_STRING": query,
        "REMOTE_ADDR": address,
        "wsgi.url_scheme": scheme,
        "HTTP_HOST": host,
        "HTTP_REFERER": referrer,
        "HTTP_COOKIE": cookies,
        "HTTP_IF_NONE_MATCH": etag,
        "HTTP_ACCEPT_ENCODING": accepted,
    }


def _environ(scope: Scope) -> _Environ:
    """All of it (PEP 3333), but for the body."""
    environ: _Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": _as_wsgi(scope.path),
        "QUERY_STRING": scope.query_string,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": _host(scope.server),
        "SERVER_PORT": scope.server.rpartition(":")[2],
        "REMOTE_ADDR": _host(scope.client),
        "HTTP_HOST": scope.authority or "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(),
        "wsgi.input_terminated": True,  # no PEP has it, but Werkzeug reads on no further then
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    headers = scope.headers
    for name in headers.keys():  # noqa: SIM118  # no dict, whatever it looks like
        key = name.upper().replace("-", "_")
        # What can't be read is there all the same: who sends it isn't one who sends nothing.
        environ[key if key in _BARE else f"HTTP_{key}"] = _all(headers, name)
    return environ


def _all(headers: Any, name: str) -> str:
    """What is said in headers of that name."""
    said: list[str] = headers.get_all(name)
    return said[0] if len(said) == 1 else ",".join(said)


def _host(address: str) -> str:
    return address.rpartition(":")[0].strip("[]")


def _as_wsgi(path: str) -> str:
    return path if path.isascii() else path.encode().decode("latin-1")
