"""`kairan`: exit code 0 for done, 1 for refused with a message, 2 for wrong usage."""

import argparse
import logging
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module

from node.refused import Refused, Subparsers
from sync.machine.process import loading
from sync.machine.settings import NotProvisioned

COMMANDS: Mapping[str, frozenset[str]] = {
    "cli.machines": frozenset(
        {"hub", "kiosk", "language", "node", "office", "status", "sync", "web", "wifi"}
    ),
    "cli.guarding": frozenset({"update"}),
    "cli.releasing": frozenset({"release"}),
    "cli.trying": frozenset({"try"}),
    "cli.village": frozenset({"village"}),
    "node.commands": frozenset(
        {
            *("board", "carrier", "confirm", "export", "feed", "import", "people", "people-code"),
            *("rebuild", "subscribe", "subscriptions", "unsubscribe"),
        }
    ),
    "hub.commands": frozenset({"hub-key"}),
    "node.closing": frozenset({"seal"}),
    "node.doctor.command": frozenset({"doctor"}),
    "provisioning.commands": frozenset({"authority"}),
    "provisioning.image_commands": frozenset({"provision"}),
    "provisioning.backup_commands": frozenset({"backup", "restore"}),
    "provisioning.seed_commands": frozenset({"provision"}),
    "provisioning.machine_commands": frozenset({"provision"}),
    "provisioning.update_commands": frozenset({"provision"}),
    "provisioning.disk.write_command": frozenset({"provision"}),
    "provisioning.disk.renew_command": frozenset({"provision"}),
    "provisioning.disk.first_boot": frozenset({"first-boot"}),
}
"""What brings which command; no other is loaded for it."""


def main() -> None:
    """Run the command that was typed."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    parser = argparse.ArgumentParser(
        prog="kairan", description="回覧: 回線がなくても使える、町の掲示板です。"
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="版を表示します。")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    refusals: tuple[type[Exception], ...] = (NotProvisioned, Refused)
    with loading():
        for more in _add_commands(commands, sys.argv[1:]):
            refusals += more
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


class _Version(argparse.Action):
    """Print which it is: what tells is large, and nobody else here asks it."""

    def __call__(self, *_: object) -> None:
        from importlib.metadata import version

        print(version("kairan"))
        sys.exit(0)


def _add_commands(
    commands: Subparsers, typed: Sequence[str]
) -> Iterator[tuple[type[Exception], ...]]:
    """Put them there; what each may refuse with.

    Only what brings the command that was typed, or all: to list them, or to say that there is none.
    """
    bringing = [name for name, brought in COMMANDS.items() if brought & set(typed[:1])]
    for name in bringing or COMMANDS:
        module = import_module(name)
        module.add_commands(commands)
        yield getattr(module, "refusals", ())


if __name__ == "__main__":
    main()
