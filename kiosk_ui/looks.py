"""How people want pages to look: cookies of one word each, asked for by plain links.

A page with a form has buttons instead, which send what was typed along; nothing typed is lost.
A new way to look is one more line here: bar, cookies and kept pages know none by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, g, render_template, request
from werkzeug.http import parse_cookie

from kiosk_ui.cookies import readable
from kiosk_ui.kiosk import at_the_kiosk
from kiosk_ui.languages import JAPANESE, languages
from node.words import say

_PRESSED = "pressed_look"
_YEAR_SECONDS = 365 * 86_400
COOKIE_LETTERS_MAX = 500
"""Of cookies that are read for each request and remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One thing people may choose, from a few; the first is what nobody chose."""

    name: str  # of its cookie, of form buttons, and in class names: "size-large"
    label: str
    choices: Mapping[str, str]  # key to what people read
    only_in: str = ""  # the one language in which it is asked; "" for all

    @property
    def usual(self) -> str:
        """The key of what nobody chose."""
        return next(iter(self.choices))


LOOKS = (
    Look(
        name="size",
        label=say("文字"),
        choices={"normal": say("標準"), "large": say("大"), "larger": say("特大")},
    ),
    Look(
        name="theme",
        label=say("色"),
        choices={"light": say("ふつう"), "contrast": say("くっきり"), "night": say("暗く")},
    ),
    Look(
        name="furigana",
        label=say("ふりがな"),
        choices={"off": say("なし"), "on": say("あり")},
        only_in=JAPANESE,
    ),
)


@cache
def looks() -> tuple[Look, ...]:
    """All that people may choose: how pages look, and in which language they are."""
    names = {each.key: each.name for each in languages().values()}
    return (*LOOKS, Look(name="language", label="Language", choices=names))


def chosen_looks() -> dict[str, str]:
    """The chosen key of each. What a page shows depends on these cookies and on no other.

    The answer to a form's button looks as was asked, before a cookie says so.
    """
    keys = looks_in(request.environ.get("HTTP_COOKIE", ""))
    chosen = {look.name: key for look, key in zip(looks(), keys, strict=True)}
    pressed: Mapping[str, str] = g.get(_PRESSED, {})
    return {**chosen, **pressed}


def looks_in(cookies: str) -> tuple[str, ...]:
    """The chosen key of each, by what a browser sent."""
    return _known_looks(cookies) if len(cookies) <= COOKIE_LETTERS_MAX else _read_looks(cookies)


@lru_cache(500)
def _known_looks(cookies: str) -> tuple[str, ...]:
    return _read_looks(cookies)


def _read_looks(cookies: str) -> tuple[str, ...]:
    brought = parse_cookie(readable(cookies))
    return tuple(_chosen(look, brought) for look in looks())


def _chosen(look: Look, cookies: Mapping[str, str]) -> str:
    chosen = cookies.get(look.name, "")
    return chosen if chosen in look.choices else look.usual


def pressed_look() -> dict[str, str]:
    """What a form's button asks to look otherwise, if one of those was pressed."""
    pressed = {
        look.name: key
        for look in looks()
        if (key := request.form.get(look.name, "")) in look.choices
    }
    setattr(g, _PRESSED, pressed)
    return pressed


def remember_looks(response: Response, chosen: Mapping[str, str]) -> Response:
    """For a year on one's own phone; at the kiosk until the next visitor."""
    for name, key in chosen.items():
        response.set_cookie(
            name,
            key,
            max_age=None if at_the_kiosk() else _YEAR_SECONDS,
            httponly=True,
            samesite="Lax",
        )
    return response


def forget_looks(response: Response) -> Response:
    """As if nobody had chosen."""
    for look in looks():
        response.delete_cookie(look.name, httponly=True, samesite="Lax")
    return response


def looks_page() -> Blueprint:
    """`/looks/size?to=large&next=/boards/event`."""
    pages = Blueprint("looks", __name__)

    @pages.get("/looks/<name>")
    def change(name: str) -> Response:
        look = next((look for look in looks() if look.name == name), None) or abort(404)
        to = request.args.get("to", "")
        response = Response(
            status=303, headers={"Location": safe_path(request.args.get("next", ""))}
        )
        return remember_looks(response, {name: to} if to in look.choices else {})

    @pages.get("/languages")
    def choose() -> str:
        there = safe_path(request.args.get("next", ""))
        return render_template("languages.html", back=there, there=there)

    return pages


def safe_path(address: str) -> str:
    """A path of this machine; `/` for anything that could lead elsewhere."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    leads_elsewhere = (
        parts.scheme
        or parts.netloc
        or not address.startswith("/")
        or address.startswith("//")
        or "\\" in address
        or not address.isprintable()
    )
    return "/" if leads_elsewhere else address
