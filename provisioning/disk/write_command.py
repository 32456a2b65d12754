"""`kairan provision write`: an image and a seed onto the disk of one machine.

It is looked, said what is to be done, and done once the disk's name was typed.
"""

import argparse
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from node.refused import Refused, Subparsers
from provisioning.disk.console import NAME, make_word
from provisioning.disk.devices import disks_here, find, in_gigabytes, in_words, why_not
from provisioning.disk.layout import DATA
from provisioning.disk.planning import Plan, is_done, plan
from provisioning.disk.progress import Progress
from provisioning.disk.writing import carry_out
from provisioning.programs import check_programs
from provisioning.seed_commands import provision_acts
from sync.machine.settings import read_settings


def add_commands(commands: Subparsers) -> None:
    """Put `write` beside what else `provision` does."""
    acts = provision_acts(commands)
    help_ = "1台の機械のディスクに、イメージと準備ファイルを書きます。"
    write = acts.add_parser("write", help=help_, description=help_)
    write.add_argument("image", metavar="IMAGE", type=Path, nargs="?", help="機械のイメージ")
    write.add_argument(
        "disk", metavar="DISK", type=Path, nargs="?", help="書くディスク（なければ一覧）"
    )
    write.add_argument("--seed", metavar="DIR", type=Path, help="準備ファイルのフォルダー")
    write.add_argument("--dry-run", action="store_true", help="することを言うだけで、書かない")
    write.set_defaults(does=_write)


def _write(told: argparse.Namespace) -> None:
    if told.disk is None:
        _list()
        return
    if told.seed is None:
        raise Refused(
            "--seed で、準備ファイルのフォルダーを教えてください（kairan provision node）。"
        )
    check_programs("mcopy", "mkfs.vfat", "sfdisk")
    with TemporaryDirectory(dir=roomy()) as folder:
        planned = plan(told.image, find(told.disk), told.seed, Path(folder))
        if is_done(planned):
            print(f"{planned.disk.path} には、もう、そのとおりに書いてあります。何もしません。")
            return
        print(_in_words(planned))
        if told.dry_run:
            print("まだ何も書いていません。")
            return
        ask(planned.disk.path, "の中身をすべて消して書く")
        word = make_word()
        carry_out(planned, through, word=word)
    name = read_settings(told.seed).name
    print(
        f"{planned.disk.path} に、{name}の機械を書き、読み直して確かめました。取り外してよいです。"
    )
    print(f"{told.seed} は使いました。この1台にだけ入れてください。")
    print(f"この機械のキーボードで命令を打つとき: 名前は {NAME}、合言葉は {word} です。")
    print("合言葉は、ここにしか出ません。書きとめて、町の鍵と一緒にしまってください。")


def _list() -> None:
    found = [disk for disk in disks_here() if disk.removable and not disk.of_the_system]
    if not found:
        print("取り外せるディスクは、つながっていません。")
        return
    print("取り外せるディスク")
    for disk in found:
        reason = why_not(disk)
        print(f"  {in_words(disk)}" + (f"  （{reason}）" if reason else ""))


def _in_words(planned: Plan) -> str:
    disk, description = planned.disk, planned.description
    name = read_settings(planned.seed).name
    made = datetime.fromtimestamp(description.made, UTC)
    lines = [
        in_words(disk),
        *([f"  {planned.before}"] if planned.before else []),
        "  1. いまの区切りを消し、書きかけの印をつけます。中身はすべて消えます。",
        f"  2. {name}の準備ファイルと、Kairan {description.version} のイメージ"
        f"（{made:%Y-%m-%d} のパッケージ）を書きます（{planned.bytes_to_write / 1e6:,.0f} MB）。",
        f"  3. 記録の場所を作ります（{in_gigabytes(planned.table[DATA].size)}）。",
        "  4. 読み直して確かめ、印を外します。",
    ]
    return "\n".join(lines)


def ask(disk: Path, what: str) -> None:
    """Whether it is that disk that is meant. Raises Refused."""
    name = disk.name
    try:
        typed = input(f"{disk} {what}なら、{name} と打ってください: ")
    except EOFError:
        typed = ""
    if typed.strip() != name:
        raise Refused("名前が違います。何も書いていません。")


def through(what: str, total: int, counts: Iterable[int]) -> Iterator[int]:
    """Show how far it is."""
    progress = Progress(what, total)
    yield from progress.through(counts)
    progress.end()


def roomy() -> Path:
    """Where some hundred MB may lie for a moment, which memory isn't for."""
    return Path("/var/tmp")  # noqa: S108  # in a folder of its own
