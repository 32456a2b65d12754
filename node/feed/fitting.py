"""A record travels whole or not at all, so what goes into it is bounded here, and says so.

Whatever is left out is announced in the last line or row: nobody may take a part for the whole.
"""

from collections.abc import Callable, Iterable

from node.feed.item import Value

payload_bytes_max = 56_000
"""All of one record's fields; what is sealed around them must fit into 60,000."""

_row_bytes = 8  # what a row of a table costs beside its text


def fitted_text(text: str, *, characters_max: int, bytes_max: int) -> str:
    """The text, or as much of its beginning as fits, with a word about the rest."""
    if len(text) <= characters_max and len(text.encode()) <= bytes_max:
        return text
    note = f"…（長いため省きました。もとは{len(text)}字）"
    if characters_max <= 2 * len(note):
        note = "…"
    kept = text[: characters_max - len(note)].encode()[: max(bytes_max - len(note.encode()), 0)]
    return kept.decode(errors="ignore") + note


def fitted_rows(
    rows: Iterable[list[str]], *, bytes_max: int, left_out: Callable[[int], list[str]]
) -> list[list[str]]:
    """The rows that fit; where some do not, a last row says how many."""
    whole = list(rows)
    if sum(_size(row) for row in whole) <= bytes_max:
        return whole
    room = bytes_max - _size(left_out(len(whole)))
    kept: list[list[str]] = []
    for row in whole:
        room -= _size(row)
        if room < 0:
            break
        kept.append(row)
    return [*kept, left_out(len(whole) - len(kept))]


def payload_bytes(fields: Iterable[tuple[str, Value]]) -> int:
    """What these fields weigh in UTF-8, with room for how they are packed."""
    return sum(len(name.encode()) + _row_bytes + value_bytes(value) for name, value in fields)


def value_bytes(value: Value) -> int:
    """What one value weighs."""
    match value:
        case bool():
            return 1
        case str():
            return len(value.encode())
        case list():
            return sum(_size(row) for row in value)


def _size(row: list[str]) -> int:
    return _row_bytes + sum(len(cell.encode()) for cell in row)
