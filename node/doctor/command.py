"""`kairan doctor`: what is wrong with a machine, and what to do. 0: nothing that can't wait."""

import argparse
import json
import os
import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path

from node.doctor import folder, running
from node.doctor.finding import Finding, Grave, in_words
from node.doctor.known import known
from node.node import SOFTWARE, open_node
from node.refused import Subparsers
from node.status import status
from sync.machine import clock
from sync.machine.settings import NotProvisioned, Part, read_settings


def add_commands(commands: Subparsers) -> None:
    """Put `doctor` beside the commands of other packages."""
    help_ = "機械の悪いところを調べ、どうすればよいかを言います（何も変えません）。"
    parser = commands.add_parser("doctor", help=help_, description=help_)
    parser.add_argument("--data", metavar="DIR", type=Path, required=True, help="機械のフォルダー")
    parser.add_argument(
        "--port",
        metavar="N",
        type=int,
        default=os.environ.get("KAIRAN_PORT"),
        help="この機械の画面のポート（既定: KAIRAN_PORT）",
    )
    parser.add_argument("--json", action="store_true", help="プログラム向けの形で")
    parser.set_defaults(does=_examine)


def examine(path: Path, port: int | None) -> list[Finding]:
    """All that is wrong with the machine in that folder, the same thing once."""
    found = list(folder.look(path, SOFTWARE))
    stopped = bool(folder.STOPPERS & {each.name for each in found})
    if not stopped and read_settings(path).part is not Part.HUB:
        found += _opened(path, port)
    return list({(each.name, each.said): each for each in found}.values())


def _opened(path: Path, port: int | None) -> Iterable[Finding]:
    try:
        node = open_node(path)
        try:
            moment = clock.now()
            yield from known(status(node, moment), moment)
            for found in running.look(node.settings, node.identity.public, port):
                # Where the key lies closed, who would exchange reads sticks and hears nobody.
                if found.name != "sync" or not node.identity.is_closed:
                    yield found
        finally:
            node.database.close()
    except (NotProvisioned, sqlite3.Error, OSError) as wrong:
        yield Finding(
            name="unreadable",
            grave=Grave.NOW,
            said=(f"この機械の記録を開けません（{wrong}）。",),
            todo="この機械を動かしている利用者（ふつうは kairan）で打っても同じなら、"
            "控えから戻してください（kairan restore）。",
        )


def _examine(told: argparse.Namespace) -> None:
    found = examine(told.data, told.port)
    if told.json:
        json.dump([each.as_json() for each in found], sys.stdout, ensure_ascii=False, indent=1)
        print()
    else:
        print(in_words(_name(told.data), found))
    if any(each.grave is Grave.NOW for each in found):
        sys.exit(1)


def _name(path: Path) -> str:
    try:
        return read_settings(path).name
    except NotProvisioned:
        return str(path)
