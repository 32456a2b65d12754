"""`kairan seal`: a machine's keys are closed to its TPM, and opened for it, before it starts.

Where there is a TPM and no seal yet, one is made: it lies closed on the disk, and was opened again
by that TPM, before anything is closed to it. What lay open is destroyed once it lies closed.
Whenever the power goes, the next start finds each key open or closed, and goes on.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event

from node.reading_files import READING_FOLDER, Closed, Secrets
from node.refused import Refused, Subparsers
from sync.machine.files import read_from_disk, write_whole
from sync.machine.keys import content_key
from sync.machine.own_keys import CLOSED, close_key
from sync.machine.seal import SEAL_BYTES, SEAL_FILE, closed_seal, place_of
from sync.machine.settings import FEED_KEY_FILE, KEY_FILE
from sync.machine.tpm import DEVICE, CannotAsk, Tpm

WAIT_SECONDS_MAX = 20.0
"""For a TPM that was there before, or that the machine speaks of."""

TRIES = 3
TRY_SECONDS = 2.0


def add_commands(commands: Subparsers) -> None:
    """Put it beside those of other packages."""
    help_ = "機械の鍵を、この機械の TPM に閉じ、動かすあいだだけ開きます（起動のたびに動きます）。"
    command = commands.add_parser("seal", help=help_, description=help_)
    command.add_argument("--data", metavar="DIR", type=Path, required=True)
    command.add_argument("--tpm", metavar="DEVICE", default=DEVICE)
    command.set_defaults(does=_seal)


def _seal(told: argparse.Namespace) -> None:
    seal(told.data, Tpm(told.tpm))


def seal(folder: Path, tpm: Tpm) -> None:
    """Open what closes the keys in that folder, and close what lies open. Raises Refused, OSError.

    Does nothing where there is no TPM, and never was.
    """
    closed = closed_seal(folder)
    if closed is not None and not any(_closed(folder)):  # there nothing can be lost
        closed = None
    if closed is not None:
        _lay_out(closed, _opened(closed, tpm))
    elif tpm.is_spoken_of:
        _make(folder, tpm)
    else:
        return
    close_keys(folder)


def close_keys(folder: Path) -> None:
    """Whatever lies open there, where there is a seal. Raises Refused, OSError."""
    try:
        for name in (KEY_FILE, FEED_KEY_FILE):
            close_key(folder, name)
        Secrets(folder).close()
    except (Closed, ValueError) as wrong:
        raise Refused(f"鍵を閉じられません。開いたまま使います（{wrong}）。") from wrong


def _closed(folder: Path) -> Iterator[Path]:
    """What was closed to a seal there."""
    yield from folder.glob(f"*{CLOSED}")
    yield from folder.glob(f"{READING_FOLDER}/*{CLOSED}")


def _opened(closed: bytes, tpm: Tpm) -> bytes:
    """Asked more than once: nobody is there to start the machine again."""
    if not tpm.is_there(within_seconds=WAIT_SECONDS_MAX):
        raise Refused(
            "この機械の鍵が開きません。鍵を閉じた TPM が見つかりません。"
            "掲示板を見せることだけをします。kairan doctor が、していただくことを言います。"
        )
    for left in reversed(range(TRIES)):
        try:
            secret = tpm.open(closed)
            tpm.let_power_go()
            return secret
        except CannotAsk as wrong:
            tpm.forget_guesses()
            if not left:
                raise Refused(
                    f"この機械の鍵が開きません。この機械の TPM では開きません（{wrong}）。"
                    "掲示板を見せることだけをします。kairan doctor が、していただくことを言います。"
                ) from wrong
            Event().wait(TRY_SECONDS)
    raise AssertionError


def _make(folder: Path, tpm: Tpm) -> None:
    """A seal, closed to that TPM, and on the disk once it was opened again."""
    secret = content_key()
    assert len(secret) == SEAL_BYTES
    try:
        if not tpm.is_there(within_seconds=WAIT_SECONDS_MAX):
            raise CannotAsk("nothing answers")
        tpm.forget_guesses()  # whoever had the machine before us may have left some
        closed = tpm.close(secret)
        if tpm.open(closed) != secret:
            raise CannotAsk("it opens to something else")
        tpm.let_power_go()
    except CannotAsk as wrong:
        raise Refused(
            f"この機械には TPM がありますが、使えません（{wrong}）。鍵は、閉じずに使います。"
        ) from wrong
    _lay_out(closed, secret)
    write_whole(folder / SEAL_FILE, closed, mode=0o600)
    if read_from_disk(folder / SEAL_FILE, len(closed)) != closed:
        raise Refused("鍵を閉じるものが、書いたとおりに読めません。鍵は、閉じずに使います。")
    print("この機械の鍵を、TPM に閉じます。", file=sys.stderr)


def _lay_out(closed: bytes, secret: bytes) -> None:
    """In memory, for the machine's own user, until the machine is switched off."""
    place = place_of(closed)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(place, secret, mode=0o600)
