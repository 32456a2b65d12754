"""A page as it was drawn for everybody, in each form in which it is sent.

Who polls gets 304 until its words change: the ETag is over what is read, not over when.
"""

import gzip
import re
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from kiosk_ui.first_pages import FirstPages, is_first
from kiosk_ui.headers import GUARDING

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

_GZIP_FROM_BYTES = 1_000
_GZIP_LEVEL = 4
"""In two thirds of the time of 6, for a page that is 1.5 % longer."""
_HEADER_LETTERS_MAX = 500
"""Of headers that are read for each request and remembered."""
_ALWAYS = (
    ("Vary", "Accept-Encoding, Cookie"),
    ("Cache-Control", "no-cache"),
)
"""With 304, too, and nothing else: what they have keeps its own headers (RFC 9110, 15.4.5)."""
_PASSING = re.compile(rb' data-version="\d+"')
"""What a page says of when it was drawn: who has it as it was before has all its words."""

Answer = tuple[str, list[tuple[str, str]], list[bytes]]
"""Status, headers and body (PEP 3333)."""


class _Form(Enum):
    KNOWN = auto()  # they have it
    PLAIN = auto()
    PACKED = auto()
    FIRST = auto()  # packed, and its style sheet in it


@dataclass(frozen=True, slots=True)
class Page:
    """One, with all that makes it what it is."""

    etag: str
    plain: bytes
    content_type: str
    sent: dict[_Form, Answer] = field(default_factory=dict)
    """In each form that somebody asked for."""

    @classmethod
    def of(cls, body: bytes, content_type: str) -> "Page":
        """As it was drawn."""
        return cls(sha256(_PASSING.sub(b"", body)).hexdigest()[:20], body, content_type)

    @property
    def size(self) -> int:
        """Bytes that it takes: the forms that are packed are together about as long as it is."""
        return 2 * len(self.plain)

    def answer(self, environ: "WSGIEnvironment", first_pages: FirstPages) -> Answer:
        """What is sent of it to who asks so."""
        form = self._form(environ)
        if (made := self.sent.get(form)) is None:
            made = self.sent[form] = self._made(form, first_pages)
        return made

    def _form(self, environ: "WSGIEnvironment") -> _Form:
        if self.etag in environ.get("HTTP_IF_NONE_MATCH", ""):
            return _Form.KNOWN
        packs = len(self.plain) >= _GZIP_FROM_BYTES
        if not packs or not _unpacks(environ.get("HTTP_ACCEPT_ENCODING", "")):
            return _Form.PLAIN
        return _Form.FIRST if is_first(environ) else _Form.PACKED

    def _made(self, form: _Form, first_pages: FirstPages) -> Answer:
        headers = [("ETag", f'W/"{self.etag}"'), *_ALWAYS]
        if form is _Form.KNOWN:
            return "304 Not Modified", headers, [b""]
        body, guarding = self.plain, GUARDING
        if form is not _Form.PLAIN:
            headers.append(("Content-Encoding", "gzip"))
            first = first_pages.packed(body, _GZIP_LEVEL) if form is _Form.FIRST else None
            guarding = first_pages.guarding if first else guarding
            body = first or gzip.compress(body, _GZIP_LEVEL, mtime=0)
        headers += [("Content-Type", self.content_type), ("Content-Length", str(len(body)))]
        return "200 OK", [*headers, *guarding.items()], [body]


def _unpacks(accepted: str) -> bool:
    return len(accepted) <= _HEADER_LETTERS_MAX and _read_unpacks(accepted)


@lru_cache(100)
def _read_unpacks(accepted: str) -> bool:
    return parse_accept_header(accepted, Accept).quality("gzip") > 0
