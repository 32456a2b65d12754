"""Looking for a text or a picture in what machines leave on disks, however it is written or packed.

Files are read as bytes, and ledgers once more row by row, since what is long lies in pieces in a
file. What is found packed is unpacked and looked through as well.
"""

import base64
import re
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import zstandard

_ZSTD, _GZIP = b"\x28\xb5\x2f\xfd", b"\x1f\x8b\x08"
_PACKED = re.compile(re.escape(_ZSTD) + b"|" + re.escape(_GZIP))
_SQLITE = b"SQLite format 3\0"
_UNPACKED_BYTES_MAX = 64 << 20
_DEPTH_MAX = 4


def forms(text: str | bytes) -> set[bytes]:
    """How it may stand in a file: as bytes, in JSON, in base64 at whatever place it begins."""
    if isinstance(text, bytes):
        return {text, text.hex().encode(), *_in_base64(text)}
    plain = {text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be")}
    escaped = text.encode("ascii", "backslashreplace")
    return {
        *plain,
        escaped,
        *(each.hex().encode() for each in plain),
        *(part for each in plain for part in _in_base64(each)),
    }


def _in_base64(content: bytes) -> Iterator[bytes]:
    """The characters that don't depend on what stands before and behind."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + content)
        kept = encoded[4 if before else 0 : (before + len(content)) // 3 * 4]
        yield kept
        yield kept.replace(b"+", b"-").replace(b"/", b"_")


def files_with(folder: Path, *texts: str | bytes) -> list[str]:
    """The files of a machine, or of a stick, in which one of these can still be read.

    Of bytes choose a stretch that lies together: what is long is in pieces.
    """
    sought = {form for text in texts for form in forms(text)}
    return sorted(
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(_holds(content, sought) for content in _contents(path))
    )


def _contents(path: Path) -> Iterator[bytes]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:  # a file that is written anew
        return
    yield content
    if content.startswith(_SQLITE):
        with closing(sqlite3.connect(path)) as database:
            database.text_factory = bytes
            named = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (name,) in named.fetchall():
                with suppress(sqlite3.OperationalError):  # without its module, as of a search
                    rows = database.execute(f'SELECT * FROM "{name.decode()}"').fetchall()
                    yield from (value for row in rows for value in row if isinstance(value, bytes))


def _holds(content: bytes, sought: set[bytes], depth: int = 0) -> bool:
    if any(form in content for form in sought):
        return True
    return depth < _DEPTH_MAX and any(
        _holds(unpacked, sought, depth + 1) for unpacked in _unpacked(content)
    )


def _unpacked(content: bytes) -> Iterator[bytes]:
    """Whatever can be unpacked of it, from whatever place on."""
    for found in _PACKED.finditer(content):
        packed = content[found.start() :]
        try:
            if packed.startswith(_ZSTD):
                reader = zstandard.ZstdDecompressor().decompressobj()
                unpacked = reader.decompress(packed)
            else:
                unpacked = zlib.decompressobj(31).decompress(packed, _UNPACKED_BYTES_MAX)
        except (zstandard.ZstdError, zlib.error):
            continue
        if unpacked:
            yield unpacked
