"""What a page says, for tests: its words, and the fields of its form."""

import re
from html import unescape
from html.parser import HTMLParser

from werkzeug.test import TestResponse


def words(response: TestResponse) -> str:
    """The text of a page, as it is read."""
    body = re.sub(r"<(script|style|svg|title)\b.*?</\1>", "", response.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", body)))


def elements(response: TestResponse, tag: str) -> list[dict[str, str]]:
    """The attributes of every element of that tag."""
    reader = _Reader(tag)
    reader.feed(response.text)
    return reader.found


def typed(response: TestResponse) -> dict[str, str]:
    """What a browser would send of the page's form, were it sent as it is."""
    sent = {
        field["name"]: field.get("value", "")
        for field in elements(response, "input")
        if field.get("type") not in ("radio", "checkbox") or "checked" in field
    }
    for name, text in re.findall(
        r"<textarea[^>]*name=\"(\w+)\"[^>]*>\n(.*?)</textarea>", response.text, re.DOTALL
    ):
        sent[name] = unescape(text)
    return sent


class _Reader(HTMLParser):
    def __init__(self, tag: str) -> None:
        super().__init__()
        self.tag = tag
        self.found: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == self.tag:
            self.found.append({name: value or "" for name, value in attrs})
