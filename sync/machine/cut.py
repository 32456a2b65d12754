"""Where runs are cut to fit a bundle, and how much may wait: the same in every ledger."""

from collections.abc import Collection

from sync.bundle import Bundle
from sync.limits import (
    BUNDLE_BYTES_MAX,
    WAITING_BYTES_MAX,
    WAITING_BYTES_PER_SOURCE_MAX,
    WAITING_MAX,
    WAITING_PER_SOURCE_MAX,
)

RUN_BYTES_MAX = BUNDLE_BYTES_MAX * 3 // 4
"""Of headers and payloads: leaves room for what CBOR puts around 2,000 of them."""


def bundle_bytes(bundle: Bundle) -> int:
    """Of its headers and payloads."""
    return sum(len(entry.header) + len(entry.payload or b"") for entry in bundle.entries)


def has_room(source: str, bundle: Bundle, held: Collection[tuple[str, Bundle]]) -> bool:
    """Whether one more bundle of that source may wait beside those that do."""
    size = bundle_bytes(bundle)
    same = [waiting for other, waiting in held if other == source]
    return (
        len(same) < WAITING_PER_SOURCE_MAX
        and len(held) < WAITING_MAX
        and sum(map(bundle_bytes, same)) + size <= WAITING_BYTES_PER_SOURCE_MAX
        and sum(bundle_bytes(waiting) for _, waiting in held) + size <= WAITING_BYTES_MAX
    )
