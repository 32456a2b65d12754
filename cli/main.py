"""`kairan`: exit code 0 for done, 1 for refused with a message, 2 for wrong usage."""

import argparse
import logging
import sqlite3
import sys
from importlib.metadata import version

from cli.machines import add_machine_commands
from node.refused import Refused, Subparsers
from sync.machine.process import loading
from sync.machine.settings import NotProvisioned

_LONG_LIVED = {"hub", "language", "node", "office", "sync", "web", "wifi"}
"""What waits for years loads no other command."""


def main() -> None:
    """Run the command that was typed."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    parser = argparse.ArgumentParser(
        prog="kairan", description="回覧: 回線がなくても使える、町の掲示板です。"
    )
    parser.add_argument("--version", action="version", version=version("kairan"))
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    refusals: tuple[type[Exception], ...] = (NotProvisioned, Refused)
    add_machine_commands(commands)
    if not _LONG_LIVED & set(sys.argv[1:2]):
        with loading():
            refusals += _add_others(commands)
    told = parser.parse_args()
    try:
        told.does(told)
    except refusals as refused:
        print(refused, file=sys.stderr)
        sys.exit(1)
    except sqlite3.DatabaseError as wrong:
        print(f"台帳を読み書きできません: {wrong}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as wrong:
        print(f"読み書きできないものがあります: {wrong}", file=sys.stderr)
        sys.exit(1)


def _add_others(commands: Subparsers) -> tuple[type[Exception], ...]:
    """What is over as soon as it is done; and what it may refuse with."""
    from cli.village import add_village_command
    from hub import commands as hub_commands
    from node import commands as node_commands
    from node.doctor import command as doctor
    from provisioning import backup_commands, image_commands, seed_commands
    from provisioning import commands as provisioning_commands
    from provisioning.disk import first_boot, write_command

    add_village_command(commands)
    node_commands.add_commands(commands)
    hub_commands.add_commands(commands)
    doctor.add_command(commands)
    provisioning_commands.add_commands(commands)
    image_commands.add_commands(commands)
    backup_commands.add_commands(commands)
    seed_commands.add_commands(commands)
    write_command.add_commands(commands)
    first_boot.add_command(commands)
    return (
        *node_commands.refusals,
        *provisioning_commands.refusals,
        *backup_commands.refusals,
        *seed_commands.refusals,
    )


if __name__ == "__main__":
    main()
