"""`kairan first-boot`: what a machine does once, before anything of it answers: it becomes who the
seed on its disk says.

Each step is on the disk before the next, and can be done again: the seed's files come into the
machine's folder, its settings last; a key is made, certified and the seed's key wiped there
(sync/machine/enrolling.py); then all of the partition is. Whenever the power goes, the next start
goes on with the same key, so one seed makes one machine.
"""

from pathlib import Path

from node.refused import Refused, Subparsers
from provisioning.disk.seed_partition import is_wiped, read_seed_partition, wipe
from sync.machine.enrolling import grow_up
from sync.machine.files import write_whole
from sync.machine.settings import SETTINGS_FILE, read_settings

DONE_FILE = "begun"
"""In the machine's folder: nothing is left of the seed, so there is nothing to do any more."""


def add_commands(commands: Subparsers) -> None:
    """Put it beside those of other packages."""
    help_ = "ディスクの準備ファイルから、この機械を始めます（はじめて起動したときに動きます）。"
    command = commands.add_parser("first-boot", help=help_, description=help_)
    command.add_argument("--data", metavar="DIR", type=Path, required=True)
    command.add_argument("--seed", metavar="DEVICE", type=Path, required=True)
    command.set_defaults(does=lambda told: begin(told.data, told.seed))


def begin(folder: Path, partition: Path) -> None:
    """Become that machine, unless it is one. Raises Refused; NotProvisioned, OSError."""
    if not is_wiped(partition):
        if not (folder / SETTINGS_FILE).exists():
            _bring(partition, folder)
        read_settings(folder)  # nothing is wiped of what nobody can be
        try:
            grow_up(folder)
        except ValueError as wrong:
            raise Refused(
                "準備ファイルの鍵に、町の証明がありません。作り直してください。"
            ) from wrong
        wipe(partition)
    elif not (folder / SETTINGS_FILE).exists():
        raise Refused(
            "このディスクには、準備ファイルがありません。kairan provision write で書いてください。"
        )
    write_whole(folder / DONE_FILE, b"")


def _bring(partition: Path, folder: Path) -> None:
    files = read_seed_partition(partition)
    if files is None:
        raise Refused(
            "ディスクの準備ファイルを読めません。kairan provision write で、書き直してください。"
        )
    settings = files.pop(SETTINGS_FILE)
    for name, content in files.items():
        write_whole(folder / name, content, mode=0o600)
    write_whole(folder / SETTINGS_FILE, settings, mode=0o600)  # with it all is there
