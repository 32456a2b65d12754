"""A hub opened: a ledger without views."""

from importlib.metadata import version
from pathlib import Path

from sync.machine.database import Database
from sync.machine.opening import open_identity, take_in_statements, with_ledger
from sync.machine.settings import NotProvisioned, Part, Settings, read_settings
from sync.machine.sqlite import SqliteLedger

SOFTWARE = version("kairan")


class Hub:
    """The mailbox of one town or many."""

    def __init__(self, settings: Settings, database: Database) -> None:
        """Over the ledger in that database. Raises NotProvisioned."""
        if settings.part is not Part.HUB:
            raise NotProvisioned(f"{settings.folder} はハブではありません。")
        self.settings = settings
        self.identity = open_identity(settings)
        self.database = database
        self.ledger = SqliteLedger(database, settings.authorities)
        take_in_statements(settings, self.ledger)


def open_hub(folder: Path) -> Hub:
    """The hub in that folder. Raises NotProvisioned."""
    settings = read_settings(folder)
    return with_ledger(settings.ledger_path, lambda database: Hub(settings, database))
