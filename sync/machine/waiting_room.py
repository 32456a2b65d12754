"""How much may wait, and what may not: the same in every ledger."""

from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

from sync.bundle import Bundle
from sync.frontier import Range
from sync.limits import (
    BUNDLE_BYTES_MAX,
    WAITING_BYTES_MAX,
    WAITING_BYTES_PER_SOURCE_MAX,
    WAITING_MAX,
    WAITING_PER_SOURCE_MAX,
)


class Load(NamedTuple):
    """What waits already."""

    bundles: int
    bytes: int  # of them packed


def has_room(size: int, *, beside: Load, in_all: Load) -> bool:
    """Whether one more packed bundle of that size may wait; `beside`: those of its source."""
    return (
        size <= BUNDLE_BYTES_MAX
        and beside.bundles < WAITING_PER_SOURCE_MAX
        and in_all.bundles < WAITING_MAX
        and beside.bytes + size <= WAITING_BYTES_PER_SOURCE_MAX
        and in_all.bytes + size <= WAITING_BYTES_MAX
    )


def stripped(bundle: Bundle, ordered: Collection[Range]) -> Bundle:
    """Without the payloads that orders name: should one not hold, they are asked for again."""
    entries = tuple(
        replace(entry, payload=None)
        if any(numbers.first <= number <= numbers.last for numbers in ordered)
        else entry
        for number, entry in enumerate(bundle.entries, bundle.first)
    )
    return replace(bundle, entries=entries)
