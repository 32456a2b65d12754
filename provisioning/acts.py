"""What the acts of `kairan authority` have in common: how they are asked, and where it is said.

What is said goes into the authority's folder, into a file for a stick, and with `--machine`
straight into the ledger of a machine here, usually the office's.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path

from node.node import Node, open_node
from node.refused import Refused, Subparsers
from provisioning.authority import CARRIED_FILE, Authority
from sync.bundle import Parcel
from sync.certificate import Role
from sync.ingest import take
from sync.letters import as_meant, fingerprint
from sync.machine.pin import read_pin
from sync.machine.settings import read_address
from sync.trust import Trust


def act(acts: Subparsers, name: str, does: object, help_: str) -> argparse.ArgumentParser:
    """One of them; each needs the town's keys."""
    parser = acts.add_parser(name, help=help_, description=help_)
    parser.add_argument(
        "--authority", metavar="DIR", type=Path, required=True, help="町の鍵のフォルダー"
    )
    parser.add_argument(
        "--passphrase-fd", metavar="N", type=int, help="合言葉を1行に1つ、このファイル番号から読む"
    )
    parser.set_defaults(does=does)
    return parser


def add_machine(parser: argparse.ArgumentParser) -> None:
    """It may say it to a machine here, too."""
    parser.add_argument(
        "--machine", metavar="DIR", type=Path, help="ここにある役場の機械のフォルダー"
    )


def add_key_file(parser: argparse.ArgumentParser) -> None:
    """It may be signed by another key than the daily one."""
    parser.add_argument(
        "--key", metavar="FILE", type=Path, dest="key_file", help="使う鍵（既定: ふだんの鍵）"
    )


def add_seed(parser: argparse.ArgumentParser) -> None:
    """It makes a seed: with a key or without, of a machine that knows that hub."""
    parser.add_argument(
        "--blank", action="store_true", help="鍵を入れない（画面のQRコードで、あとから加える）"
    )
    add_hub(parser)


def add_hub(parser: argparse.ArgumentParser) -> None:
    """It makes a machine that may know a hub."""
    parser.add_argument("--hub", metavar="URL", type=read_address, help="ハブの番地")
    parser.add_argument(
        "--hub-pin",
        metavar="PIN",
        type=read_pin,
        action="append",
        default=[],
        help="ハブの鍵（kairan hub-key が出すもの。2つとも）",
    )


def say(told: argparse.Namespace, desk: Authority, statements: Iterable[bytes]) -> None:
    """Into the folder, the file, and the ledger of the machine here, if one was named."""
    after = desk.say(*statements)
    node = node_here(told)
    take_in(node, after.standing())
    print(how_to_carry(after, node))


def take_in(node: Node | None, statements: Iterable[bytes]) -> None:
    """Into that machine's ledger, if there is one."""
    if node is not None:
        take(node.ledger, Parcel(statements=tuple(statements)), source="authority")


def how_to_carry(desk: Authority, node: Node | None) -> str:
    """What is to be done so that all machines hear of it."""
    path = desk.folder / CARRIED_FILE
    if node is not None:
        return f"{node.settings.name} の台帳に入れました。ほかの機械にも、つながりしだい届きます。"
    return (
        f"{path} を、USBメモリーの kairan フォルダーに入れるか、"
        "kairan import で取りこんでください。"
    )


def node_here(told: argparse.Namespace) -> Node | None:
    """The machine that was named."""
    return None if told.machine is None else open_node(told.machine)


def known_to(desk: Authority, node: Node | None) -> Trust:
    """What the folder knows, and the machine."""
    return desk.trust.with_statements(node.ledger.trust().statements if node else ())


def machine_called(known: Trust, wanted: str) -> bytes:
    """The machine of that name, fingerprint or key. Raises Refused."""
    typed = as_meant(wanted.replace(" ", ""))
    keys = [
        key
        for key in sorted(known.keys())
        if (wanted == known.name(key) and not _is_seed(known, key))
        or wanted.lower() == key.hex()
        or typed == as_meant(fingerprint(key).replace(" ", ""))
    ]
    if len(keys) == 1:
        return keys[0]
    if keys:
        choices = "、".join(f"{called(known, key)}" for key in keys)
        raise Refused(f"「{wanted}」は2台以上あります。指紋で選んでください: {choices}")
    raise Refused(
        f"「{wanted}」という機械はありません。kairan authority list で確かめてください。"
        "新しい機械は、回線でつながるか、そこに差したUSBメモリーを役場の機械に差すと、一覧に出ます。"
    )


def _is_seed(known: Trust, key: bytes) -> bool:
    return all(c.role is Role.ENROLMENT for c in known.certificates(key))


def called(known: Trust, key: bytes) -> str:
    """How people tell it from others."""
    roles = "・".join(sorted({str(c.role) for c in known.certificates(key)}))
    return f"{known.name(key)}（{roles}、{fingerprint(key)}）"
