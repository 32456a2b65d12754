"""Addresses of pages, as templates ask for them: worked out once, for a page asks for dozens.

Where one leads back to this page (`next`), what stands before that is known all the same.
"""

from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlencode

from flask import Flask

KEPT_MAX = 4_096
LETTERS_MAX = 200
"""Of what stands in one that is kept: what visitors make up takes no memory."""

_Value = str | int | None
_PLAIN = (str, int, type(None))
_BACK = "next"
_SAFE = "!$'()*,/:;?@"
"""What stands for itself behind the question mark, as `url_for` writes it."""


def known_links(app: Flask) -> Callable[..., str]:
    """`url_for`, for addresses of this machine without its name: they depend on no request."""
    url_for: Callable[..., str] = app.url_for

    @lru_cache(KEPT_MAX)
    def known(endpoint: str, values: tuple[tuple[str, _Value], ...]) -> str:
        return url_for(endpoint, **dict(values))

    def link(endpoint: str, **values: object) -> str:
        back = values.get(_BACK)
        if type(back) is str and next(reversed(values)) == _BACK:
            del values[_BACK]
            there = link(endpoint, **values)
            return f"{there}{'&' if '?' in there else '?'}{leading_back(back)}"
        letters = 0
        for value in values.values():
            if type(value) not in _PLAIN:  # True is no 1
                return url_for(endpoint, **values)
            letters += len(value) if isinstance(value, str) else 0
        if letters > LETTERS_MAX:
            return url_for(endpoint, **values)
        return known(endpoint, tuple(values.items()))

    return link


def leading_back(path: str) -> str:
    """What stands behind the question mark of an address that leads back to that one."""
    return urlencode({_BACK: path}, safe=_SAFE)
