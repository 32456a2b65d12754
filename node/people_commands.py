"""`kairan people`: who may sign in at this machine, and a code for who can't; typed at it."""

import argparse

from node.node import open_node
from node.people import DUTIES
from node.pins import FIRST, PASSPHRASES_FILE, Pins, grouped
from node.refused import Refused


def show(told: argparse.Namespace) -> None:
    """Everybody who may sign in here, and whether they can."""
    node, pins = open_node(told.data), Pins(told.data)
    kept, coded = pins.kept(), pins.coded()
    listed = [account for account in node.accounts() if account.stands]
    for account in listed:
        state = "入れます" if account.address in kept else "暗証番号がまだありません"
        if account.address in coded:
            state = "登録コードを渡してあります"
        print(f"{account.name}（{DUTIES[account.duty]}）  {state}")
    if not listed:
        print("この機械の担当者は、まだいません。kairan people-code で、はじめの人を入れられます。")


def make_code(told: argparse.Namespace) -> None:
    """For the first person, or for somebody who forgot."""
    node, pins = open_node(told.data), Pins(told.data)
    if told.name is None:
        print(first_code_in_words(pins.make_code()))
        return
    found = [a for a in node.accounts() if a.stands and told.name in (a.name, a.address)]
    if not found:
        raise Refused(f"「{told.name}」という担当者は、この機械にいません。")
    if len(found) > 1:
        listed = "、".join(account.address for account in found)
        raise Refused(f"「{told.name}」は2人以上います。次のどれかで選んでください: {listed}")
    # Whoever gets the code may be somebody else.
    Pins(told.data, file=PASSPHRASES_FILE).forget(found[0].address)
    code = pins.make_code(found[0].address)
    print(f"{found[0].name}さんの登録コード（1回だけ使えます）: {grouped(code)}")


def has_somebody(pins: Pins) -> bool:
    """Whether anybody can sign in there, so that no first code is wanting."""
    return bool((pins.kept() | pins.coded()) - {FIRST})


def first_code_in_words(code: str) -> str:
    """What to do with it."""
    return (
        f"はじめの担当者の登録コード（1回だけ使えます）: {grouped(code)}\n"
        "機械の画面の「つながりのようす」→「担当者の方」→「はじめての方」で押します。"
    )
