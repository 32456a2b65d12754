"""`kairan provision update`: the authority says which version the town's machines should run.

A file goes first to a few machines (`--for`); when they are well, `--all` says it to everybody. It
is put into the machine here, from which others fetch it by line; and onto a stick for those that
have none.
"""

import argparse
import shutil
from dataclasses import replace
from pathlib import Path

from node.node import Node
from node.refused import Refused, Subparsers
from provisioning.acts import (
    add_key_file,
    add_machine,
    how_to_carry,
    known_to,
    machine_called,
    node_here,
    take_in,
)
from provisioning.authority import CARRIED_FILE, Authority, open_authority
from provisioning.release_file import read_note
from provisioning.seed_commands import provision_acts
from provisioning.signer import signer
from sync.limits import RELEASE_MACHINES_MAX
from sync.machine.files import sync_folder, write_whole
from sync.machine.version_files import (
    NotNamed,
    current,
    digest_of,
    name_of,
    put_for_others,
)
from sync.release import Release, sign_release

STICK_FOLDER = "kairan"


def add_commands(commands: Subparsers) -> None:
    """Put `update` beside what else `provision` does."""
    acts = provision_acts(commands)
    help_ = (
        "町の機械が動かす版を決めて、署名します。はじめは --for で数台に、よければ --all で全部に。"
    )
    update = acts.add_parser("update", help=help_, description=help_)
    update.add_argument(
        "file", metavar="FILE", type=Path, help="版のファイル（provision image --release のもの）"
    )
    update.add_argument(
        "--authority", metavar="DIR", type=Path, required=True, help="町の鍵のフォルダー"
    )
    to = update.add_mutually_exclusive_group(required=True)
    to.add_argument(
        "--for", metavar="NAME", dest="first", action="append", help="先に入れる機械（何台でも）"
    )
    to.add_argument("--all", action="store_true", help="町のすべての機械に入れる")
    update.add_argument(
        "--back", action="store_true", help="新しい版から、このファイルの版に戻すことを許す"
    )
    update.add_argument(
        "--stick", metavar="DIR", type=Path, help="運ぶUSBメモリー（つながれたフォルダー）"
    )
    add_machine(update)
    add_key_file(update)
    update.add_argument(
        "--passphrase-fd", metavar="N", type=int, help="合言葉を1行に1つ、このファイル番号から読む"
    )
    update.set_defaults(does=_update)


def _update(told: argparse.Namespace) -> None:
    desk = open_authority(told.authority)
    node = node_here(told)
    release = _word(told, desk)
    if told.first:
        known = known_to(desk, node)
        machines = sorted({machine_called(known, name) for name in told.first})
        if len(machines) > RELEASE_MACHINES_MAX:
            raise Refused(f"--for は{RELEASE_MACHINES_MAX}台までです。")
        release = replace(release, machines=tuple(machines))
    after = desk.say(sign_release(release, signer(told, desk).private))
    take_in(node, after.standing())
    whom = "、".join(told.first) if told.first else "町のすべての機械"
    print(f"{whom} に、{release.version}（{release.number}番）を入れることに決めました。")
    print(how_to_carry(after, node))
    if node is not None:
        _put_into(node, told.file)
        print("版のファイルも入れました。つながった機械は、そこから受け取ります。")
    if told.stick is not None:
        _put_on(told.stick, told.file, release, after)
        print(f"{told.stick} に入れました。取り外してよいです。")
    else:
        print("回線のない機械には、--stick でUSBメモリーに入れて、差してください。")


def _word(told: argparse.Namespace, desk: Authority) -> Release:
    note = read_note(told.file)
    digest = digest_of(told.file)
    # Also what was said with a key that another took the place of: machines may run that.
    said = [each.says for each in desk.trust.statements if isinstance(each.says, Release)]
    newest = max((word.number for word in said), default=0)
    same = next((word.number for word in said if word.digest == digest), None)
    if same is not None and same < newest and not told.back:
        raise Refused(
            f"これは{same}番の版で、町ではもっと新しい{newest}番に決めたことがあります。"
            "戻すのなら、--back を付けてください。"
        )
    return Release(
        counter=desk.counter,
        number=same or newest + 1,
        version=note.version,
        digest=digest,
        size=told.file.stat().st_size,
        base=note.base,
        back_from=newest if told.back else 0,
        ledger=note.ledger,
    )


def _put_into(node: Node, file: Path) -> None:
    named = current(node.ledger.trust(), node.settings.towns)
    try:
        put_for_others(node.settings.folder, file, named)
    except NotNamed as wrong:
        raise Refused(f"{file} は、決めたあとで変わっています。") from wrong


def _put_on(stick: Path, file: Path, release: Release, desk: Authority) -> None:
    """The word and the file, each whole or not at all; the word last."""
    if not stick.is_dir():
        raise Refused(f"{stick} というフォルダーはありません。")
    folder = stick / STICK_FOLDER
    folder.mkdir(exist_ok=True)
    to = folder / name_of(release.digest)
    half = folder / f".{to.name}.part"
    try:
        shutil.copyfile(file, half)
        half.replace(to)
    finally:
        half.unlink(missing_ok=True)
    sync_folder(folder)
    name = f"words-{desk.code}-{release.counter}.kairan"
    write_whole(folder / name, (desk.folder / CARRIED_FILE).read_bytes())
