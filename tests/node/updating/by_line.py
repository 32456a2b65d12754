"""A town that decided on a version, who has its file, and who fetches it."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Protocol

from hub.hub import Hub
from node.node import Node
from node.road import HttpRoad
from node.updating.fetching import Fetching, Source
from node.updating.guardian import BASE
from node.updating.inbox import INBOX_FOLDER, waiting_file
from provisioning.town import Town
from sync.bundle import Parcel
from sync.ingest import take
from sync.limits import PIECE_BYTES_MAX
from sync.machine.version_files import (
    FOR_OTHERS,
    current,
    name_of,
    put_for_others,
)
from sync.release import Release, sign_release

CONTENT = Random(7).randbytes(5 * PIECE_BYTES_MAX // 2)
OTHER_CONTENT = Random(8).randbytes(len(CONTENT))
SIZE = len(CONTENT)


class HasTown(Protocol):
    """A village."""

    @property
    def town(self) -> Town: ...


def word(**other: object) -> Release:
    """That machines should run the file."""
    said: dict[str, object] = {
        "counter": 1,
        "number": 1,
        "version": "0.2.0",
        "digest": sha256(CONTENT).digest(),
        "size": len(CONTENT),
        "base": BASE,
        **other,
    }
    return Release(**said)  # type: ignore[arg-type]


def decide(village: HasTown, *machines: Hub | Node, **other: object) -> Release:
    """The town's word, and who hears of it at once."""
    release = word(**other)
    statement = sign_release(release, village.town.authority.private)
    for machine in machines:
        take(machine.ledger, Parcel(statements=(statement,)), source="")
    return release


def put(machine: Hub | Node, content: bytes = CONTENT) -> Path:
    """Somebody has put the file there for others."""
    folder = machine.settings.folder
    file = folder.with_suffix(".file")
    file.write_bytes(content)
    release = put_for_others(folder, file, current(machine.ledger.trust(), machine.settings.towns))
    return folder / FOR_OTHERS / name_of(release.digest)


def waiting(node: Node, release: Release) -> Path:
    """Where it lies once it came."""
    return waiting_file(node.settings.folder / INBOX_FOLDER, release)


@contextmanager
def source(address: str, name: str = "one", *, near: bool = True) -> Iterator[Source]:
    """Whoever is there."""
    road = HttpRoad(address)
    try:
        yield Source(name, road, near=near)
    finally:
        road.close()


def fetch_all(fetching: Fetching, one: Source) -> None:
    """Until there is nothing to fetch; it may never have to wait."""
    while (wait := fetching.piece(one)) is not None:
        assert wait == 0


def at(release: Release) -> str:
    return f"/sync/release/{release.digest.hex()}"
