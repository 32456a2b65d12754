"""Wraps bundles thoroughly, of low priority: from the standard input, to the standard output.

    python -m sync.machine.packing_apart

What it reads is ours: it was read from the ledger a moment ago. Of a bundle it keeps what goes
into the table, and nothing of it before the next one comes.
"""

import os
import sys
from collections.abc import Iterator
from typing import IO

from sync.bundle import Bundle, pack_bundle, unpack_bundle
from sync.errors import TooLarge
from sync.machine.process import die_with_parent
from sync.wrapping import wrap_thoroughly

TOO_LARGE = 3
"""It ends with that where there is more than a table holds."""

_NICE = 15
_SIZE_BYTES = 4


def tell(process: IO[bytes], bundle: Bundle) -> None:
    """Hand it one more."""
    packed = pack_bundle(bundle)
    process.write(len(packed).to_bytes(_SIZE_BYTES))
    process.write(packed)


def _told(by: IO[bytes]) -> Iterator[Bundle]:
    while size := by.read(_SIZE_BYTES):
        yield unpack_bundle(by.read(int.from_bytes(size)))


def main() -> None:
    """Do it, for the process that waits for it."""
    die_with_parent()
    os.nice(_NICE)
    try:
        wrapped = wrap_thoroughly(_told(sys.stdin.buffer))
    except TooLarge:
        sys.exit(TOO_LARGE)
    sys.stdout.buffer.write(wrapped)


if __name__ == "__main__":
    main()
