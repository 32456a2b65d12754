"""Whether there is room on the disk where a machine keeps what it holds."""

import os
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

FULL_BYTES = 4 << 20
"""With less than that left, a post may not fit with all that is kept of it."""


class Disk(StrEnum):
    """The disk under a machine's folder."""

    WELL = "well"
    FULL = "full"
    READ_ONLY = "read-only"


def read_disk(folder: Path) -> Disk:
    """As it is now."""
    found = os.statvfs(folder)
    if found.f_flag & os.ST_RDONLY:
        return Disk.READ_ONLY
    return Disk.FULL if free_bytes(folder) < FULL_BYTES else Disk.WELL


def free_bytes(folder: Path) -> int:
    """So much may still be written there."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def in_words(disk: Disk) -> Iterator[str]:
    """For a keeper; nothing while all is well."""
    match disk:
        case Disk.WELL:
            return
        case Disk.FULL:
            yield (
                "記憶装置の空きがほとんどありません。いらないファイルを片づけるまで、"
                "投稿も、ほかの機械からの記事も、受け取れないことがあります。"
            )
        case Disk.READ_ONLY:
            yield (
                "記憶装置に書けなくなっています。投稿は受け取れません。"
                "管理する人にお知らせください。"
            )
