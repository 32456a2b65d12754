"""What an exchange costs as a village grows: entries held, lanes, and machines met.

    python bench/growth.py
    python bench/growth.py --entries 1000000 --lanes --peers

Two machines hold the same, in SQLite files of their own, and both sides are asked in this process:
CPU is of both together, bytes are those of the two messages. Entries are short (60 bytes of text)
and signed by the run, for it is the held ones that are counted, not their weight.
"""

import argparse
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import islice, product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench import table
from bench.usage import machine_in_words
from sync import cose
from sync.bundle import Bundle, Entry
from sync.certificate import CLASSES_OF, Certificate, Role, certify
from sync.chain import fold, sign_head
from sync.entry import Quality, Written, make_header, make_payload
from sync.ingest import Kept, ingest, ingest_statement
from sync.lane import Audience, Class, Lane
from sync.ledger import Ledger
from sync.machine.database import Database
from sync.machine.exchanging import converse
from sync.machine.keys import Identity
from sync.machine.responding import respond
from sync.machine.sqlite import SqliteLedger
from sync.writing import Draft, write

TOWN = "131016"
SOFTWARE = "bench"
RUN_ENTRIES = 500
LANES_EACH = tuple(product((Class.TRUST, Class.MESSAGE, Class.BOARD), Audience))
AUTHORITY = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"a")
WRITTEN = Written(1_790_000_000, Quality.TRUSTED)


def key(number: int) -> Ed25519PrivateKey:
    """The same one for the same number."""
    return Ed25519PrivateKey.from_private_bytes(number.to_bytes(32, "big"))


HERE, THERE = Identity(key(1)), Identity(key(2))


SENT = ["first meeting", "no-op", "1 new"]
CPU = ["CPU: first meeting", "no-op, the first of a process", "no-op", "1 new"]
LANE = Lane(
    town=TOWN,
    author=HERE.public,
    ordinal=1,
    random=bytes(8),
    class_=Class.BOARD,
    audience=Audience.TOWN,
)


class Cost(NamedTuple):
    """Of exchanges, both sides together."""

    sent: int  # bytes of messages
    cpu: float  # seconds


def certificate(machine: Identity) -> bytes:
    """Of a node of the town, by its authority."""
    return certify(
        Certificate(
            key=machine.public,
            name="",
            role=Role.NODE,
            towns=frozenset({TOWN}),
            classes=CLASSES_OF[Role.NODE],
            audiences=frozenset(Audience),
            counter=1,
        ),
        AUTHORITY,
    )


def opened(path: Path) -> SqliteLedger:
    """With nothing in memory yet."""
    return SqliteLedger(Database(path), {TOWN: (cose.public(AUTHORITY),)})


def lanes(count: int) -> Iterator[tuple[Ed25519PrivateKey, Lane]]:
    """Of as few authors as can have that many."""
    for number in range(count):
        author = key(100 + number // len(LANES_EACH))
        class_, audience = LANES_EACH[number % len(LANES_EACH)]
        yield (
            author,
            replace(LANE, author=cose.public(author), class_=class_, audience=audience),
        )


def runs(author: Ed25519PrivateKey, lane: Lane, count: int) -> Iterator[Bundle]:
    """So many short posts."""
    head, first = lane.id, 1
    while first <= count:
        entries = []
        for number in range(first, min(first + RUN_ENTRIES, count + 1)):
            payload = make_payload({"title": f"回覧 {number:050}"}, salt=number.to_bytes(8, "big"))
            header = make_header(
                lane=lane.id, kind="event/write", payload=payload, written=WRITTEN, counter=1
            )
            entries.append(Entry(header, payload))
        before, head = head, fold(head, (entry.header for entry in entries))
        last = first + len(entries) - 1
        yield Bundle(
            lane=lane,
            first=first,
            before=before,
            entries=tuple(entries),
            signature=sign_head(lane, last, head, author),
        )
        first = last + 1


def make(path: Path, *, entries: int, of_lanes: int) -> None:
    """A ledger of so many, as evenly as it goes."""
    ledger = opened(path)
    with ledger.transaction():
        for machine in (HERE, THERE):
            ingest_statement(ledger, certificate(machine))
        for number in range(-(-of_lanes // len(LANES_EACH))):
            ingest_statement(ledger, certificate(Identity(key(100 + number))))
    share, more = divmod(entries, of_lanes)
    bundles = (
        bundle
        for number, (author, lane) in enumerate(lanes(of_lanes))
        for bundle in runs(author, lane, share + (number < more))
    )
    while some := list(islice(bundles, 200)):
        with ledger.transaction():
            for bundle in some:
                assert isinstance(ingest(ledger, bundle, source="bench"), Kept)
    with closing(sqlite3.connect(path)) as whole:  # in one file, which can be copied
        whole.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def exchange(here: Ledger, there: Ledger, machine: Identity = THERE) -> Cost:
    """One conversation of HERE with that machine."""
    sent = 0

    def road(message: bytes) -> bytes:
        nonlocal sent
        answered = respond(there, message, me=machine, software=SOFTWARE)
        sent += len(message) + len(answered)
        return answered

    began = time.process_time()
    done = converse(here, road, me=HERE, to=machine.public, software=SOFTWARE)
    assert done.synced, "after the exchange they don't hold the same"
    return Cost(sent, time.process_time() - began)


def post(ledger: Ledger) -> None:
    """One that is new, by HERE."""
    ordinal, random = ledger.own_incarnation(HERE.public)
    lane = replace(LANE, author=HERE.public, ordinal=ordinal, random=random)
    draft = Draft(kind="event/write", fields={"title": "夏祭り"})
    write(ledger, lane, [draft], key=HERE.private, written=WRITTEN, salt=lambda: bytes(8))


def held(folder: Path, *, entries: int, of_lanes: int) -> list[str]:
    """One line: two machines that hold so much."""
    ours, theirs = folder / "ours.sqlite", folder / "theirs.sqlite"
    make(ours, entries=entries, of_lanes=of_lanes)
    shutil.copy(ours, theirs)
    first = exchange(opened(ours), opened(theirs))
    here, there = opened(ours), opened(theirs)
    woken, again = exchange(here, there), exchange(here, there)
    post(here)
    new = exchange(here, there)
    return [
        f"{entries:,} in {of_lanes:,}",
        table.megabytes(ours.stat().st_size),
        *(table.number_of_bytes(cost.sent) for cost in (first, again, new)),
        *(table.milliseconds(cost.cpu) for cost in (first, woken, again, new)),
    ]


def among(folder: Path, count: int) -> list[str]:
    """One line: a machine that meets so many others in turn, each with a file of its own."""
    ours = folder / "ours.sqlite"
    make(ours, entries=10_000, of_lanes=20)
    paths = [folder / f"{number}.sqlite" for number in range(count)]
    for path in paths:
        shutil.copy(ours, path)
    here, others = opened(ours), [opened(path) for path in paths]
    machines = [Identity(key(1_000_000 + number)) for number in range(count)]
    for ledger, machine in product((here, *others), machines):
        ingest_statement(ledger, certificate(machine))

    def met() -> Cost:
        costs = [exchange(here, *each) for each in zip(others, machines, strict=True)]
        return Cost(sum(cost.sent for cost in costs), sum(cost.cpu for cost in costs))

    met()
    nothing = met()
    post(here)
    new = met()
    return [
        f"{count}",
        *(table.number_of_bytes(cost.sent) for cost in (nothing, new)),
        *(table.milliseconds(cost.cpu) for cost in (nothing, new)),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--lanes", type=int, nargs="*", default=[10, 100, 1_000, 10_000])
    parser.add_argument("--peers", type=int, nargs="*", default=[1, 10, 50])
    told = parser.parse_args(arguments)
    sizes = [(entries, 20) for entries in told.entries]
    sizes += [(max(10_000, count), count) for count in told.lanes]
    print(machine_in_words())

    def folders() -> Iterator[Path]:
        while True:
            with TemporaryDirectory() as folder:
                yield Path(folder)

    table.show(
        "Entries and lanes held; CPU of both sides together",
        ["entries in lanes", "file", *SENT, *CPU],
        [
            held(at, entries=size, of_lanes=of)
            for at, (size, of) in zip(folders(), sizes, strict=False)
        ],
    )
    table.show(
        "Machines met one after another, 10,000 entries in 20 lanes; CPU of all together",
        ["machines", "no-op", "1 new", "CPU: no-op", "1 new"],
        [among(at, count) for at, count in zip(folders(), told.peers, strict=False)],
    )


if __name__ == "__main__":
    main()
