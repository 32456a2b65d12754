"""The commands of a node: `kairan board`, `export`, `import`, `rebuild`, `feed` and more.

Each takes `--data DIR`. A refusal is a message and exit code 1, which `cli` sees to, as it does to
`status`, which a hub has too.
"""

import argparse
import json
import sys
from pathlib import Path

from node import people_commands, subscription_commands
from node.carrying.file import CannotCarry, bring, export
from node.carrying.stick import visit
from node.carrying.words import REMOVABLE, arrived_in_words
from node.carrying.words import in_words as carrying_in_words
from node.confirming import CannotConfirm, confirm_child, doubts
from node.feed.item import Unreadable
from node.feeding import Fed, Feed
from node.language.asking import at_hand
from node.node import Node, open_node
from node.post import Post
from node.refusals import in_words as refusals_in_words
from node.refused import Refused as Refused
from node.refused import Subparsers as Subparsers
from node.saying import Saying
from node.status import in_words, status
from sync.letters import fingerprint
from sync.trust import Refusal


def add_commands(commands: Subparsers) -> None:
    """Put them beside those of other packages."""
    listed = _command(commands, "board", _board, "掲示板の一覧を表示します。")
    listed.add_argument("name", metavar="NAME", help="event, disaster, job, guide")
    listed.add_argument("--json", action="store_true", help="プログラム向けの形で")
    out = _command(
        commands, "export", _export, "持っているものをすべて、束ファイルに書き出します。"
    )
    out.add_argument("file", metavar="FILE", type=Path, help="新しいファイルの名前")
    into = _command(commands, "import", _import, "束ファイルを取り込みます。")
    into.add_argument("file", metavar="FILE", type=Path)
    stick = _command(
        commands,
        "carrier",
        _carrier,
        "差してあるUSBメモリーを読み、こちらのお知らせを書きこみます。",
    )
    stick.add_argument("folder", metavar="PATH", type=Path, help="USBメモリーのフォルダー")
    _command(commands, "people", people_commands.show, "この機械に入れる担当者の一覧を表示します。")
    coded = _command(
        commands,
        "people-code",
        people_commands.make_code,
        "担当者が暗証番号を決めるための、登録コードを作ります。",
    )
    coded.add_argument("--name", metavar="NAME", help="だれのコードか（既定: はじめの担当者）")
    _command(
        commands,
        "subscriptions",
        subscription_commands.show,
        "この町の名札と、読んでいるほかの町を表示します。",
    )
    begun = _command(
        commands,
        "subscribe",
        subscription_commands.begin,
        "ほかの町が見せているものを、この町でも読みます（役場の機械で）。",
    )
    begun.add_argument("file", metavar="FILE", type=Path, help="相手の町にもらった名札")
    begun.add_argument("--number", metavar="DIGITS", help="電話で聞いた相手の町の番号")
    ended = _command(
        commands,
        "unsubscribe",
        subscription_commands.end,
        "ほかの町を読むのをやめ、受け取ったものを消します（役場の機械で）。",
    )
    ended.add_argument("town", metavar="TOWN", help="町の名前か団体コード")
    _command(commands, "rebuild", _rebuild, "掲示板の表を、台帳から作り直します。")
    fed = _command(commands, "feed", _feed, "電文や一覧のファイルを取り込みます（役場の機械で）。")
    fed.add_argument("paths", metavar="PATH", type=Path, nargs="+")
    confirming = _command(
        commands,
        "confirm",
        _confirm,
        "同じ準備ファイルから2台できたとき、どちらが本物かを決めます（役場の機械で）。",
    )
    confirming.add_argument(
        "fingerprint", metavar="FINGERPRINT", nargs="?", help="本物の指紋（なければ一覧）"
    )


def _command(commands: Subparsers, name: str, does: object, help_: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help_, description=help_)
    parser.add_argument("--data", metavar="DIR", type=Path, required=True, help="機械のフォルダー")
    parser.set_defaults(does=does)
    return parser


def print_status(told: argparse.Namespace) -> None:
    """Say how the machine in `told.data` is, to a program if `told.json`."""
    node = open_node(told.data)
    now = status(node)
    if told.json:
        _print_json(now.as_json())
    else:
        print(in_words(now, {name: board.label for name, board in node.boards.items()}))


def _board(told: argparse.Namespace) -> None:
    node = open_node(told.data)
    board = node.boards.get(told.name)
    if board is None:
        raise Refused(
            f"「{told.name}」という掲示板はありません。{', '.join(node.boards)} があります。"
        )
    posts = node.posts(board, limit=1_000_000)
    if told.json:
        _print_json([_post_as_json(node, post) for post in posts])
        return
    for post in posts:
        print(f"{post.address}  {post.text(board.title)}")


def _export(told: argparse.Namespace) -> None:
    written = export(open_node(told.data), told.file)
    print(f"{told.file} に書き出しました（{written:,}バイト）。取り外してよいです。")


def _import(told: argparse.Namespace) -> None:
    brought = bring(open_node(told.data), told.file)
    receipt = brought.receipt
    print(f"{told.file}: 新しい記事や変更を{brought.new}件、取り込みました。")
    if brought.joined:
        print("この機械は、町の仲間に入りました。")
    if receipt.waiting:
        print(f"前の便を待つ束が{receipt.waiting}件あります。届きしだい載せます。")
    if not brought.whole:
        print(
            "ファイルが壊れています。確かめられた分だけ取り込みました。もう一度書き出してください。"
        )
    if brought.foreign:
        print(f"ほかの町だけのものが{brought.foreign}件ありました。取り込まずに残しました。")
    if receipt.refused > brought.foreign or brought.unreadable or brought.only_of_other_towns:
        reasons = [*receipt.reasons, *([Refusal.MALFORMED] if brought.unreadable else [])]
        raise Refused(
            f"受け取れない束が{receipt.refused + brought.unreadable}件ありました"
            f"（{refusals_in_words(reasons)}）。"
        )
    if not brought.whole:
        raise Refused("終わりまで読めませんでした。")


def _carrier(told: argparse.Namespace) -> None:
    node = open_node(told.data)
    Saying(node).keep_saying()
    came = visit(node, told.folder)
    said = carrying_in_words(came) + arrived_in_words(came)
    said += f"{REMOVABLE}。" if came.removable else ""
    if not came.well:
        raise Refused(said)
    print(said)


def _rebuild(told: argparse.Namespace) -> None:
    node = open_node(told.data)
    node.rebuild()
    print("掲示板の表を作り直しました。")


def _confirm(told: argparse.Namespace) -> None:
    node = open_node(told.data)
    if told.fingerprint:
        name = confirm_child(node, told.fingerprint)
        print(f"{name}は、指紋 {told.fingerprint} の機械です。ほかは止めました。")
        return
    found = doubts(node)
    for doubt in found:
        print(f"{doubt.name}: 同じ準備ファイルから{len(doubt.children)}台できています。")
        for child in doubt.children:
            print(f"  指紋 {fingerprint(child)}")
        print("  その公民館に電話して、画面（つながりのようす）の指紋を聞いてください。")
    if not found:
        print("確かめ待ちの機械はありません。")


def _feed(told: argparse.Namespace) -> None:
    feed = Feed(open_node(told.data, language=at_hand(told.data)))
    refused = 0
    for path in told.paths:
        try:
            fed = feed.take_in(path)
        except Unreadable as wrong:
            refused += 1
            print(f"{path.name}: 取り込めません。{wrong}")
            continue
        print(f"{path.name}: {_fed_in_words(fed)}")
        for doubt in fed.doubts:
            print(f"  {doubt.row}行目「{doubt.text}」: {doubt.why}")
    if refused:
        raise Refused(f"取り込めないファイルが{refused}件ありました。")


def _fed_in_words(fed: Fed) -> str:
    if not fed.taken:
        return (
            f"{fed.kind}。すでにあります（{fed.known}件）。"
            if fed.known
            else f"{fed.kind}。0件です。"
        )
    parts = [f"新しく{fed.new}件"] if fed.new else []
    parts += [f"変更{fed.changed}件"] if fed.changed else []
    parts += [f"すでにあるもの{fed.known}件"] if fed.known else []
    return f"{fed.kind}。取り込みました（{'、'.join(parts)}）。"


def _post_as_json(node: Node, post: Post) -> dict[str, object]:
    return {
        "address": post.address,
        "board": post.board,
        "town": post.town,
        "author": node.author_name(post),
        "written": post.written.seconds,
        "written_quality": post.written.quality.name.lower(),
        "fields": _plain(post.fields),
    }


def _plain(value: object) -> object:
    match value:
        case bytes():
            return value.hex()
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case _:
            return value


def _print_json(value: object) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=1)
    print()


refusals = (Refused, CannotCarry, CannotConfirm, *subscription_commands.refusals)
