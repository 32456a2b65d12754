"""`/live`, where pages listen for what is new, and `/news`, where those ask who can't listen.

A stream costs a thread; who finds all taken is told so with 204, which a browser takes for good.
"""

from flask import Blueprint, Response, request

from kiosk_ui.kept_pages import KeptPages
from kiosk_ui.news import News, Watch
from kiosk_ui.screen import Screen
from kiosk_ui.streams import Streams

_STREAM = "text/event-stream; charset=utf-8"
_JSON = "application/json"


def live_pages(screen: Screen, kept: KeptPages, news: News, streams: Streams) -> Blueprint:
    """Both of them."""
    pages = Blueprint("live", __name__)
    watch = Watch(screen, news, streams)

    @pages.get("/live")
    def live() -> Response:
        if request.method == "HEAD":
            return Response(content_type=_STREAM)
        stream = streams.open(request.remote_addr or "")
        if stream is None:
            return Response(status=204)
        try:
            stream.begin(news.now().message)
            watch.begin()
        except Exception:
            stream.close()
            raise
        return Response(stream, content_type=_STREAM, direct_passthrough=True)

    @pages.get("/news")
    @kept.page
    def now() -> Response:
        return Response(news.now().message, content_type=_JSON)

    return pages
