"""A booklet: which two of its pages lie beside each other on each side of each sheet.

Sheets are printed on both sides, laid on one another and folded in the middle; then the pages
follow one another. What is missing to whole sheets is blank, before the last page: that one is the
booklet's back.
"""

from collections.abc import Iterator

PAGES_A_SHEET = 4


def sides(pages: int) -> Iterator[tuple[int | None, int | None]]:
    """The left and the right page, counted from 0, of front and back of each sheet; None: blank."""
    room = -(-pages // PAGES_A_SHEET) * PAGES_A_SHEET
    lying: list[int | None] = [*range(pages - 1), *[None] * (room - pages), pages - 1]
    for inner in range(room // 2):
        outer = room - 1 - inner
        is_front = inner % 2 == 0
        left, right = (outer, inner) if is_front else (inner, outer)
        yield lying[left], lying[right]
