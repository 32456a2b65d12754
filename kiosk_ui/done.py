"""What is said once after something was done; the address carries it, so nothing is remembered."""

from flask import request

_WORDS = {
    "posted": "のせました。",
    "changed": "なおしました。",
    "removed": "取り下げました。",
}


def said() -> str:
    """The sentence for this page, if any."""
    return _WORDS.get(request.args.get("done", ""), "")
