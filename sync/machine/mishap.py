"""A ledger's file that was lost or damaged, what is said of it, and what outlives it.

A damaged file is moved aside in the machine's folder and never deleted. What happened stands in
`mishap.json` until an administrator who has read it deletes that file. The ordinals of the lives
that were begun stand in a file beside the ledger: whatever happens to it, none is begun twice.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from sync.machine import clock
from sync.machine.files import sync_folder, write_whole

MISHAP_FILE = "mishap.json"
_WITH = ("", "-wal", "-shm")  # what SQLite keeps beside a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """What happened to the ledger's file."""

    found: str  # when, as RFC 3339
    clock: str  # how good the clock was that told it
    moved_to: str  # the name that the damaged file has now; "" if there was none any more
    why: str  # for whoever mends machines


def read_mishap(folder: Path) -> Mishap | None:
    """What happened last, until it was dismissed."""
    try:
        told = json.loads((folder / MISHAP_FILE).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        told = {}
    known = told if isinstance(told, dict) else {}
    return Mishap(**{name: str(known.get(name, "")) for name in Mishap.__dataclass_fields__})


def in_words(mishap: Mishap | None) -> Iterator[str]:
    """For a keeper; nothing where nothing happened."""
    if mishap is None:
        return
    yield (
        "台帳のファイルが壊れていたので、よけて、新しく作りました。"
        if mishap.moved_to
        else "台帳のファイルがなくなっていたので、新しく作りました。"
    ) + "記事は、ほかの機械とつながりしだい、自動で戻ります。"
    if mishap.moved_to:
        yield f"  壊れたファイルは {mishap.moved_to} という名前で残してあります。"
        yield "  まだどこにも送っていなかった記事は、その中にしかありません。"
    yield f"  確かめたら、{MISHAP_FILE} を消してください。このお知らせは出なくなります。"


def move_aside(path: Path, *, why: str) -> None:
    """Give a ledger's file a new name, and say so. Nobody else may do so at the same time."""
    number = 1
    while (aside := path.with_name(f"{path.stem}-damaged-{number}{path.suffix}")).exists():
        number += 1
    _say(path.parent, moved_to=aside.name, why=why)
    for ending in reversed(_WITH):  # the file itself last: until then, doing it again mends it
        beside = path.with_name(path.name + ending)
        if beside.exists():
            beside.replace(aside.with_name(aside.name + ending))
    sync_folder(path.parent)


def mind_a_missing(path: Path) -> None:
    """Say so if a ledger that has lived has no file any more."""
    gone = not path.exists() or not path.stat().st_size
    if gone and Lives(path).any and read_mishap(path.parent) is None:
        _say(path.parent, moved_to="", why="the file was not there")


def _say(folder: Path, *, moved_to: str, why: str) -> None:
    now = clock.now()
    mishap = Mishap(
        found=now.at.isoformat(timespec="seconds"),
        clock=now.quality.name.lower(),
        moved_to=moved_to,
        why=why,
    )
    content = json.dumps(asdict(mishap), ensure_ascii=False, indent=1)
    write_whole(folder / MISHAP_FILE, content.encode())


class Lives:
    """Per key the largest ordinal that was ever begun in the ledger of that path."""

    def __init__(self, path: Path) -> None:
        """Reads nothing yet. A file that can't be read counts as none."""
        self._path = path.with_suffix(".lives")

    @property
    def any(self) -> bool:
        """Whether a life was begun."""
        return bool(self._read())

    def largest(self, author: bytes) -> int:
        """Of that key; 0 where none was begun."""
        return self._read().get(author.hex(), 0)

    def begin(self, author: bytes, ordinal: int) -> None:
        """Durable when this returns, so before the first entry of that life is."""
        content = json.dumps({**self._read(), author.hex(): ordinal}, indent=1, sort_keys=True)
        write_whole(self._path, content.encode())

    def _read(self) -> dict[str, int]:
        try:
            told = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(told, dict):
            return {}
        return {author: n for author, n in told.items() if isinstance(n, int) and n > 0}
