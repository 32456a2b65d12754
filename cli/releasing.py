"""`kairan release`: a version's file is put into a machine's folder, for others to fetch by line.

It is for hubs, and for offices whose town's keys are kept elsewhere; a word of the town's that the
machine has heard already must name the file.
"""

import argparse
from pathlib import Path

from node.refused import Refused, Subparsers


def add_commands(commands: Subparsers) -> None:
    """Put it beside those of other packages."""
    help_ = "版のファイルを、ハブや役場の機械に置きます。ほかの機械が、回線で受け取れます。"
    command = commands.add_parser("release", help=help_, description=help_)
    command.add_argument("file", metavar="FILE", type=Path, help="版のファイル")
    command.add_argument(
        "--data", metavar="DIR", type=Path, required=True, help="その機械のフォルダー"
    )
    command.set_defaults(does=_release)


def _release(told: argparse.Namespace) -> None:
    """Raises Refused, NotProvisioned, OSError."""
    from hub.hub import open_hub
    from node.node import open_node
    from sync.machine.settings import Part, read_settings
    from sync.machine.version_files import NotNamed, current, put_for_others

    settings = read_settings(told.data)
    opened = open_hub(told.data) if settings.part is Part.HUB else open_node(told.data)
    named = current(opened.ledger.trust(), settings.towns)
    try:
        release = put_for_others(told.data, told.file, named)
    except NotNamed as wrong:
        raise Refused(
            f"{told.file} を入れることに決めた町を、{settings.name} はまだ知りません。"
            "kairan provision update で決めて、この機械に届いてから、もう一度打ってください。"
        ) from wrong
    finally:
        opened.database.close()
    print(f"{release.version}（{release.number}番）のファイルを置きました。")
    print("入れることに決めた機械は、つながりしだい、ここから受け取ります。")
