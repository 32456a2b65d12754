"""Wraps one parcel thoroughly, of low priority: from the standard input, to the standard output.

    python -m sync.machine.packing_apart

What it reads is ours: it was read from the ledger a moment ago.
"""

import os
import sys

from sync.machine.process import die_with_parent
from sync.wrapping import read_plain, wrap

_NICE = 15


def main() -> None:
    """Do it, for the process that waits for it."""
    die_with_parent()
    os.nice(_NICE)
    parcel = read_plain(sys.stdin.buffer.read())
    if parcel.unreadable:
        raise parcel.unreadable[0]
    sys.stdout.buffer.write(wrap(parcel, thorough=True))


if __name__ == "__main__":
    main()
