"""Pages kept as they were drawn, while the data and the minute stay the same.

The minute is part of what a page is kept by, because pages say how old things are. What is kept
is answered before Flask is asked, so it is for nobody in particular: who is signed in, or was just
told what they did, is never given such a page, and none is made of theirs.
"""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import partial, wraps
from typing import TYPE_CHECKING, ParamSpec

from flask import Flask, Response, make_response, request
from flask.typing import ResponseReturnValue

from kiosk_ui.drawn import MOMENT, Moment
from kiosk_ui.first_pages import FirstPages
from kiosk_ui.kept_page import Answer, Page
from kiosk_ui.kiosk import is_loopback
from kiosk_ui.looks import looks_in
from kiosk_ui.screen import Screen

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PAGES_MAX = 400
BYTES_MAX = 8 << 20
PAGE_BYTES_MAX = 256 << 10
_HTML = "text/html; charset=utf-8"
_IS_ONE, _AT_ONCE = "kairan.is_kept", "kairan.at_once"
"""Beside what was asked (PEP 3333): that it is such a page, and that its drawing mustn't wait."""
_Arguments = ParamSpec("_Arguments")
_Key = tuple[object, ...]


class KeptPages:
    """The pages this process has drawn last."""

    def __init__(self, screen: Screen, first_pages: FirstPages) -> None:
        """Keeps nothing yet."""
        self._screen, self._first_pages = screen, first_pages
        self._session = f"{screen.sessions.cookie}="
        self._pages: OrderedDict[_Key, Page] = OrderedDict()
        self._bytes = 0
        self._version = -1  # of the data in them
        self._lock = threading.Lock()
        self._drawing = threading.Lock()

    @property
    def pages(self) -> int:
        """How many there are."""
        return len(self._pages)

    @property
    def held_bytes(self) -> int:
        """What they take."""
        return self._bytes

    def page(
        self, view: Callable[_Arguments, ResponseReturnValue]
    ) -> Callable[_Arguments, ResponseReturnValue]:
        """Decorates a view whose page depends on its address, the data and the time alone."""

        @wraps(view)
        def kept(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> ResponseReturnValue:
            if "done" in request.args or self._screen.sessions.of_this_request():  # for one person
                return view(*args, **kwargs)
            moment = self.moment()
            request.environ[_IS_ONE] = True
            key = _key(request.environ, moment)
            if page := self._get(moment, key):
                return self._respond(page)
            # After a change everybody asks at once, and one draws.
            with nullcontext() if _AT_ONCE in request.environ else self._drawing:
                if page := self._get(moment, key):
                    return self._respond(page)
                drawn = view(*args, **kwargs)
                if isinstance(drawn, str):
                    page = self._keep(moment, key, drawn.encode(), _HTML)
                    return self._respond(page)
                response = make_response(drawn)
                if response.status_code != 200:
                    return response
                page = self._keep(moment, key, response.get_data(), response.content_type or "")
                return self._respond(page)

        return kept

    def answer_before(self, app: Flask) -> None:
        """What is kept is answered without it."""
        within: WSGIApplication = app.wsgi_app

        def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            if kept := self.answer(environ, partial(_noted, environ, self.moment)):
                status, headers, body = kept
                start_response(status, headers)
                return body
            return within(environ, start_response)

        app.wsgi_app = answer  # type: ignore[method-assign]  # as Flask's documentation has it

    def answer(self, environ: "WSGIEnvironment", moment: Callable[[], Moment]) -> Answer | None:
        """What is kept for that request; `moment` is asked how things stand, if that matters."""
        if not self.may_be(environ):
            return None
        try:
            now = moment()
            page = self._get(now, _key(environ, now))
        except sqlite3.Error:  # the application knows what to say
            return None
        return page.answer(environ, self._first_pages) if page else None

    def may_be(self, environ: "WSGIEnvironment") -> bool:
        """Whether what is asked may be a page for everybody."""
        return environ["REQUEST_METHOD"] == "GET" and self._session not in environ.get(
            "HTTP_COOKIE", ""
        )

    def is_one(self, environ: "WSGIEnvironment") -> bool:
        """Whether what was answered was."""
        return _IS_ONE in environ

    def draw_at_once(self, environ: "WSGIEnvironment") -> None:
        """Don't wait until others, in other threads, have drawn theirs."""
        environ[_AT_ONCE] = True

    def moment(self) -> Moment:
        """How things stand now."""
        return self._screen.moment()

    def _get(self, moment: Moment, key: _Key) -> Page | None:
        version, _ = moment
        with self._lock:
            if version < self._version:  # who waited while others are shown what is new
                return None
            if version > self._version:  # what is erased stays in no page or recording
                self._pages.clear()
                self._bytes, self._version = 0, version
                self._screen.drawn.forget()
                self._screen.voice.let_go()
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
            return page

    def _keep(self, moment: Moment, key: _Key, body: bytes, content_type: str) -> Page:
        page = Page.of(body, content_type)
        if len(page.plain) <= PAGE_BYTES_MAX:
            with self._lock:
                if self._version == moment[0] and key not in self._pages:
                    self._pages[key] = page
                    self._bytes += page.size
                while len(self._pages) > PAGES_MAX or self._bytes > BYTES_MAX:
                    self._bytes -= self._pages.popitem(last=False)[1].size
        return page

    def _respond(self, page: Page) -> Response:
        """What is sent of it, through Flask."""
        status, headers, body = page.answer(request.environ, self._first_pages)
        return Response(body, status, headers)


def _noted(environ: "WSGIEnvironment", moment: Callable[[], Moment]) -> Moment:
    """Looked up once for a request, which came before."""
    found = environ[MOMENT] = moment()
    return found


def _key(environ: "WSGIEnvironment", moment: Moment) -> _Key:
    return (
        *moment,
        environ["wsgi.url_scheme"],
        environ.get("HTTP_HOST"),
        environ["PATH_INFO"],
        environ.get("QUERY_STRING"),
        is_loopback(environ.get("REMOTE_ADDR", "")),  # with the name it makes the kiosk
        looks_in(environ.get("HTTP_COOKIE", "")),
    )
