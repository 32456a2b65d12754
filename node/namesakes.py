"""Telling apart people of one name who sign in at one machine.

Each account has a number that is its own for ever. Of a name that two have so many digits are shown
behind it as it takes; who has a name alone sees no number, and may write it all the same.
"""

import unicodedata
from collections.abc import Iterable
from hashlib import sha256

from node.node import Node
from sync.account import Account

NAME_LETTERS_MAX = 120  # with the number
DIGITS_MIN, DIGITS_MAX = 3, 12
_DOMAIN = b"kairan/1 namesakes"


def called(node: Node, account: Account) -> str:
    """What everybody may know that person by at this machine."""
    plain = plain_name(account.name)
    same = {
        number(each)
        for each in node.accounts()
        if each.stands and each.id != account.id and plain_name(each.name) == plain
    }
    if not same:
        return account.name
    own = number(account)
    digits = DIGITS_MIN
    while digits < DIGITS_MAX and any(each.startswith(own[:digits]) for each in same):
        digits += 1
    return f"{account.name} {own[:digits]}"


def named(accounts: Iterable[Account], typed: str) -> Account | None:
    """Whom somebody means who typed that: by the name where one alone has it, else by both."""
    plain, among = plain_name(typed), list(accounts)
    by_name = [each for each in among if plain_name(each.name) == plain]
    by_number = [each for each in among if _is_numbered(plain, each)]
    found = by_name or by_number
    return found[0] if len(found) == 1 else None


def plain_name(name: str) -> str:
    """The same, however it was typed."""
    return "".join(unicodedata.normalize("NFKC", name[:NAME_LETTERS_MAX]).split())


def number(account: Account) -> str:
    """That of an account, all of it."""
    digest = sha256(_DOMAIN + account.in_headers).digest()
    return f"{int.from_bytes(digest[:16], 'big') % 10**DIGITS_MAX:0{DIGITS_MAX}}"


def _is_numbered(plain: str, account: Account) -> bool:
    name = plain_name(account.name)
    digits = plain.removeprefix(name)
    return (
        plain.startswith(name) and len(digits) >= DIGITS_MIN and number(account).startswith(digits)
    )
