"""Puts another version in the place of the one that runs, and the old one back if that isn't well.

A word of the town's authority says which. The version is first tried on a copy of what the machine
keeps, while the old one serves; then it takes the old one's place, with the ledger's form held
back, and is asked for the kiosk's page; only when it has stayed well does it stand, and may bring
the ledger forward. Each step is written down before it is done, and how often it was begun; so
after a power cut it is done again, and what never ends well is given up.

The guardian is part of the image: no version that it starts is ever in its own place.
"""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from node.updating.inbox import INBOX_FOLDER, waiting_file, wanted
from node.updating.shelf import Last, Outcome, Shelf, Stage, State, Trial, Version
from sync.machine import clock
from sync.machine.form import FORM
from sync.release import Release

BASE = "debian12-amd64-python3.11"
"""What versions for this image are made for."""

STARTS_MAX = 3
"""So often a stage is begun before it is given up: the power may have gone."""

ROOM_BYTES = 64 << 20
"""What must be left beside a version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What is done outside of the shelf."""

    try_on_a_copy: Callable[[Path], bool]  # that file; whether all went well
    start_anew: Callable[[bool], bool]
    """All that serves, as what is chosen now: whether only on trial, then whether it started."""

    stays_well: Callable[[], bool]  # whether the kiosk's page comes, and goes on coming


class Guardian:
    """Of one machine."""

    def __init__(
        self, data: Path, shelf: Path, *, town: str, authorities: tuple[bytes, ...], hands: Hands
    ) -> None:
        """`authorities`: as the machine's settings say; believed on the first day alone."""
        self._inbox = data / INBOX_FOLDER
        self._shelf = Shelf(shelf)
        self._town, self._authorities, self._hands = town, authorities, hands
        self._wrong: tuple[int, ...] = ()  # the file that wasn't what was signed

    def look(self) -> bool:
        """Follow the newest word, or go on where the power went; whether there was anything to do.

        Raises OSError, ValueError where the shelf can't be read or written.
        """
        state = self._shelf.read()
        if not state.authorities:
            state = replace(state, authorities=tuple(key.hex() for key in self._authorities))
            self._shelf.write(state)
        self._shelf.settle(state)
        if state.trial is None:
            begun = self._begin(state)
            if begun is None:
                return False
            state = begun
        while state.trial is not None:
            state = self._go_on(state, state.trial)
        return True

    def settle(self) -> None:
        """Before anything is started: a version that never let this machine come up is given up."""
        state = self._shelf.read()
        trial = state.trial
        if trial and trial.stage is Stage.IN_PLACE and trial.starts >= STARTS_MAX:
            # Nothing runs yet, so nothing is to be started again.
            state = _ended(state, trial, Outcome.WENT_BACK)
            self._shelf.write(state)
        self._shelf.settle(state)

    def _begin(self, state: State) -> State | None:
        """With a trial to go on with, or without one where the word is followed already."""
        believed = tuple(map(bytes.fromhex, state.authorities))
        release = wanted(self._inbox, town=self._town, authorities=believed)
        if release is None or release.counter <= state.counter:
            return None
        version = _version_of(release)
        if state.standing and state.standing.digest == version.digest:
            return self._written(replace(state, counter=release.counter))
        if (why := _refusal(release, state)) is not None:
            state = replace(state, counter=release.counter, last=_last(version, why))
            return self._written(state)
        file = self._shelf.file(version.digest)
        if not file.exists() and (why := self._bring(release)) is not None:
            self._note(state, _last(version, why))
        if not file.exists():
            return None  # it isn't here yet, or isn't the right one
        trial = Trial(version=version, counter=release.counter, stage=Stage.ON_A_COPY, starts=0)
        return self._written(replace(state, trial=trial))

    def _bring(self, release: Release) -> Outcome | None:
        """Its file, onto the shelf, if it is here; why it can't."""
        source = waiting_file(self._inbox, release)
        try:
            which = source.lstat()
        except FileNotFoundError:
            return None
        this = (which.st_ino, which.st_size, which.st_mtime_ns)
        if this == self._wrong or not stat.S_ISREG(which.st_mode):
            return Outcome.DAMAGED
        found = os.statvfs(self._shelf.folder)
        if found.f_bavail * found.f_frsize < release.size + ROOM_BYTES:
            return Outcome.NO_ROOM
        if self._shelf.take(source, release):
            return None
        self._wrong = this
        return Outcome.DAMAGED

    def _go_on(self, state: State, trial: Trial) -> State:
        if trial.starts >= STARTS_MAX and trial.stage is Stage.ON_A_COPY:
            return self._end(state, trial, Outcome.UNHEALTHY)
        if trial.starts >= STARTS_MAX and trial.stage is Stage.IN_PLACE:
            return self._at(state, trial, Stage.GOING_BACK)
        trial = replace(trial, starts=trial.starts + 1)
        state = self._written(replace(state, trial=trial))
        match trial.stage:
            case Stage.ON_A_COPY:
                if not self._hands.try_on_a_copy(self._shelf.file(trial.version.digest)):
                    return self._end(state, trial, Outcome.UNHEALTHY)
                return self._at(state, trial, Stage.IN_PLACE)
            case Stage.IN_PLACE:
                if not (self._hands.start_anew(True) and self._hands.stays_well()):
                    return self._at(state, trial, Stage.GOING_BACK)
                older = state.standing.ledger if state.standing else FORM
                state = self._end(state, trial, Outcome.STANDS)
                if trial.version.ledger > older:
                    self._hands.start_anew(False)  # now it may bring the ledger forward
                return state
            case Stage.GOING_BACK:
                if not self._hands.start_anew(False):
                    raise OSError("what ran before could not be started anew")
                return self._end(state, trial, Outcome.WENT_BACK)

    def _at(self, state: State, trial: Trial, stage: Stage) -> State:
        return self._written(replace(state, trial=replace(trial, stage=stage, starts=0)))

    def _end(self, state: State, trial: Trial, outcome: Outcome) -> State:
        return self._written(_ended(state, trial, outcome))

    def _written(self, state: State) -> State:
        self._shelf.write(state)
        self._shelf.settle(state)
        return state

    def _note(self, state: State, last: Last) -> None:
        """Once, and not at every look."""
        was = state.last
        if was is None or (was.number, was.outcome) != (last.number, last.outcome):
            self._shelf.write(replace(state, last=last))


def _ended(state: State, trial: Trial, outcome: Outcome) -> State:
    ended = replace(state, counter=trial.counter, trial=None, last=_last(trial.version, outcome))
    if outcome is Outcome.STANDS:
        return replace(ended, standing=trial.version, before=state.standing)
    return ended


def _refusal(release: Release, state: State) -> Outcome | None:
    """Why a word isn't followed, whatever file comes."""
    if release.base != BASE:
        return Outcome.OTHER_BASE
    standing = state.standing
    if standing is None:
        return Outcome.OLDER_LEDGER if release.ledger < FORM else None
    if release.number < standing.number and release.back_from < standing.number:
        return Outcome.NO_PERMIT
    return Outcome.OLDER_LEDGER if release.ledger < standing.ledger else None


def _version_of(release: Release) -> Version:
    return Version(
        number=release.number,
        version=release.version,
        digest=release.digest.hex(),
        ledger=release.ledger,
    )


def _last(version: Version, outcome: Outcome) -> Last:
    now = clock.now()
    return Last(
        number=version.number,
        version=version.version,
        outcome=outcome,
        at=now.at.isoformat(timespec="seconds"),
        clock=now.quality.name.lower(),
    )
