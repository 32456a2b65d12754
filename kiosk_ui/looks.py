"""How people want pages to look: cookies of one word each, asked for by plain links.

A page with a form has buttons instead, which send what was typed along; nothing typed is lost.
A new way to look is one more line here: bar, cookies and kept pages know none by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, request

from kiosk_ui.kiosk import at_the_kiosk

_YEAR_SECONDS = 365 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One thing people may choose, from a few; the first is what nobody chose."""

    name: str  # of its cookie, of form buttons, and in class names: "size-large"
    label: str
    choices: Mapping[str, str]  # key to what people read

    @property
    def usual(self) -> str:
        """The key of what nobody chose."""
        return next(iter(self.choices))


LOOKS = (
    Look(name="size", label="文字", choices={"normal": "標準", "large": "大", "larger": "特大"}),
    Look(
        name="theme",
        label="色",
        choices={"light": "ふつう", "contrast": "くっきり", "night": "暗く"},
    ),
    Look(name="furigana", label="ふりがな", choices={"off": "なし", "on": "あり"}),
)


def chosen_looks() -> dict[str, str]:
    """The chosen key of each."""
    return {look.name: _chosen(look) for look in LOOKS}


def _chosen(look: Look) -> str:
    chosen = request.cookies.get(look.name, "")
    return chosen if chosen in look.choices else look.usual


def pressed_look() -> dict[str, str]:
    """What a form's button asks to look otherwise, if one of those was pressed."""
    return {
        look.name: key for look in LOOKS if (key := request.form.get(look.name, "")) in look.choices
    }


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
    for look in LOOKS:
        response.delete_cookie(look.name, httponly=True, samesite="Lax")
    return response


def looks_page() -> Blueprint:
    """`/looks/size?to=large&next=/boards/event`."""
    pages = Blueprint("looks", __name__)

    @pages.get("/looks/<name>")
    def change(name: str) -> Response:
        look = next((look for look in LOOKS if look.name == name), None) or abort(404)
        to = request.args.get("to", "")
        response = Response(
            status=303, headers={"Location": safe_path(request.args.get("next", ""))}
        )
        return remember_looks(response, {name: to} if to in look.choices else {})

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
