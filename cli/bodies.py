"""Requests reach the application once all of them is there, and only as many wait at once as may.

Who sends slowly holds a place. So many may, and few from one address; how long a body takes is
seen to where connections are (`cli/lingering.py`).
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from io import BytesIO
from typing import Any

from cli.lingering import THIS_MACHINE
from sync.limits import MESSAGE_BYTES_MAX

OF_ADDRESS_MAX = 8
PLACE_SECONDS_MAX = 0.2

_WORDS = ("Content-Type", "text/plain; charset=utf-8")
_BUSY = "いま混みあっています。少し待って、もう一度お送りください。\n".encode()
_NO_LENGTH = "長さが書かれていないので、受け取れません。\n".encode()

Refused = tuple[int, list[tuple[str, str]], bytes]
"""Status, headers and words."""


class Places:
    """Where bodies are awaited, in one event loop."""

    def __init__(self, places_max: int, *, of_address_max: int = OF_ADDRESS_MAX) -> None:
        """All are free."""
        self._max, self._of_address_max = places_max, of_address_max
        self._taken: Counter[str] = Counter()
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def place(self, address: str) -> AsyncIterator[bool]:
        """Whether there is one for a body from that address, after a short wait."""
        free = await self._becomes_free(address)
        if free:
            self._taken[address] += 1
        try:
            yield free
        finally:
            if free:
                self._taken[address] -= 1
                if not self._taken[address]:
                    del self._taken[address]
                async with self._changed:
                    self._changed.notify_all()

    async def _becomes_free(self, address: str) -> bool:
        if not self._free(address):
            async with self._changed:
                waiting = self._changed.wait_for(lambda: self._free(address))
                try:
                    await asyncio.wait_for(waiting, PLACE_SECONDS_MAX)
                except TimeoutError:
                    return False
        return True

    def _free(self, address: str) -> bool:
        few = address in THIS_MACHINE or self._taken[address] < self._of_address_max
        return few and self._taken.total() < self._max


def brings_body(environ: dict[str, Any]) -> bool:
    """Whether there may be anything to await."""
    return "HTTP_TRANSFER_ENCODING" in environ or "CONTENT_LENGTH" in environ


async def awaited(
    environ: dict[str, Any],
    body: Callable[[], Awaitable[bytes]],
    places: Places,
    held: AsyncExitStack,
) -> Refused | None:
    """Put the whole body into what was asked; or why it isn't taken.

    Its place is `held` on, for a body that waits to be read takes memory.
    """
    # Nobody who says no length is a browser or a machine of ours, and it might never end.
    if "HTTP_TRANSFER_ENCODING" in environ:
        return 411, [_WORDS], _NO_LENGTH
    claimed = environ.get("CONTENT_LENGTH") or "0"
    # What is too large is refused by the length it claims; nobody waits for it.
    if claimed.isdigit() and 0 < int(claimed) <= MESSAGE_BYTES_MAX:
        if not await held.enter_async_context(places.place(environ["REMOTE_ADDR"])):
            return 503, [_WORDS, ("Retry-After", "5")], _BUSY
        environ["wsgi.input"] = BytesIO(await body())
    return None
