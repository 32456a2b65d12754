"""`kairan provision renew`: a newer image onto a machine's disk, whose machine goes on as it is."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from node.refused import Subparsers
from provisioning.disk.description import Description
from provisioning.disk.devices import find, in_words
from provisioning.disk.renewing import Renewal, carry_out_renewal, is_renewed, plan_renewal
from provisioning.disk.write_command import ask, roomy, through
from provisioning.programs import check_programs
from provisioning.seed_commands import provision_acts


def add_commands(commands: Subparsers) -> None:
    """Put `renew` beside what else `provision` does."""
    acts = provision_acts(commands)
    help_ = "動いていた機械のディスクを、新しいイメージにします（掲示板の中身は、そのままです）。"
    renew = acts.add_parser("renew", help=help_, description=help_)
    renew.add_argument("image", metavar="IMAGE", type=Path, help="新しいイメージ")
    renew.add_argument("disk", metavar="DISK", type=Path, help="機械のディスク")
    renew.add_argument("--dry-run", action="store_true", help="することを言うだけで、書かない")
    renew.set_defaults(does=_renew)


def _renew(told: argparse.Namespace) -> None:
    check_programs("mcopy", "mtype", "sfdisk")
    with TemporaryDirectory(dir=roomy()) as folder:
        renewal = plan_renewal(told.image, find(told.disk), Path(folder))
        if is_renewed(renewal):
            print(f"{renewal.disk.path} は、もう、そのイメージです。何もしません。")
            return
        print(_in_words(renewal))
        if told.dry_run:
            print("まだ何も書いていません。")
            return
        ask(renewal.disk.path, "を新しいイメージにする")
        carry_out_renewal(renewal, through)
    print(f"{renewal.disk.path} を新しいイメージにし、読み直して確かめました。取り外してよいです。")


def _in_words(renewal: Renewal) -> str:
    return "\n".join(
        [
            in_words(renewal.disk),
            f"  いま: {_of(renewal.before)}",
            f"  これから: {_of(renewal.description)}"
            f"（{renewal.bytes_to_write / 1e6:,.0f} MB を書きます）",
            "  掲示板の中身、鍵、設定、入れた版は、そのままです。",
        ]
    )


def _of(description: Description) -> str:
    made = datetime.fromtimestamp(description.made, UTC)
    return f"Kairan {description.version}、{made:%Y-%m-%d} のパッケージ"
