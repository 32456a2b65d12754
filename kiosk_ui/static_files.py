"""The few files that go with the pages: read once, packed once, kept by browsers for good.

Their address carries a digest of what is in them, so a new version has a new address.
"""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

from flask import Blueprint, Response, abort, request

from kiosk_ui.style_sheet import kiosk_sheet, style_sheet

_TYPES = {
    "live.js": "text/javascript; charset=utf-8",
    "aloud.js": "text/javascript; charset=utf-8",
    "drafts.js": "text/javascript; charset=utf-8",
    "easier.js": "text/javascript; charset=utf-8",
    "away.js": "text/javascript; charset=utf-8",
    "six_words.js": "text/javascript; charset=utf-8",
    "picture.js": "text/javascript; charset=utf-8",
    "keyboard.js": "text/javascript; charset=utf-8",
    "kiosk.js": "text/javascript; charset=utf-8",
    "kiosk-worker.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}

_STYLE = "text/css; charset=utf-8"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One of them."""

    content: bytes
    packed: bytes
    content_type: str
    digest: str


def read_static_files(pixel_millimetres: float | None = None) -> Mapping[str, StaticFile]:
    """All of them, by name."""
    folder = files("kiosk_ui").joinpath("static")
    held = {
        name: _packed(folder.joinpath(name).read_bytes(), content_type)
        for name, content_type in _TYPES.items()
    }
    sheets = {"app.css": style_sheet(pixel_millimetres), "kiosk.css": kiosk_sheet()}
    return held | {name: _packed(sheet, _STYLE) for name, sheet in sheets.items()}


def static_pages(held: Mapping[str, StaticFile]) -> Blueprint:
    """`/static/<name>`, and the icon where old browsers look for it."""
    pages = Blueprint("static_files", __name__)

    @pages.get("/static/<name>")
    def static_file(name: str) -> Response:
        return _response(held.get(name) or abort(404))

    @pages.get("/kiosk-worker.js")
    def worker() -> Response:
        """Here, for a worker stands before what lies below its own address."""
        return _response(held["kiosk-worker.js"])

    @pages.get("/favicon.ico")
    def icon() -> Response:
        return _response(held["icon.svg"])

    return pages


def _packed(content: bytes, content_type: str) -> StaticFile:
    digest = sha256(content).hexdigest()[:12]
    return StaticFile(content, gzip.compress(content, 9, mtime=0), content_type, digest)


def _response(file: StaticFile) -> Response:
    response = Response(content_type=file.content_type)
    if request.accept_encodings["gzip"]:
        response.set_data(file.packed)
        response.content_encoding = "gzip"
    else:
        response.set_data(file.content)
    response.vary.add("Accept-Encoding")
    response.set_etag(file.digest, weak=True)
    response.cache_control.public = True
    if request.args.get("v") == file.digest:
        response.cache_control.max_age = 31_536_000
        response.cache_control.immutable = True
    else:
        response.cache_control.no_cache = True
    response.make_conditional(request)
    return response
