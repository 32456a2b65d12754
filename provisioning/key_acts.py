"""`kairan authority new|restore|replace|unseal`: what becomes of a town's keys."""

import argparse
import sys
from pathlib import Path

from node.node import open_node
from node.refused import Refused, Subparsers
from provisioning.acts import (
    act,
    add_key_file,
    add_machine,
    how_to_carry,
    known_to,
    node_here,
    take_in,
)
from provisioning.authority import (
    AUTHORITY_FILE,
    NoAuthority,
    adopt,
    found,
    keep_key,
    open_authority,
    read_key,
    replaced,
    to_say_again,
)
from provisioning.escrow import unseal
from provisioning.paper import PLACES
from provisioning.passphrases import Passphrases
from provisioning.sealed_key import (
    LINES,
    MistypedLine,
    Place,
    SealedKey,
    read_line,
    read_sealed,
    seal,
)
from provisioning.signer import opened
from sync.certificate import Certificate
from sync.errors import Malformed
from sync.lane import is_town
from sync.letters import fingerprint
from sync.machine.keys import make_identity
from sync.revocation import Revocation, Succession
from sync.statement import Statement


def add_acts(acts: Subparsers) -> None:
    """Put them beside the others."""
    new = act(acts, "new", _new, "町の鍵を2つ（ふだんの鍵と控えの鍵）、紙の控えと作ります。")
    new.add_argument("--town", metavar="CODE", required=True, help="団体コード（6桁）")
    new.add_argument("--name", metavar="NAME", required=True, help="町の名前")

    restore = act(acts, "restore", _restore, "紙の控えから、鍵のファイルを作り直します。")
    restore.add_argument(
        "--text", metavar="FILE", type=Path, help="QRコードを読んだ文字（-: 標準入力）"
    )
    add_machine(restore)

    unsealing = act(
        acts, "unseal", _unseal, "後を継いだ機械で、前の機械に届いた手紙を読めるようにします。"
    )
    unsealing.add_argument(
        "--machine", metavar="DIR", type=Path, required=True, help="後を継いだ機械のフォルダー"
    )
    unsealing.add_argument(
        "--key", metavar="FILE", type=Path, dest="key_file", required=True, help="控えの鍵"
    )

    replacing = act(acts, "replace", _replace, "なくした鍵、盗まれた鍵を、新しい鍵に替えます。")
    replacing.add_argument("--place", choices=["daily", "reserve"], default="daily")
    replacing.add_argument(
        "--all", action="store_true", help="手もとの控えにない証明も、新しい鍵で言い直す"
    )
    add_machine(replacing)
    add_key_file(replacing)


def _new(told: argparse.Namespace) -> None:
    if not is_town(told.town):
        raise Refused(f"{told.town} は団体コードではありません（検査数字まで6桁です）。")
    asked = Passphrases(told.passphrase_fd)
    passphrases = [asked.choose(PLACES[place]) for place in Place]
    if passphrases[Place.DAILY] == passphrases[Place.RESERVE]:
        raise Refused("2つの鍵には、別々の合言葉をつけてください。")
    desk = found(told.authority, code=told.town, name=told.name, passphrases=passphrases)
    print(f"{desk.name}の鍵を2つ作りました。")
    for place in Place:
        print(f"  {PLACES[place]}  {fingerprint(desk.keys[place])}  {desk.key_file(place)}")
    print(
        "\nつぎにすること\n"
        "  1. 2つの紙（.html）を印刷し、合言葉を手で書き、封をして金庫へしまう。\n"
        f"  2. {desk.key_file(Place.RESERVE).parent} を USB メモリーに移し、"
        "紙と一緒にしまって、ここから消す。\n"
        "  3. 印刷した .html を消す。"
    )


def _restore(told: argparse.Namespace) -> None:
    if not (told.authority / AUTHORITY_FILE).exists():
        if told.machine is None:
            raise Refused("町の鍵のフォルダーもないときは、--machine で町の機械を教えてください。")
        node = open_node(told.machine)
        town, trust = node.settings.town, node.ledger.trust()
        adopt(
            told.authority,
            code=town,
            name=node.town_name,
            first=node.settings.authorities[town],
            said=trust.ordered(s for s in trust.statements if town in trust.towns_of(s)),
        )
    desk = open_authority(told.authority)
    try:
        sealed = _typed() if told.text is None else read_sealed(_read_text(told.text))
    except MistypedLine as wrong:
        raise Refused(
            f"{wrong.number}行目が、紙と違います。確かめて、打ち直してください。"
        ) from wrong
    except Malformed as wrong:
        raise Refused("これは町の鍵の控えではありません。") from wrong
    identity = opened(sealed, Passphrases(told.passphrase_fd), PLACES[sealed.place])
    if sealed.town != desk.code or identity.public not in desk.keys:
        raise Refused("この鍵は、いまの町の鍵ではありません（ほかの町のものか、替わった鍵です）。")
    path = keep_key(desk.folder, sealed, identity.public, town_name=desk.name)
    print(f"{PLACES[sealed.place]}（{fingerprint(identity.public)}）を {path} に戻しました。")


def _typed() -> SealedKey:
    """Line by line, each asked again until it is right; or a QR's text, pasted at once."""
    lines: list[str] = []
    number = 1
    while number <= LINES:
        try:
            typed = input(f"{number}行目: ")
        except EOFError as wrong:
            raise Refused(f"{number}行目からが足りません。") from wrong
        if "/" in typed:
            return read_sealed(typed)
        try:
            read_line(number, typed)
        except Malformed:
            print(f"{number}行目が、紙と違います。もう一度打ってください。")
            continue
        lines.append(f"{number}: {typed}")
        number += 1
    return read_sealed("\n".join(lines))


def _read_text(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text()
    except (OSError, UnicodeDecodeError) as wrong:
        raise Refused(f"{path} を読めません。") from wrong


def _unseal(told: argparse.Namespace) -> None:
    desk, node = open_authority(told.authority), open_node(told.machine)
    if node.settings.town != desk.code:
        raise Refused(f"{told.machine} は、ほかの町の機械です。")
    sealed = read_key(told.key_file)
    reserve = opened(sealed, Passphrases(told.passphrase_fd), PLACES[sealed.place])
    found_keys = unseal(node, reserve)
    if not found_keys:
        raise Refused(
            "この鍵で開けられるものは、ありませんでした。控えの鍵を使い、"
            "kairan authority succeed で後を継がせてから、もう一度お試しください。"
        )
    print(f"手紙を読む鍵を{found_keys}本、{node.settings.name}に戻しました。")


def _replace(told: argparse.Namespace) -> None:
    desk, place = open_authority(told.authority), Place[told.place.upper()]
    node = node_here(told)
    if told.key_file is None:
        raise Refused(
            "どの鍵で替えるかを --key で教えてください（なくした、盗まれたときは、控えの鍵です）。"
        )
    asked = Passphrases(told.passphrase_fd)
    sealed = read_key(told.key_file)
    by = opened(sealed, asked, PLACES[sealed.place])
    again, others = to_say_again(desk, known_to(desk, node), desk.keys[place])
    if told.all:
        again, others = [*again, *others], []
    identity = make_identity()
    closed = seal(
        identity,
        asked.choose(PLACES[place]),
        town=desk.code,
        place=place,
        cost=sealed.cost,
    )
    path = keep_key(desk.folder, closed, identity.public, town_name=desk.name)
    try:
        after = replaced(desk, by=by, place=place, new=identity, again=again)
    except NoAuthority:
        for file in (path, path.with_suffix(".html")):
            file.unlink()  # a key of nobody's
        raise
    take_in(node, after.standing())
    print(f"{PLACES[place]}を替えました。指紋 {fingerprint(identity.public)}（{path}）")
    print(f"前の鍵で決めたことのうち{len(again)}件を、新しい鍵で言い直しました。")
    for statement in others:
        print(f"  手もとの控えになく、言い直さなかったもの: {_in_short(statement)}")
    print(how_to_carry(after, node))


def _in_short(statement: Statement) -> str:
    match statement.says:
        case Certificate(name=name, role=role, key=key):
            return f"{name}（{role}）の証明、指紋 {fingerprint(key)}"
        case Revocation(key=key):
            return f"取り消し、指紋 {fingerprint(key)}"
        case Succession(old=old, new=new):
            return f"後任、{fingerprint(old)} から {fingerprint(new)}"
        case _:
            return statement.type
