"""`kairan provision node|batch|check`: at the desk, the seed folders of nodes to be.

With `--dry-run` it is said what would be made. What is there is never written over.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from node.people_commands import first_code_in_words
from node.refused import Refused, Subparsers
from provisioning.acts import add_key_file, add_seed
from provisioning.authority import Authority, NoAuthority, open_authority
from provisioning.seed_check import wrong_with
from provisioning.seeds import (
    COLUMNS,
    Seed,
    Wanted,
    WrongLines,
    already_there,
    check,
    finish,
    make_seeds,
    read_list,
)
from provisioning.signer import signer
from sync.machine.settings import read_address, read_settings

_PROVISION = "provision"


def provision_acts(commands: Subparsers) -> Subparsers:
    """The acts of `kairan provision`, begun by whoever has the first."""
    begun: Subparsers | None = (
        commands.choices[_PROVISION].get_default("acts")
        if (_PROVISION in commands.choices)
        else None
    )
    if begun is not None:
        return begun
    help_ = "新しい機械に入れるものを作ります。"
    parser = commands.add_parser(_PROVISION, help=help_, description=help_)
    acts: Subparsers = parser.add_subparsers(metavar="WHAT", required=True)
    parser.set_defaults(acts=acts)
    return acts


def add_commands(commands: Subparsers) -> None:
    """Put them beside those of other packages."""
    acts = provision_acts(commands)
    node = making(acts, "node", _node, "1台の準備ファイルを作ります。")
    add_seed(node)
    node.add_argument("--name", metavar="NAME", required=True, help="機械の名前")
    node.add_argument("--peer", metavar="URL", type=read_address, action="append", default=[])
    node.add_argument(
        "--same-name", action="store_true", help="同じ名前の機械の代わりにする（入れかえ）"
    )
    batch = making(acts, "batch", _batch, "一覧（CSV）にある機械の準備ファイルを、全部作ります。")
    add_seed(batch)
    batch.add_argument("list", metavar="FILE", type=Path, help=f"見出し: {'、'.join(COLUMNS)}")
    help_ = "準備ファイルが正しいかを確かめます（何も変えません）。"
    checking = acts.add_parser("check", help=help_, description=help_)
    checking.add_argument("folders", metavar="DIR", type=Path, nargs="+")
    checking.set_defaults(does=_check)


refusals = (NoAuthority, WrongLines)


def making(acts: Subparsers, name: str, does: object, help_: str) -> argparse.ArgumentParser:
    """A command that makes machines with the town's keys, whichever they are."""
    parser = acts.add_parser(name, help=help_, description=help_)
    parser.add_argument(
        "--authority", metavar="DIR", type=Path, required=True, help="町の鍵のフォルダー"
    )
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="新しいフォルダー")
    add_key_file(parser)
    parser.add_argument("--dry-run", action="store_true", help="作るものを言うだけで、作らない")
    parser.add_argument(
        "--passphrase-fd", metavar="N", type=int, help="合言葉を1行に1つ、このファイル番号から読む"
    )
    parser.set_defaults(does=does)
    return parser


def _node(told: argparse.Namespace) -> None:
    desk = _desk(told)
    pins, peers = tuple(told.hub_pin), tuple(told.peer)
    wanted = [Wanted(line=1, name=told.name, hub=told.hub, hub_pins=pins, peers=peers)]
    problems = [*check(wanted), *([] if told.same_name else already_there(desk, wanted))]
    if problems:
        raise Refused(problems[0].why)
    _make(told, desk, wanted)


def _batch(told: argparse.Namespace) -> None:
    desk = _desk(told)
    wanted = read_list(told.list, hub=told.hub, hub_pins=tuple(told.hub_pin))
    if problems := already_there(desk, wanted):
        raise WrongLines(problems)
    _make(told, desk, wanted)


def _desk(told: argparse.Namespace) -> Authority:
    """Raises Refused where something was left half-way: it was finished, and nothing else done."""
    desk = open_authority(told.authority)
    if not told.dry_run and (seeds := finish(desk, told.out)):
        _tell(told, seeds)
        raise Refused(
            f"前に途中で止まっていた {told.out} を仕上げました。"
            "いま頼まれた分は作っていません。確かめてから、もう一度お試しください。"
        )
    return desk


def _make(told: argparse.Namespace, desk: Authority, wanted: Sequence[Wanted]) -> None:
    if told.out.exists():
        raise Refused(f"{told.out} はもうあります。新しいフォルダーの名前にしてください。")
    if told.dry_run:
        print(f"{told.out} に、{len(wanted)}台の準備ファイルを作ります（まだ作っていません）。")
        for each in wanted:
            print(f"  {each.name}  ハブ: {each.hub or 'なし'}{_in_words(each)}")
        return
    try:
        _, seeds = make_seeds(desk, wanted, told.out, None if told.blank else signer(told, desk))
    except FileExistsError as wrong:
        raise Refused(f"{told.out} はもうあります。") from wrong
    _tell(told, seeds)


def _in_words(wanted: Wanted) -> str:
    peers = f"、相手 {'、'.join(wanted.peers)}" if wanted.peers else ""
    return peers + "".join(f"、{name}" for name in wanted.settings)


def _tell(told: argparse.Namespace, seeds: Sequence[Seed]) -> None:
    for seed in seeds:
        print(f"{seed.name}  {seed.folder}")
        print("  " + first_code_in_words(seed.code).replace("\n", "\n  "))
    print(f"{len(seeds)}台の準備ファイルを作りました。それぞれ、1台の機械にだけ入れてください。")
    if told.blank:
        print("はじめて動かすと、画面に QR コードが出ます。certify --request で仲間に加えます。")
    else:
        print("登録コードは、ここにしか出ません。機械と別に、管理人に渡してください。")


def _check(told: argparse.Namespace) -> None:
    wrong = 0
    for folder in told.folders:
        found = list(wrong_with(folder))
        wrong += bool(found)
        if found:
            print(f"{folder}: 使えません。")
            for each in found:
                print(f"  {each}")
        else:
            settings = read_settings(folder)
            print(
                f"{folder}: 「{settings.name}」の準備ファイルです。ハブ: {settings.hub or 'なし'}"
            )
    if wrong:
        raise Refused(f"{len(told.folders)}台のうち{wrong}台に、直すところがあります。")
