"""What `tomllib` doesn't do: writing."""

import json


def quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are among its own, all but that of DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
