"""The HTTP road: carries an offer to an address and brings the answer (docs/spec/5-exchange.md)."""

import http.client
import socket
import ssl
from collections.abc import Collection
from contextlib import suppress
from threading import Timer
from urllib.parse import urlsplit

from sync.errors import Interrupted, Malformed, TooLarge, Unreachable
from sync.limits import MESSAGE_BYTES_MAX
from sync.machine.doorway import read_hello
from sync.machine.tls import connection

ANSWER_SECONDS_MAX = 120
_UNDER_WAY = (
    ConnectionResetError,
    BrokenPipeError,
    http.client.IncompleteRead,
    ssl.SSLEOFError,
)

NEAR_CONNECT_SECONDS_MAX = 2.0
NEAR_SILENT_SECONDS_MAX = 10
NEAR_ALIVE_SECONDS = 3


class HttpRoad:
    """The way to one machine; its connection is kept between messages."""

    def __init__(
        self,
        address: str,
        *,
        pins: Collection[bytes] = (),
        near: bool = False,
        answer_seconds_max: float = ANSWER_SECONDS_MAX,
    ) -> None:
        """`address`: http or https, host, port and perhaps a path.

        `pins`: of the keys of whoever is there. Then each message may raise WrongKey, NotEncrypted.
        `near`: on the LAN, where whoever is there is heard of in a moment, or has moved.
        """
        self._connection = _connection(address, pins, answer_seconds_max)
        self._path = urlsplit(address).path.rstrip("/") + "/sync"
        self._near = near
        self._answer_seconds_max = answer_seconds_max
        self.address = address

    def __call__(self, offer: bytes) -> bytes:
        """The answer to an offer. Raises Unreachable, or Malformed for what is no answer."""
        return self._ask("POST", offer)

    def hello(self) -> tuple[bytes, list[bytes]]:
        """The key and certificates of whoever is there. Raises Unreachable, Malformed."""
        return read_hello(self._ask("GET", b""))

    def hello_within(self, seconds: float) -> tuple[bytes, list[bytes]]:
        """The same of somebody we know nothing of, who may speak a byte at a time."""
        timer = Timer(seconds, self._hang_up)
        timer.start()
        try:
            return self.hello()
        finally:
            timer.cancel()

    def announce(self, announcement: bytes) -> bool:
        """Whether it was heard (docs/spec/10-discovery.md). Raises Unreachable."""
        try:
            self._ask("POST", announcement, "/changed")
        except Malformed:
            return False
        return True

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _hang_up(self) -> None:
        """From another thread."""
        if (connected := self._connection.sock) is not None:
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)

    def _ask(self, method: str, body: bytes, below: str = "") -> bytes:
        kept = self._connection.sock is not None
        try:
            return self._ask_once(method, body, below)
        except (OSError, http.client.HTTPException) as wrong:
            self.close()
            # A kept connection that the other side has closed meanwhile: once more, afresh. What
            # was taken in at the first try is known at the second.
            if kept and isinstance(
                wrong, ConnectionError | ssl.SSLEOFError | ssl.SSLZeroReturnError
            ):
                return self._ask(method, body, below)
            said = str(wrong) or type(wrong).__name__
            raise (Interrupted if isinstance(wrong, _UNDER_WAY) else Unreachable)(said) from wrong

    def _ask_once(self, method: str, body: bytes, below: str) -> bytes:
        connection = self._connection
        if self._near and connection.sock is None:
            self._connect_near()
        connection.putrequest(method, self._path + below, skip_accept_encoding=True)
        if method == "POST":
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
        if response.status not in (200, 204):
            raise Malformed(f"HTTP {response.status}: {content[:200].decode(errors='replace')}")
        return content

    def _connect_near(self) -> None:
        """A machine that moved says nothing any more: notice it soon (tcp(7))."""
        connection = self._connection
        connection.timeout = NEAR_CONNECT_SECONDS_MAX
        connection.connect()
        connection.sock.settimeout(self._answer_seconds_max)
        for level, option, value in (
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
            (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, NEAR_ALIVE_SECONDS),
            (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, NEAR_ALIVE_SECONDS),
            (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, NEAR_SILENT_SECONDS_MAX * 1_000),
        ):
            connection.sock.setsockopt(level, option, value)


def _connection(
    address: str, pins: Collection[bytes], seconds_max: float
) -> http.client.HTTPConnection:
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port
    if parts.scheme == "https" and not pins:
        return http.client.HTTPSConnection(host, port, timeout=seconds_max)
    return connection(host, port, pins=pins, timeout=seconds_max)
