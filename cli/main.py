"""`kairan`: exit code 0 for done, 1 for refused with a message, 2 for wrong usage."""

import argparse
import logging
import sqlite3
import sys
from importlib.metadata import version

from cli.machines import add_machine_commands
from cli.village import add_village_command
from node import commands as node_commands
from provisioning import commands as provisioning_commands
from sync.machine.settings import NotProvisioned


def main() -> None:
    """Run the command that was typed."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    parser = argparse.ArgumentParser(
        prog="kairan", description="回覧: 回線がなくても使える、町の掲示板です。"
    )
    parser.add_argument("--version", action="version", version=version("kairan"))
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    add_village_command(commands)
    add_machine_commands(commands)
    node_commands.add_commands(commands)
    provisioning_commands.add_commands(commands)
    told = parser.parse_args()
    try:
        told.does(told)
    except (
        NotProvisioned,
        *node_commands.refusals,
        *provisioning_commands.refusals,
    ) as refused:
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


if __name__ == "__main__":
    main()
