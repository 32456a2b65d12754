"""A hub opened: a ledger without views."""

from importlib.metadata import version
from pathlib import Path

from sync.machine import clock
from sync.machine.database import Database
from sync.machine.obeying import Obeying
from sync.machine.opening import open_identity, take_in_statements, with_ledger
from sync.machine.packing import Packing
from sync.machine.settings import NotProvisioned, Part, Settings, read_settings
from sync.machine.sqlite import SqliteLedger

SOFTWARE = version("kairan")

TIDY_SECONDS = 10.0
"""How long what was withdrawn may still lie in the log, where machines come by."""


class Hub:
    """The mailbox of one town or many."""

    def __init__(self, settings: Settings, database: Database) -> None:
        """Over the ledger in that database. Raises NotProvisioned."""
        if settings.part is not Part.HUB:
            raise NotProvisioned(f"{settings.folder} はハブではありません。")
        self.settings = settings
        self.identity = open_identity(settings)
        if self.identity.is_closed:  # it has nothing to show to anybody, and nothing to say
            raise NotProvisioned("このハブの鍵が開きません。kairan doctor がわけを言います。")
        self.database = database
        self.ledger = SqliteLedger(database, settings.authorities)
        take_in_statements(settings, self.ledger)
        self.packing = Packing(self.ledger, close=database.close)
        self._obeying = Obeying(
            self.ledger, self.identity, settings.towns, settings.folder, is_witness=True
        )
        self._tidied, self._tidy_at = -1, clock.running()

    def tidy(self) -> None:
        """Empty the log, in which could be read what an order withdrew, and say it was obeyed."""
        version = self.ledger.version()
        if clock.running() >= self._tidy_at and (
            version != self._tidied or self._obeying.is_late(clock.now())
        ):
            self._tidy_at = clock.running() + TIDY_SECONDS
            if self.database.empty_log() and self._obeying.say(version):
                self._tidied = version


def open_hub(folder: Path) -> Hub:
    """The hub in that folder. Raises NotProvisioned."""
    settings = read_settings(folder)
    return with_ledger(settings.ledger_path, lambda database: Hub(settings, database))
