"""Forms that were sent already: the second tap leads to what the first one made.

Each form carries a token of its own. What is remembered is bounded and lost with the process;
then a second tap is a second post, as it would be without this.
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

REMEMBERED_MAX = 1_000


class SentBefore:
    """Token to where the form that carried it led."""

    def __init__(self) -> None:
        """Remembers nothing yet."""
        self._led_to: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def one_at_a_time(self) -> Iterator[None]:
        """Two taps at once: the second waits until it is known where the first one led."""
        with self._lock:
            yield

    def led_to(self, token: str) -> str | None:
        """Where that form led, if it was sent before."""
        return self._led_to.get(token) if token else None

    def remember(self, token: str, led_to: str) -> None:
        """It was sent, and led there."""
        if token:
            self._led_to[token] = led_to
            while len(self._led_to) > REMEMBERED_MAX:
                self._led_to.popitem(last=False)


def new_token() -> str:
    """For one rendering of a form."""
    return secrets.token_urlsafe(12)
