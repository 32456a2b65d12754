"""The form of a ledger's file, by a number in the file, and how one form becomes the next.

A form is only ever brought forward, one step at a time, each in one transaction; the file says
which it has. Software reads and writes the form before its own too, so that a version that is
still on trial leaves the file as it found it: what it replaces can go on with it. A file of a later
form than the software knows is left alone.

Whoever tries versions here (node/updating/) says where by an environment variable, and holds forms
back by a file there.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from sync.machine.database import Database
from sync.machine.settings import NotProvisioned

RELEASES = "KAIRAN_RELEASES"
"""The folder with this machine's versions; not said where versions aren't tried."""

HELD_BACK = "held-back"
"""A file in it: while it is there, no form is brought forward."""

STEPS: Sequence[Sequence[str]] = ()
"""What brings form 1 to 2, 2 to 3, …: statements of SQL."""

FORM = 1 + len(STEPS)
"""The newest that this software knows."""


def bring_forward(database: Database) -> int:
    """The form that the file has when this returns. Raises NotProvisioned for a later one.

    A new file has been made in form 1 before.
    """
    form = form_of(database)
    if form > FORM:
        raise NotProvisioned(
            "この台帳は、もっと新しい版の Kairan が書いたものです。"
            "新しい版に戻すか、役場の係に知らせてください。"
        )
    if form == FORM or is_held_back():
        return form
    for number in range(form, FORM):
        with database.transaction() as connection:
            if form_of(database) == number:  # no other process was first
                for statement in STEPS[number - 1]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version={number + 1}")
    return FORM


def form_of(database: Database) -> int:
    """Of that file; one that says nothing has the first."""
    (number,) = database.connection.execute("PRAGMA user_version").fetchone()
    return max(1, int(number))


def is_held_back() -> bool:
    """Whether this software is on trial here."""
    releases = releases_folder()
    return releases is not None and (releases / HELD_BACK).exists()


def releases_folder() -> Path | None:
    """Where this machine's versions are."""
    told = os.environ.get(RELEASES)
    return Path(told) if told else None
