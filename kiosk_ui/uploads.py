"""Requests that bring files: more is taken of them, and none of it touches a disk.

What a phone sends says where it was taken. Werkzeug would write what is large to a temporary file;
here it stays in memory, until a picture was made of it.
"""

from io import BytesIO
from typing import IO

from flask import Flask, Request, request

from sync.limits import MESSAGE_BYTES_MAX

ENDPOINTS = frozenset({"posting.post", "changing.change"})


class InMemory(Request):
    """A request whose files are in memory."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return BytesIO()


def brings_pictures() -> bool:
    """Whether this request is a form that may have pictures in it."""
    return request.endpoint in ENDPOINTS and request.mimetype == "multipart/form-data"


def take_uploads(app: Flask) -> None:
    """Before anything reads a form."""
    app.request_class = InMemory

    @app.before_request
    def allow_more() -> None:
        if brings_pictures():
            request.max_content_length = MESSAGE_BYTES_MAX
