"""The versions that a machine has beside the one in its image, and which of them it runs.

    DIGEST.kairan-release   a version, one file of squashfs; nobody writes to it any more
    chosen                  a symbolic link to the one that is started; absent: that of the image
    on-trial                a symbolic link to the one that is tried on a copy just now
    held-back               while it is there, no ledger is brought into a new form
    state.json              what was decided; written whole

Only the guardian writes here, and as somebody else than those who serve. What is true follows from
`state.json`; `settle` makes the links say so, so whatever a power cut left is mended by the next
look.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from sync.machine.files import HALF, read_bounded, sync_folder, write_whole
from sync.machine.form import HELD_BACK
from sync.machine.version_files import ENDING
from sync.release import Release

CHOSEN = "chosen"
ON_TRIAL = "on-trial"
STATE_FILE = "state.json"
_STATE_BYTES_MAX = 64 << 10
_CHUNK_BYTES = 1 << 20


class Outcome(StrEnum):
    """What became of the word that was followed last."""

    STANDS = "stands"
    UNHEALTHY = "unhealthy"  # on the copy
    WENT_BACK = "went back"  # it was in the place of the other, and didn't stay well
    NO_PERMIT = "no permit"  # it is older than what runs
    OTHER_BASE = "other base"  # it is for another system
    OLDER_LEDGER = "older ledger"  # it can't read what the one that runs has written
    DAMAGED = "damaged"  # its file isn't the one that was signed; another may come
    NO_ROOM = "no room"


class Stage(StrEnum):
    """How far a trial is."""

    ON_A_COPY = "on a copy"
    IN_PLACE = "in place"
    GOING_BACK = "going back"  # what it replaced is being started again


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One that runs, ran, or is to."""

    number: int
    version: str
    digest: str  # hex
    ledger: int  # the form that it gives to a ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is being tried."""

    version: Version
    counter: int
    stage: Stage
    starts: int  # of this stage, this one counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """What became of a word."""

    number: int
    version: str
    outcome: Outcome
    at: str  # RFC 3339
    clock: str  # how good


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that was decided here."""

    authorities: tuple[
        str, ...
    ] = ()  # hex, by place: whom this machine believes, from its first day
    counter: int = 0  # of the newest word that was followed, or refused
    standing: Version | None = None  # None: that of the image
    before: Version | None = None
    trial: Trial | None = None
    last: Last | None = None


class Shelf:
    """That of one machine."""

    def __init__(self, folder: Path) -> None:
        """Reads nothing yet."""
        self.folder = folder

    def read(self) -> State:
        """What was decided; nothing yet where there is no such file. Raises OSError, ValueError."""
        try:
            content = read_bounded(self.folder / STATE_FILE, _STATE_BYTES_MAX)
        except FileNotFoundError:
            return State()
        try:
            return _state(json.loads(content or b""))
        except (KeyError, TypeError) as wrong:
            raise ValueError(f"{self.folder / STATE_FILE} says nothing") from wrong

    def write(self, state: State) -> None:
        """Durable when this returns."""
        content = json.dumps(asdict(state), ensure_ascii=False, indent=1)
        write_whole(self.folder / STATE_FILE, content.encode())

    def file(self, digest: str) -> Path:
        """Where a version lies, or would."""
        return self.folder / f"{digest}{ENDING}"

    def settle(self, state: State) -> None:
        """Make the folder say what is true."""
        trial = state.trial
        in_place = trial is not None and trial.stage is Stage.IN_PLACE
        held = self.folder / HELD_BACK
        if in_place and not held.exists():  # before what is on trial may be started
            write_whole(held, b"")
        chosen = trial.version if trial and in_place else state.standing
        self._point(CHOSEN, chosen)
        copied = trial.version if trial and trial.stage is Stage.ON_A_COPY else None
        self._point(ON_TRIAL, copied)
        if not in_place and held.exists():
            held.unlink()
            sync_folder(self.folder)
        wanted = {each.digest for each in _versions(state)}
        for path in self.folder.iterdir():
            half = path.name.endswith(HALF) or path.name.startswith(f".{STATE_FILE}.")
            if half or (
                path.name.endswith(ENDING) and path.name.removesuffix(ENDING) not in wanted
            ):
                path.unlink()

    def take(self, source: Path, release: Release) -> bool:
        """Copy a version here; whether it is the one that was signed. Raises OSError.

        It is read once, and what was read is what was looked at.
        """
        path = self.file(release.digest.hex())
        half = path.with_name(path.name + HALF)
        digest, size = sha256(), 0
        descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as read, half.open("wb") as written:
            for chunk in _chunks(read, release.size + 1):
                size += len(chunk)
                digest.update(chunk)
                written.write(chunk)
            written.flush()
            os.fsync(written.fileno())
        if size != release.size or digest.digest() != release.digest:
            half.unlink()
            return False
        half.chmod(0o444)
        half.replace(path)
        sync_folder(self.folder)
        return True

    def _point(self, name: str, to: Version | None) -> None:
        link = self.folder / name
        target = self.file(to.digest).name if to else None
        there = str(link.readlink()) if link.is_symlink() else None
        if there == target:
            return
        if target is None:
            link.unlink()
        else:
            new = self.folder / f".{name}{HALF}"
            new.unlink(missing_ok=True)
            new.symlink_to(target)
            new.replace(link)
        sync_folder(self.folder)


def read_state(folder: Path) -> State | None:
    """For whoever tells of it; None where there is no shelf, or nothing was ever decided."""
    with suppress(OSError, ValueError):
        if (folder / STATE_FILE).exists():
            return Shelf(folder).read()
    return None


def _versions(state: State) -> Iterator[Version]:
    for each in (state.standing, state.before, state.trial.version if state.trial else None):
        if each is not None:
            yield each


def _chunks(file: BinaryIO, bytes_max: int) -> Iterator[bytes]:
    while bytes_max and (chunk := file.read(min(_CHUNK_BYTES, bytes_max))):
        bytes_max -= len(chunk)
        yield chunk


def _state(told: Any) -> State:
    state = State(authorities=tuple(map(str, told["authorities"])), counter=int(told["counter"]))
    trial, last = told["trial"], told["last"]
    return replace(
        state,
        standing=_version(told["standing"]),
        before=_version(told["before"]),
        trial=Trial(
            version=Version(**trial["version"]),
            counter=int(trial["counter"]),
            stage=Stage(trial["stage"]),
            starts=int(trial["starts"]),
        )
        if trial
        else None,
        last=Last(**{**last, "outcome": Outcome(last["outcome"])}) if last else None,
    )


def _version(told: Any) -> Version | None:
    return Version(**told) if told else None
