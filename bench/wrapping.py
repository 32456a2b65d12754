"""What wrapping costs and saves, in bytes and CPU, beside the bare texts in one zstd frame.

    python bench/wrapping.py [--peers FOLDER] [--lists FOLDER]

Posts are those of `bench/village_text.py`; with `--peers` also those of the harness of peers (its
`gen.py` is there), with `--lists` the rows of municipal lists (CSV) in that folder.
"""

import argparse
import csv
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from random import Random
from typing import TypeVar

import zstandard

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.table import milliseconds, number_of_bytes, show  # noqa: E402
from bench.village_text import posts  # noqa: E402
from sync.bundle import Bundle, Entry, Parcel, Room, pack_bundle  # noqa: E402
from sync.entry import Quality, Written, make_header, make_payload  # noqa: E402
from sync.lane import Audience, Class, Lane  # noqa: E402
from sync.machine import keys  # noqa: E402
from sync.rows import read_table  # noqa: E402
from sync.wrapping import Dictionary, Method, table, unwrap, wrap  # noqa: E402

PARCEL_BYTES = 4 << 20  # what an exchange puts in one, before wrapping
BUNDLE_ENTRIES = 1_000
SALT_BYTES = len(keys.salt())

T = TypeVar("T")
Post = tuple[Mapping[str, object], int]  # its fields, and when it was written


@dataclass(frozen=True)
class Wrapped:
    """Some posts in as many parcels as they take."""

    sizes: list[int]
    packing: float  # seconds of CPU
    unpacking: float


def main() -> None:
    """Print one table per sort of posts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Raw)
    parser.add_argument("--peers", type=Path, help="folder with the peers' harness")
    parser.add_argument("--lists", type=Path, help="folder with municipal lists as CSV")
    parser.add_argument("--n", type=int, default=10_000)
    chosen = parser.parse_args()
    sorts: dict[str, list[Post]] = {"village text": [*islice(_village(), chosen.n + 100)]}
    if chosen.peers and chosen.peers.exists():
        sorts["posts of the harness"] = _harness(chosen.peers, chosen.n + 100)
    if chosen.lists and chosen.lists.exists():
        sorts["rows of municipal lists"] = [*islice(_rows(chosen.lists), chosen.n + 100)]
    for name, made in sorts.items():
        _compare(name, made)


class _Raw(argparse.RawDescriptionHelpFormatter):
    pass


def _compare(name: str, made: Sequence[Post]) -> None:
    old, new = made[:-100], made[-100:]
    for title, some, held in (
        (f"100 new, {name}", new, [0, *(n for n in (300, 1_000) if n <= len(old))]),
        (f"{len(old):,} at once, {name}", old, [0]),
    ):
        bundles = _bundles(some)
        rows = [_row("texts alone, zstd 19 (bound)", _bare(some), len(some))]
        for method in Method:
            rows.append(_row(method.name.lower(), _wrapped(bundles, method), len(some)))
        for count in held[1:]:
            dictionary = Dictionary(count, table(_bundles(old[-count:])))
            words = f"columns, {count:,} held"
            rows.append(_row(words, _wrapped(bundles, Method.COLUMNS, dictionary), len(some)))
        head = ["", "bytes", "without salts", "CPU to wrap", "to unwrap"]
        show(title, head, rows)
    bundles = _bundles(old)
    parcels = [*_parcels(bundles)]
    tables, packing = _timed(lambda: [table(part) for part in parcels])
    _, reading = _timed(lambda: [read_table(each, Room(8 << 20)) for each in tables])
    rows = [["", milliseconds(packing), milliseconds(reading)]]
    show(f"{len(old):,} entries to tables and back, without zstd", ["", "to", "back"], rows)


def _wrapped(
    bundles: Sequence[Bundle], method: Method, dictionary: Dictionary | None = None
) -> Wrapped:
    parcels = [Parcel(bundles=tuple(part)) for part in _parcels(bundles)]
    made, packing = _timed(lambda: [wrap(p, method, dictionary=dictionary) for p in parcels])
    held = dictionary and (lambda _: dictionary.content)
    found, unpacking = _timed(lambda: [unwrap(each, dictionary=held) for each in made])
    assert found == parcels, "something else came back"
    return Wrapped([*map(len, made)], packing, unpacking)


def _bare(some: Iterable[Post]) -> Wrapped:
    texts = "\n".join(text for fields, _ in some for text in _texts(fields.values())).encode()
    frame, packing = _timed(lambda: zstandard.ZstdCompressor(level=19).compress(texts))
    _, unpacking = _timed(lambda: zstandard.ZstdDecompressor().decompress(frame))
    return Wrapped([len(frame)], packing, unpacking)


def _texts(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from _texts(value)


def _row(name: str, found: Wrapped, count: int) -> list[str]:
    size = sum(found.sizes)
    bare = size - count * SALT_BYTES if "texts" not in name else size
    return [
        name,
        number_of_bytes(size),
        number_of_bytes(bare),
        milliseconds(found.packing),
        milliseconds(found.unpacking),
    ]


def _timed(doing: Callable[[], T]) -> tuple[T, float]:
    began = time.process_time()
    found = doing()
    return found, time.process_time() - began


def _parcels(bundles: Sequence[Bundle]) -> Iterator[list[Bundle]]:
    part: list[Bundle] = []
    left = PARCEL_BYTES
    for bundle in bundles:
        if left <= 0:
            yield part
            part, left = [], PARCEL_BYTES
        part.append(bundle)
        left -= len(pack_bundle(bundle))
    yield part


def _bundles(some: Sequence[Post]) -> list[Bundle]:
    """Runs of one lane, whose heads and signatures are bytes at random: nobody checks them here."""
    random = Random(some[0][1])
    lane = Lane(
        town="131016",
        author=bytes(range(32)),
        ordinal=1,
        random=bytes(range(8)),
        class_=Class.BOARD,
        audience=Audience.TOWN,
    )
    bundles = []
    for first in range(0, len(some), BUNDLE_ENTRIES):
        entries = []
        for fields, seconds in some[first : first + BUNDLE_ENTRIES]:
            payload = make_payload(fields, salt=random.randbytes(SALT_BYTES))
            written = Written(seconds, Quality.TRUSTED)
            header = make_header(lane=lane.id, kind="event/write", payload=payload, written=written)
            entries.append(Entry(header, payload))
        bundles.append(
            Bundle(
                lane=lane,
                first=first + 1,
                before=random.randbytes(32),
                entries=tuple(entries),
                signature=random.randbytes(64),
            )
        )
    return bundles


def _village() -> Iterator[Post]:
    for number, fields in enumerate(posts(1)):
        yield fields, 1_767_225_600 + 61 * number + number * 7919 % 61


def _harness(folder: Path, count: int) -> list[Post]:
    sys.path.insert(0, str(folder))
    import gen  # type: ignore[import-not-found]

    from bench.harness_posts import _fields

    return [
        (_fields(document), int(datetime.fromisoformat(document["created"]).timestamp()))
        for document in gen.docs(0, count)
    ]


def _rows(folder: Path) -> Iterator[Post]:
    number = 0
    for file in sorted(folder.rglob("*.csv")):
        content = file.read_bytes()
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp932", errors="replace")
        for row in csv.DictReader(text.splitlines()):
            fields = {n: v for n, v in row.items() if isinstance(n, str) and n and v}
            if fields:
                number += 1
                yield fields, 1_767_225_600 + number


if __name__ == "__main__":
    main()
