"""What `tomllib` doesn't do: writing."""

import json
from collections.abc import Mapping


def quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are among its own, all but that of DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def added(text: str, values: Mapping[str, object]) -> str:
    """A file with these besides: what is a mapping becomes a table at its end.

    None of them is there yet. Raises ValueError for a value of another kind.
    """
    plain = {name: value for name, value in values.items() if not isinstance(value, dict)}
    lines = [f"{name} = {_value(value)}" for name, value in plain.items()]
    tables: list[str] = []
    for name, value in values.items():
        if isinstance(value, dict):
            tables += [f"[{name}]", *(f"{key} = {_value(each)}" for key, each in value.items())]
    return "\n".join([*lines, text.rstrip("\n"), *tables, ""])


def _value(value: object) -> str:
    match value:
        case str():
            return quoted(value)
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case _:
            raise ValueError(f"{value!r} is no setting")
