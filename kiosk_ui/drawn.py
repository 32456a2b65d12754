"""Posts as they were drawn last, while the data and the minute stay the same.

Most pages show the same posts, so they are read and put into words once for all pages of a moment.
What is the same on pages that differ in their letters' size alone is drawn once for them all, too.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from kiosk_ui.shown import Shown

Moment = tuple[int, int]
"""The ledger's version and the minute: what was drawn at one is true as long as it is that one."""

MOMENT = "kairan.moment"
"""Where it stands in what was asked, once it was looked up for that (PEP 3333)."""

POSTS_MAX = 2_000
"""So many are kept; they take a few kilobytes each."""
PARTS_MAX = 32
"""Of pages; some ten kilobytes each."""


@dataclass(slots=True)
class _Lists:
    moment: Moment | None = None
    posts: int = 0
    by_name: dict[object, Sequence[Shown]] = field(default_factory=dict)
    parts: dict[object, Markup] = field(default_factory=dict)


class Drawn:
    """Those of one moment."""

    def __init__(self) -> None:
        """None yet."""
        self._lists = _Lists()
        self._lock = threading.Lock()

    def forget(self) -> None:
        """What is erased stays in no list that nobody asks for."""
        with self._lock:
            self._lists = _Lists()

    def once(
        self, moment: Moment, name: object, draw: Callable[[], Iterable[Shown]]
    ) -> Sequence[Shown]:
        """The list of that name, as of then; `draw` makes it where it isn't there.

        The moment is looked up before the posts are read, so none of them is older.
        """
        lists = self._of(moment)
        if (found := lists.by_name.get(name)) is None:
            found = tuple(draw())
            with self._lock:
                if name not in lists.by_name and lists.posts + len(found) <= POSTS_MAX:
                    lists.by_name[name] = found
                    lists.posts += len(found)
        return found

    def part(self, moment: Moment, name: object, draw: Callable[[], Markup]) -> Markup:
        """The part of a page of that name, as of then; `name` holds all that it depends on."""
        lists = self._of(moment)
        if (found := lists.parts.get(name)) is None:
            found = draw()
            with self._lock:
                if len(lists.parts) >= PARTS_MAX:
                    lists.parts.clear()
                lists.parts[name] = found
        return found

    def _of(self, moment: Moment) -> _Lists:
        """What is kept of then; nothing, where something newer is."""
        with self._lock:
            kept = self._lists.moment
            if kept is not None and moment[0] < kept[0]:
                return _Lists(moment)
            if kept != moment:
                self._lists = _Lists(moment)
            return self._lists
