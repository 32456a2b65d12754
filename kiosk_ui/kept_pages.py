"""Pages kept as they were drawn, while the data and the minute stay the same.

A page that polls gets 304 until its words change: the ETag is over what is read, not over when.
The minute is part of what a page is kept by, because pages say how old things are.
"""

import gzip
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from hashlib import sha256
from typing import ParamSpec

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue

from kiosk_ui.looks import chosen_looks
from kiosk_ui.screen import Screen

PAGES_MAX = 100
PAGE_BYTES_MAX = 256 << 10
_GZIP_FROM_BYTES = 1_000
_PASSING = re.compile(rb' data-version="\d+"')
"""What a page says of when it was drawn: who has it as it was before has all its words."""

_Arguments = ParamSpec("_Arguments")
_Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Page:
    plain: bytes
    packed: bytes
    etag: str
    content_type: str


class KeptPages:
    """The pages this process has drawn last."""

    def __init__(self, screen: Screen) -> None:
        """Keeps nothing yet."""
        self._screen = screen
        self._pages: OrderedDict[_Key, _Page] = OrderedDict()
        self._version: object = None  # of the data in them
        self._lock = threading.Lock()
        self._drawing = threading.Lock()

    def page(
        self, view: Callable[_Arguments, ResponseReturnValue]
    ) -> Callable[_Arguments, ResponseReturnValue]:
        """Decorates a view whose page depends on its address, the data and the time alone."""

        @wraps(view)
        def kept(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> ResponseReturnValue:
            if "done" in request.args or self._screen.sessions.of_this_request():  # for one person
                return view(*args, **kwargs)
            key = self._key()
            if page := self._get(key):
                return _respond(page)
            with self._drawing:  # after a change everybody asks at once, and one draws
                if page := self._get(key):
                    return _respond(page)
                response = make_response(view(*args, **kwargs))
                if response.status_code != 200:
                    return response
                return _respond(self._keep(key, response.get_data(), response.content_type or ""))

        return kept

    def _key(self) -> _Key:
        minute = int(self._screen.now().timestamp() // 60)
        return (
            self._screen.node.version(),
            minute,
            request.host_url,
            request.full_path,
            *chosen_looks().values(),
        )

    def _get(self, key: _Key) -> _Page | None:
        with self._lock:
            if self._version != key[0]:  # what is erased stays in no page that nobody asks for
                self._pages.clear()
                self._version = key[0]
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
            return page

    def _keep(self, key: _Key, body: bytes, content_type: str) -> _Page:
        read = _PASSING.sub(b"", body)
        etag = sha256(read).hexdigest()[:20]
        page = _Page(body, gzip.compress(body, 6, mtime=0), etag, content_type)
        if len(body) <= PAGE_BYTES_MAX:
            with self._lock:
                self._pages[key] = page
                while len(self._pages) > PAGES_MAX:
                    self._pages.popitem(last=False)
        return page


def _respond(page: _Page) -> Response:
    response = Response(content_type=page.content_type)
    if len(page.plain) >= _GZIP_FROM_BYTES and request.accept_encodings["gzip"]:
        response.set_data(page.packed)
        response.content_encoding = "gzip"
    else:
        response.set_data(page.plain)
    response.set_etag(page.etag, weak=True)
    response.vary.update(("Accept-Encoding", "Cookie"))
    response.cache_control.no_cache = True
    response.make_conditional(request)
    return response
