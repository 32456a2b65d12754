"""Requests reach the application once all of them is there, and only as many wait at once as may.

Who sends slowly holds a thread. So many may, and few from one address; the others answer whoever
only reads. How long a body takes is seen to where connections are (`cli/lingering.py`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from threading import Condition
from typing import TYPE_CHECKING

from cli.lingering import THIS_MACHINE
from sync.limits import MESSAGE_BYTES_MAX

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

OF_ADDRESS_MAX = 8
PLACE_SECONDS_MAX = 0.2

_WORDS = "text/plain; charset=utf-8"
_BUSY = "いま混みあっています。少し待って、もう一度お送りください。\n".encode()
_NO_LENGTH = "長さが書かれていないので、受け取れません。\n".encode()


class Places:
    """Where bodies are awaited."""

    def __init__(self, places_max: int, *, of_address_max: int = OF_ADDRESS_MAX) -> None:
        """All are free."""
        self._max, self._of_address_max = places_max, of_address_max
        self._taken: Counter[str] = Counter()
        self._changed = Condition()

    @contextmanager
    def place(self, address: str) -> Iterator[bool]:
        """Whether there is one for a body from that address, after a short wait."""
        with self._changed:
            free = self._changed.wait_for(lambda: self._free(address), PLACE_SECONDS_MAX)
            if free:
                self._taken[address] += 1
        try:
            yield free
        finally:
            if free:
                with self._changed:
                    self._taken[address] -= 1
                    if not self._taken[address]:
                        del self._taken[address]
                    self._changed.notify_all()

    def _free(self, address: str) -> bool:
        few = address in THIS_MACHINE or self._taken[address] < self._of_address_max
        return few and self._taken.total() < self._max


def with_bodies_awaited(app: "WSGIApplication", places: Places) -> "WSGIApplication":
    """The same application, given each request once all of it is there."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        # Nobody who says no length is a browser or a machine of ours, and it might never end.
        if "HTTP_TRANSFER_ENCODING" in environ:
            start_response("411 Length Required", [("Content-Type", _WORDS)])
            return [_NO_LENGTH]
        claimed = environ.get("CONTENT_LENGTH") or "0"
        # What is too large is refused by the length it claims; nobody waits for it.
        if claimed.isdigit() and 0 < int(claimed) <= MESSAGE_BYTES_MAX:
            with places.place(environ.get("REMOTE_ADDR", "")) as free:
                if not free:
                    headers = [("Content-Type", _WORDS), ("Retry-After", "5")]
                    start_response("503 Service Unavailable", headers)
                    return [_BUSY]
                environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(int(claimed)))
        return app(environ, start_response)

    return answer
