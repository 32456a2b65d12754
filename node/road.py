"""The HTTP road: carries an offer to an address and brings the answer (docs/spec/5-exchange.md)."""

import http.client
import re
import socket
import ssl
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Timer
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import urlsplit

from sync.errors import Busy, Interrupted, Malformed, NotThere, TooLarge, Unreachable
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

PIECE_SECONDS_MAX = 30.0
_READ_BYTES = 8 << 10
_GIVEN = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")
_NOTHING_MORE: Mapping[str, str] = MappingProxyType({})
_Read = TypeVar("_Read")


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
        return self._ask("POST", offer, read=self._whole)

    def hello(self) -> tuple[bytes, list[bytes]]:
        """The key and certificates of whoever is there. Raises Unreachable, Malformed."""
        return read_hello(self._ask("GET", b"", read=self._whole))

    def hello_within(self, seconds: float) -> tuple[bytes, list[bytes]]:
        """The same of somebody we know nothing of, who may speak a byte at a time."""
        with self._hanging_up_after(seconds):
            return self.hello()

    def announce(self, announcement: bytes) -> bool:
        """Whether it was heard (docs/spec/10-discovery.md). Raises Unreachable."""
        try:
            self._ask("POST", announcement, "/changed", read=self._whole)
        except Malformed:
            return False
        return True

    def piece(self, digest: bytes, *, first: int, count: int, size: int) -> bytes:
        """Bytes of a file of that size, as many of them as came; at least one.

        docs/spec/13-releases.md. Raises NotThere, Busy, Unreachable; Malformed for other bytes than
        those that were asked for.
        """

        def read(response: http.client.HTTPResponse) -> bytes:
            given = _GIVEN.fullmatch(response.headers.get("Content-Range", ""))
            begins, ends, of = map(int, given.groups()) if given else (0, 0, 0)
            told = (response.status, begins, of) == (206, first, size)
            if not told or not first <= ends < min(first + count, size):
                self.close()
                raise Malformed(f"HTTP {response.status}, and not the bytes that were asked for")
            content, wanted = b"", ends + 1 - first
            with suppress(OSError, http.client.HTTPException):  # what came before it broke is good
                while left := wanted - len(content):
                    if not (more := response.read(min(left, _READ_BYTES))):
                        break
                    content += more
            if len(content) < wanted or not response.isclosed():  # or more comes than was said
                self.close()
            if not content:
                raise http.client.IncompleteRead(b"", wanted)
            return content

        headers = {"Range": f"bytes={first}-{min(first + count, size) - 1}"}
        with self._hanging_up_after(PIECE_SECONDS_MAX):
            return self._ask("GET", b"", f"/release/{digest.hex()}", headers=headers, read=read)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    @contextmanager
    def _hanging_up_after(self, seconds: float) -> Iterator[None]:
        timer = Timer(seconds, self._hang_up)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _hang_up(self) -> None:
        """From another thread."""
        if (connected := self._connection.sock) is not None:
            with suppress(OSError):
                socket.socket.shutdown(connected, socket.SHUT_RDWR)  # TLS has no say in it

    def _ask(
        self,
        method: str,
        body: bytes,
        below: str = "",
        *,
        headers: Mapping[str, str] = _NOTHING_MORE,
        read: Callable[[http.client.HTTPResponse], _Read],
    ) -> _Read:
        """What is read of the answer; of a refusal nothing is."""
        kept = self._connection.sock is not None
        try:
            return read(self._answer(method, body, below, headers))
        except (OSError, http.client.HTTPException) as wrong:
            self.close()
            # A kept connection that the other side has closed meanwhile: once more, afresh. What
            # was taken in at the first try is known at the second.
            if kept and isinstance(
                wrong, ConnectionError | ssl.SSLEOFError | ssl.SSLZeroReturnError
            ):
                return self._ask(method, body, below, headers=headers, read=read)
            said = str(wrong) or type(wrong).__name__
            raise (Interrupted if isinstance(wrong, _UNDER_WAY) else Unreachable)(said) from wrong

    def _answer(
        self, method: str, body: bytes, below: str, headers: Mapping[str, str]
    ) -> http.client.HTTPResponse:
        """One that is no refusal, and isn't read yet."""
        connection = self._connection
        if self._near and connection.sock is None:
            self._connect_near()
        connection.putrequest(method, self._path + below, skip_accept_encoding=True)
        if method == "POST":
            connection.putheader("Content-Length", str(len(body)))
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(body if method == "POST" else None)
        response = connection.getresponse()
        if response.status in (200, 204, 206):
            return response
        why = self._whole(response)
        match response.status:
            case 404:
                raise NotThere(_refusal(response, why))
            case 503:
                raise Busy("the other side is busy")
            case _:
                raise Malformed(_refusal(response, why))

    def _whole(self, response: http.client.HTTPResponse) -> bytes:
        content: bytes = response.read(MESSAGE_BYTES_MAX + 1)
        if len(content) > MESSAGE_BYTES_MAX:
            self.close()
            raise TooLarge("an answer larger than the limit")
        if response.length:
            raise http.client.IncompleteRead(content, response.length)
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


def _refusal(response: http.client.HTTPResponse, said: bytes) -> str:
    return f"HTTP {response.status}: {said[:200].decode(errors='replace')}"


def _connection(
    address: str, pins: Collection[bytes], seconds_max: float
) -> http.client.HTTPConnection:
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port
    if parts.scheme == "https" and not pins:
        return http.client.HTTPSConnection(host, port, timeout=seconds_max)
    return connection(host, port, pins=pins, timeout=seconds_max)
