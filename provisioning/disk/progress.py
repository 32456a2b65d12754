"""How far it is, how fast, and how long it will take: said while somebody waits."""

import sys
from collections.abc import Iterable, Iterator

from sync.machine import clock

_EVERY_SECONDS = 0.5
_TENTHS = 10


class Progress:
    """Of so many bytes. On a screen one line says it; in a log, each tenth has a line."""

    def __init__(self, what: str, total: int) -> None:
        """What is done, in words."""
        self._what, self._total, self._done = what, total, 0
        self._began = self._said_at = clock.running()
        self._tenths = 0

    def through(self, counts: Iterable[int]) -> Iterator[int]:
        """Say it as they come."""
        for count in counts:
            self._done += count
            self._say()
            yield count

    def end(self) -> None:
        """All is done."""
        seconds = max(clock.running() - self._began, 0.001)
        megabytes = self._done / 1e6
        rate = f"毎秒{megabytes / seconds:,.1f} MB"
        line = f"{self._what}: 終わりました（{megabytes:,.0f} MB、{rate}）"
        print(f"\r{line:<60}" if sys.stderr.isatty() else line, file=sys.stderr)

    def _say(self) -> None:
        now, part = clock.running(), self._done / self._total
        rate = self._done / max(now - self._began, 0.001)
        left = (self._total - self._done) / rate
        line = f"{self._what}: {part:4.0%}  毎秒{rate / 1e6:,.1f} MB  あと{_in_words(left)}"
        if sys.stderr.isatty():
            if now - self._said_at >= _EVERY_SECONDS:
                self._said_at = now
                print(f"\r{line:<60}", end="", file=sys.stderr, flush=True)
        elif int(part * _TENTHS) > self._tenths:
            self._tenths = int(part * _TENTHS)
            print(line, file=sys.stderr, flush=True)


def _in_words(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}分{whole % 60}秒" if whole >= 60 else f"{whole}秒"
