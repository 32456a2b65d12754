"""`kairan backup` writes what a machine holds to a stick, `kairan restore` goes on from it.

Whoever restores needs the passphrase that was chosen, or the town's reserve key out of the safe.
"""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from node.backup.closed import Label, NoSuchWay
from node.backup.making import CannotBackUp, back_up
from node.backup.restoring import CannotRestore, Found, Restored, find, opened, restore
from node.node import open_node
from node.others import Time
from node.refused import Refused, Subparsers
from node.telling import when_in_words
from provisioning.authority import NoAuthority, read_key
from provisioning.paper import PLACES
from provisioning.passphrases import Passphrases
from sync.entry import Quality
from sync.letters import fingerprint
from sync.machine import clock
from sync.machine.keys import secret
from sync.machine.passphrase import WrongPassphrase

_BACKUP = "控え"


def add_commands(commands: Subparsers) -> None:
    """Put them beside those of other packages."""
    help_ = "機械の控えをUSBメモリーに書き、読み返して確かめます（動かしたままでできます）。"
    backing = commands.add_parser("backup", help=help_, description=help_)
    backing.add_argument("stick", metavar="PATH", type=Path, help="USBメモリーのフォルダー")
    backing.add_argument(
        "--passphrase",
        action="store_true",
        help="町の控えの鍵のほかに、合言葉でも開けられるようにする",
    )
    backing.add_argument(
        "--same-disk", action="store_true", help="機械の中の記憶装置に書いてもよい"
    )
    backing.set_defaults(does=_back_up)
    help_ = "控えから戻します。壊れた機械の後を、新しい機械で継ぐときにも使います。"
    restoring = commands.add_parser("restore", help=help_, description=help_)
    restoring.add_argument(
        "backup", metavar="PATH", type=Path, help="控えのファイルか、USBメモリーのフォルダー"
    )
    restoring.add_argument(
        "--key", metavar="FILE", type=Path, dest="key_file", help="町の控えの鍵で開ける"
    )
    restoring.add_argument(
        "--replaces", metavar="NAME", default="", help="この機械が後を継ぐ、壊れた機械の名前"
    )
    restoring.set_defaults(does=_restore)
    for parser in (backing, restoring):
        parser.add_argument(
            "--data", metavar="DIR", type=Path, required=True, help="機械のフォルダー"
        )
        parser.add_argument(
            "--passphrase-fd",
            metavar="N",
            type=int,
            help="合言葉を1行に1つ、このファイル番号から読む",
        )


refusals = (CannotBackUp, CannotRestore, NoAuthority)


def _back_up(told: argparse.Namespace) -> None:
    wanted = told.passphrase or told.passphrase_fd is not None
    typed = Passphrases(told.passphrase_fd).choose(_BACKUP) if wanted else None
    node = open_node(told.data)
    made = back_up(node, told.stick, typed=typed, same_disk=told.same_disk)
    print(
        f"{made.path} に控えを書き、読み返して確かめました"
        f"（記事と変更{made.entries:,}件、{made.size:,}バイト）。取り外してよいです。"
    )
    for name in made.removed:
        print(f"古い控え（{name}）は片づけました。")
    if made.opens_with_passphrase:
        print("開けるときは、いまの合言葉か、町の控えの鍵を使います。")
    else:
        print("開けるときは、町の控えの鍵（金庫の中）を使います。")


def _restore(told: argparse.Namespace) -> None:
    found = find(told.backup)
    print(f"{found.path.name}: {_in_words(found.label)}")
    content = opened(found, _content_key(told, found))
    restored = restore(told.data, found, content, replaces=told.replaces)
    _tell(restored)


def _content_key(told: argparse.Namespace, found: Found) -> bytes:
    asked = Passphrases(told.passphrase_fd)
    try:
        if told.key_file is not None:
            sealed = read_key(told.key_file)
            return found.closed.by_reserve(secret(sealed.open(asked.ask(PLACES[sealed.place]))))
        if not found.closed.takes_passphrase:
            raise Refused("この控えは、町の控えの鍵でだけ開きます。--key で鍵を教えてください。")
        return found.closed.by_passphrase(asked.ask(_BACKUP))
    except WrongPassphrase as wrong:
        raise Refused("合言葉が違います。何も戻していません。") from wrong
    except NoSuchWay as wrong:
        raise Refused(
            "この鍵では開きません。この控えを書いたときの、町の控えの鍵を使ってください。"
        ) from wrong


def _in_words(label: Label) -> str:
    sure = label.written.quality >= Quality.CARRIED
    at = datetime.fromtimestamp(label.written.seconds, UTC).isoformat()
    now = clock.now()
    when = when_in_words(Time(at=at, sure=sure), now.at, sure=now.quality >= Quality.CARRIED)
    return f"「{label.name}」（指紋 {fingerprint(label.machine)}）の控え、{when}"


def _tell(restored: Restored) -> None:
    label, said = restored.label, restored.brought.receipt
    print(f"記事や変更を{restored.brought.new:,}件、戻しました。")
    if restored.back:
        print(f"ほかに戻したもの: {'、'.join(restored.back)}")
    if restored.waiting:
        print(
            f"確認を待つ投稿を{restored.waiting}件、戻しました。もう載せたものがないか確かめてください。"
        )
    if restored.gone:
        print(
            f"そのうち{restored.gone}件は、あとで消すことになった投稿かもしれないので、戻しませんでした。"
        )
    if said.refused:
        print(f"受け取れない束が{said.refused}件ありました。")
    if restored.from_stolen:
        print(
            f"「{label.name}」は町の仲間でないか、止められています。"
            "暗証番号と、確認を待つ投稿は戻していません。"
        )
    if restored.is_successor and not restored.is_named:
        print(
            f"つぎに、町の鍵の担当者が、この機械に「{label.name}」の後を継がせます"
            f"（kairan authority succeed）。前の機械の指紋は {fingerprint(label.machine)} です。"
        )
    print("画面と sync が動いていれば、起動しなおしてください。")
