"""The page that the machine's own screen shows until the machine answers; never a browser's error.

It asks here every second whether it may go on, which tells that it lives. It says whom to call as
the machine told it last, and what it was told is in memory alone.
"""

import json
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

from sync.machine import clock

WAITS_AT = 8709
"""The port, which Chromium's policies name too."""

_PAGE = Path(__file__).with_name("kiosk_waiting.html")
_REQUEST_SECONDS_MAX = 10.0


class WaitingPage:
    """Served at this machine's loopback, while the context is open."""

    def __init__(self, port: int, *, goes_to: str) -> None:
        """`goes_to`: where the page goes once `goes_on`. Raises OSError where the port is taken."""
        self.goes_on = False
        self.call = ""  # whom, in a few words and a number
        self.heard: float | None = None  # when it last asked, by `clock.running`
        content, page = _PAGE.read_bytes(), self

        class Answer(BaseHTTPRequestHandler):
            timeout = _REQUEST_SECONDS_MAX

            def do_GET(self) -> None:  # http.server's
                if self.path == "/":
                    self._say("text/html; charset=utf-8", content)
                elif self.path == "/answers":
                    page.heard = clock.running()
                    told = {"go": goes_to if page.goes_on else None, "call": page.call}
                    self._say("application/json", json.dumps(told).encode())
                else:
                    self.send_error(HTTPStatus.NOT_FOUND)

            def _say(self, kind: str, body: bytes) -> None:
                self.send_response(HTTPStatus.OK)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Answer)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def address(self) -> str:
        """Of the page."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> "WaitingPage":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        wrong: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
