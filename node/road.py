"""The HTTP road: carries an offer to an address and brings the answer (docs/spec/5-exchange.md)."""

import http.client
from urllib.parse import urlsplit

from sync.errors import Malformed, TooLarge, Unreachable
from sync.limits import MESSAGE_BYTES_MAX
from sync.machine.doorway import CONTENT_TYPE, read_hello

ANSWER_SECONDS_MAX = 120


class HttpRoad:
    """The way to one machine; its connection is kept between messages."""

    def __init__(self, address: str) -> None:
        """`address`: http or https, host, port and perhaps a path."""
        parts = urlsplit(address)
        kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        self._connection = kinds[parts.scheme](
            parts.hostname or "", parts.port, timeout=ANSWER_SECONDS_MAX
        )
        self._path = parts.path.rstrip("/") + "/sync"

    def __call__(self, offer: bytes) -> bytes:
        """The answer to an offer. Raises Unreachable, or Malformed for what is no answer."""
        return self._ask("POST", offer)

    def hello(self) -> tuple[bytes, list[bytes]]:
        """The key and certificates of whoever is there. Raises Unreachable, Malformed."""
        return read_hello(self._ask("GET", b""))

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _ask(self, method: str, body: bytes) -> bytes:
        kept = self._connection.sock is not None
        try:
            return self._ask_once(method, body)
        except (OSError, http.client.HTTPException) as wrong:
            self.close()
            # A kept connection that the other side has closed meanwhile: once more, afresh. What
            # was taken in at the first try is known at the second.
            if kept and isinstance(wrong, ConnectionError):
                return self._ask(method, body)
            raise Unreachable(str(wrong) or type(wrong).__name__) from wrong

    def _ask_once(self, method: str, body: bytes) -> bytes:
        connection = self._connection
        connection.putrequest(method, self._path, skip_accept_encoding=True)
        if method == "POST":
            connection.putheader("Content-Type", CONTENT_TYPE)
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body if method == "POST" else None)
        response = connection.getresponse()
        content: bytes = response.read(MESSAGE_BYTES_MAX + 1)
        if len(content) > MESSAGE_BYTES_MAX:
            self.close()
            raise TooLarge("an answer larger than the limit")
        if response.length:
            raise http.client.IncompleteRead(content, response.length)
        if response.status == 503:
            raise Unreachable("the other side is busy")
        if response.status != 200:
            raise Malformed(f"HTTP {response.status}: {content[:200].decode(errors='replace')}")
        return content
