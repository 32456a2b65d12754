"""`kairan subscribe`, `unsubscribe`, `subscriptions`: typed at the office."""

import argparse
import sys

from node.node import Node, NotAllowed, open_node
from node.subscribing import (
    CARD_BYTES_MAX,
    NotACard,
    NumberDiffers,
    own_card,
    read_card,
    subscribe,
    subscriptions,
    unsubscribe,
)
from sync.lane import is_town
from sync.machine.files import read_bounded


class NotSubscribed(Exception):
    """It can't be done. The message is for the person at the screen."""


_AT_THE_OFFICE = NotSubscribed("役場の機械で行ってください。この機械では決められません。")


def show(told: argparse.Namespace) -> None:
    """Who this town is for others, and which towns it reads."""
    node = open_node(told.data)
    card = own_card(node)
    print(f"この町（{card.name}）の名札。次の1行をファイルにして、読みたいという町に渡します。")
    print(f"  {card}")
    print(f"電話で聞かれたら読み上げる、この町の番号: {card.number}")
    taken = subscriptions(node)
    for each in taken:
        print(f"読んでいる町: {each.name or each.town}（{each.town}）")
    if not taken:
        print("読んでいる町は、まだありません。")


def begin(told: argparse.Namespace) -> None:
    """Read a town, once its number was compared."""
    node = open_node(told.data)
    try:
        content = read_bounded(told.file, CARD_BYTES_MAX)
        card = read_card((content or b"").decode(), here=node.settings.town)
    except OSError as wrong:
        raise NotSubscribed(f"{told.file} を読めません: {wrong.strerror}") from wrong
    except UnicodeDecodeError as wrong:
        raise NotSubscribed(f"{told.file} は町の名札ではありません。") from wrong
    heard = told.number or _ask(card.name)
    try:
        new = subscribe(node, card, heard=heard)
    except NumberDiffers:
        raise NotSubscribed(
            "番号が違うので、読みはじめていません。聞きまちがいでなければ、"
            f"{told.file} は「{card.name}」のものではないおそれがあります。"
        ) from None
    except NotAllowed:
        raise _AT_THE_OFFICE from None
    if new:
        print(
            f"「{card.name}」を読むことにしました。つながりしだい、"
            "その町が見せているイベントと求人が、この町のすべての掲示板に出ます。"
        )
    else:
        print(f"「{card.name}」は、もう読んでいます。")


def end(told: argparse.Namespace) -> None:
    """Read a town no more."""
    node = open_node(told.data)
    town = _town(node, told.town)
    name = node.name_of(town)
    try:
        ended = unsubscribe(node, town)
    except NotAllowed:
        raise _AT_THE_OFFICE from None
    if not ended:
        raise NotSubscribed(f"「{told.town}」は読んでいません。")
    print(
        f"「{name}」を読むのをやめました。受け取っていたものは、ここから消えました。"
        "町のほかの機械からも、つながりしだい消えます。"
    )


def _town(node: Node, typed: str) -> str:
    """By its code or by what it is called."""
    if is_town(typed):
        return typed
    named = {each.name: each.town for each in subscriptions(node)}
    return named.get(typed, "")


def _ask(name: str) -> str:
    print(f"「{name}」の役場に電話をかけて、その町の番号（30けた）を読み上げてもらってください。")
    print("電話番号は、前から知っているものを使ってください。名札と一緒に届いたものは使いません。")
    print("聞いた番号: ", end="", flush=True)
    return sys.stdin.readline(200)


refusals = (NotSubscribed, NotACard)
